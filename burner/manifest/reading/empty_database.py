"""A database without tables: the manifest in it is made by the first writer."""

from sqlalchemy import text

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.engine import reading_engine
from burner.manifest.store.place import ManifestPlace
from burner.manifest.store.tables import schema_version


def is_empty(where: ManifestPlace) -> bool:
    """Whether an existing database has no manifest yet and will take one.

    A server may hold other tables; a file may not.

    Raises:
        BurnerError: E701 no such file, E706 this account may make no tables there; other E7.
    """
    engine = reading_engine(where)
    try:
        with translated_errors(where), engine.connect() as connection, connection.begin():
            if schema_version(connection, where):
                return False
            if connection.dialect.name == "sqlite":
                return not connection.dialect.get_table_names(connection)
            if connection.dialect.has_table(connection, "about"):
                return False
            may = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
            if not connection.execute(may).scalar():
                raise BurnerError(
                    Code.MANIFEST_WRITE_DENIED, f"{where}: this account may make no tables there"
                )
            return True
    finally:
        engine.dispose()
