"""The tables: the log itself, and one table for each type of row that follows from it.

Triggers make records and kept checkpoints append-only. The other tables follow from the log:
`verify` folds it again and compares.
"""

from types import UnionType
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    literal_column,
    select,
    text,
)
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.rows import (
    KEY_FIELDS,
    AttemptRow,
    BatchRow,
    ConfirmedNameRow,
    IdRow,
    KeyRow,
    LimitRow,
    LogRow,
    MemberRow,
    NameRow,
    PolicyRow,
    StationRow,
    UnitRow,
    WithdrawnRow,
)
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.store.place import ManifestPlace

SCHEMA = 8
"""Version of the tables."""

OWN = 0
"""Number of our own log in the column `log`; others are imported logs, see `imported`."""

metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""`schema`: the version of the tables."""

imported = Table(
    "imported",
    metadata,
    Column("log", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False, unique=True),
)
"""Numbers of imported logs, from 1."""

records = Table(
    "records",
    metadata,
    Column("log", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("log", "number"),
)
"""The logs: canonical bodies in their order, each with its leaf hash."""

OF_EVERY_UNIT = ("intent", "name-bound", "outcome", "unit-label-started", "unit-label-ended")
RARE = records.c.kind.not_in([literal_column(f"'{kind}'") for kind in OF_EVERY_UNIT])
"""Records that not every unit has. With literals, so that the database uses the index."""

Index("records_of_unit", records.c.unit_id)
Index("records_of_batch", records.c.log, records.c.batch, records.c.number)
rare_records = Index(
    "rare_records", records.c.log, records.c.kind, records.c.number, sqlite_where=RARE
)
"""`where` of PostgreSQL is set when one is opened: to name it here imports that dialect (25 ms)."""

tiles = Table(
    "tiles",
    metadata,
    Column("level", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "position"),
)
"""One hash for each full tile of 256 hashes of the level below; level 8 is above the leaves."""

head = Table(
    "head",
    metadata,
    Column("one", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("subtrees", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    CheckConstraint("one = 1", name="there_is_one_head"),
)
"""The signed checkpoint of the whole log; a writer locks this row."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
"""Checkpoints that are kept for ever."""

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    PrimaryKeyConstraint("size", "line"),
)
"""Cosignatures of kept checkpoints, as lines of the note."""

outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("sending_station", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Messages for a MES, written in the transaction of the record that they are about. No evidence:
they are beside the log, change, and are deleted some time after they were delivered.
`sending_station` is the station that sends them; empty: the first one that has the destination.
"""
Index("outbox_by_state", outbox.c.state, outbox.c.destination, outbox.c.number)

destinations = Table(
    "destinations",
    metadata,
    Column("station", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("events", Text, nullable=False),
    PrimaryKeyConstraint("station", "name"),
)
"""Which MES each station sends messages to, as its station file said at its last run: a desk that
scraps a unit needs no file of the station. `events` are the kinds it gets; empty: all."""

NAMES: dict[type[Any], str] = {
    LogRow: "logs",
    KeyRow: "keys",
    StationRow: "stations",
    NameRow: "names",
    ConfirmedNameRow: "confirmed_names",
    IdRow: "ids",
    UnitRow: "units",
    MemberRow: "members",
    BatchRow: "batches",
    LimitRow: "limits",
    PolicyRow: "policies",
    WithdrawnRow: "withdrawn",
    AttemptRow: "attempts",
    UnitLabelRow: "unit_labels",
}


def _column(name: str, hint: Any) -> "Column[Any]":
    optional = isinstance(hint, UnionType)
    plain = next(part for part in get_args(hint) if part is not type(None)) if optional else hint
    flag = Boolean(create_constraint=True, name=f"{name}_is_a_flag")
    types: dict[type, Any] = {str: Text, int: BigInteger, bool: flag}
    return Column(name, types[plain], nullable=optional)


def _table(kind: Any) -> Table:
    """A table with the log and a column for each field, in their order."""
    hints = get_type_hints(kind)
    columns = [_column(name, hints[name]) for name in kind._fields]
    return Table(
        NAMES[kind],
        metadata,
        Column("log", BigInteger, nullable=False),
        *columns,
        PrimaryKeyConstraint("log", *kind._fields[: KEY_FIELDS[kind]]),
    )


TABLES: dict[type[Any], Table] = {kind: _table(kind) for kind in NAMES}
_attempts, _labels = TABLES[AttemptRow], TABLES[UnitLabelRow]

Index("names_of_unit", TABLES[NameRow].c.unit_id)
Index("units_by_unit", TABLES[UnitRow].c.unit_id)
Index("ids_by_unit", TABLES[IdRow].c.unit_id)
Index("members_by_unit", TABLES[MemberRow].c.unit_id)
Index("batches_by_scope", TABLES[BatchRow].c.scope)
Index("unit_labels_of_batch", _labels.c.log, _labels.c.batch, _labels.c.state)
Index("attempts_by_name", _attempts.c.device_name)
Index("attempts_of_unit", _attempts.c.unit_id, _attempts.c.number)
Index("attempts_by_end", _attempts.c.log, _attempts.c.ended)
Index("attempts_of_batch", _attempts.c.log, _attempts.c.batch, _attempts.c.number)
for _kind, _most in ((BatchRow, "planned"), (LimitRow, "allowed")):
    TABLES[_kind].append_constraint(
        CheckConstraint(
            f"taken >= 0 AND ({_most} IS NULL OR taken <= {_most})",
            name=f"{NAMES[_kind]}_keep_their_quantity",
        )
    )

GUARDED = ("records", "checkpoints")
REFUSAL = " BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END "
"""The function of a guard on a server."""


def guards(dialect: str) -> tuple[str, ...]:
    """Statements that make the database refuse UPDATE and DELETE of what is append-only."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_keep_{action} BEFORE {action} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
            for table in GUARDED
            for action in ("UPDATE", "DELETE")
        )
    refuse = (
        "CREATE OR REPLACE FUNCTION burner_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$${REFUSAL}$$"
    )
    return refuse, *(
        f"CREATE TRIGGER {table}_keep_{action} BEFORE {action} ON {table} "
        f"FOR EACH {'STATEMENT' if action == 'TRUNCATE' else 'ROW'} "
        "EXECUTE FUNCTION burner_append_only()"
        for table in GUARDED
        for action in ("UPDATE", "DELETE", "TRUNCATE")
    )


def create(connection: Connection) -> None:
    """Make all tables and their guards."""
    metadata.create_all(connection, checkfirst=False)
    for statement in guards(connection.dialect.name):
        connection.execute(text(statement))
    connection.execute(about.insert(), [{"key": "schema", "value": str(SCHEMA)}])


def schema_version(connection: Connection, where: ManifestPlace) -> int:
    """The version of the tables; 0: there is no manifest yet.

    Raises:
        BurnerError: E703 made by a newer burner, E708 without a version.
    """
    if not connection.dialect.has_table(connection, about.name):
        return 0
    text = connection.execute(select(about.c.value).where(about.c.key == "schema")).scalar()
    try:
        version = int(text or 0)
    except ValueError as error:
        raise BurnerError(Code.MANIFEST_DAMAGED, f"{where}: of version {text!r}") from error
    if version > SCHEMA:
        detail = f"{where}: version {version}, this burner knows {SCHEMA}"
        raise BurnerError(Code.MANIFEST_TOO_NEW, detail)
    return version
