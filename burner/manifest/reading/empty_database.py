"""A database that holds nothing yet: the manifest is made by whoever writes first."""

from sqlalchemy import text

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.store.engine import reading
from burner.manifest.store.place import ManifestPlace
from burner.manifest.store.refusals import guarded
from burner.manifest.store.tables import schema_version


def is_empty(where: ManifestPlace) -> bool:
    """Whether a database that is there holds no table, so that a manifest will be made in it.

    On a server, whatever else it holds: a manifest has tables of its own.

    Raises:
        BurnerError: E701 no such file, E706 this account may make no tables there; other E7.
    """
    engine = reading(where)
    try:
        with guarded(where), engine.connect() as connection, connection.begin():
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
