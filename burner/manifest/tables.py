"""The tables. Few columns: a record's head is in columns for look-ups, all of it is in the body.

`records` is append-only by triggers in both databases; `claims`, `places`, `batches`, `quotas` and
`ids` say again what the records say, in a form that the database can enforce or find fast.
`verify` compares them.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.engine import Connection

SCHEMA = 3
"""Version of the tables; migrations.py says how to get here from each older one."""

metadata = MetaData()


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False)


def _number(name: str) -> "Column[int]":
    return Column(name, Integer, nullable=False)


def _of_record() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chain", "seq"], ["records.chain", "records.seq"], deferrable=True, initially="DEFERRED"
    )


about = Table("about", metadata, Column("key", Text, primary_key=True), _text("value"))
"""`manifest`: the identity of this manifest; `schema`: its version."""

chains = Table(
    "chains",
    metadata,
    Column("chain", Integer, primary_key=True),
    _text("manifest"),
    _text("station"),
    UniqueConstraint("manifest", "station"),
)
"""One a station; those with another manifest's identity were imported."""

records = Table(
    "records",
    metadata,
    Column("chain", Integer, ForeignKey("chains.chain"), nullable=False),
    _number("seq"),
    _text("at"),
    _text("batch"),
    _number("claims"),
    _text("device_name"),
    _number("intent"),
    _text("kind"),
    _text("outcome"),
    _text("product_id"),
    _text("unit_id"),
    _text("body"),
    _text("hash"),
    PrimaryKeyConstraint("chain", "seq"),
)
Index("records_of_attempt", records.c.chain, records.c.intent, records.c.seq)
Index("records_of_unit", records.c.unit_id)
RARE = records.c.kind.not_in(
    [literal_column(f"'{kind}'") for kind in ("intent", "claim", "outcome")]
)
"""Records that are no part of an attempt: few, and found by their kind. Literals, so that the
database sees that a query asks for what the index holds."""

Index(
    "rare_records",
    records.c.chain,
    records.c.kind,
    records.c.seq,
    sqlite_where=RARE,
    postgresql_where=RARE,
)
_first = records.c.intent == records.c.seq
_order = (records.c.at, records.c.chain, records.c.seq)
Index("attempts_by_time", *_order, sqlite_where=_first, postgresql_where=_first)
Index("attempts_of_batch", records.c.batch, *_order, sqlite_where=_first, postgresql_where=_first)

claims = Table(
    "claims",
    metadata,
    _text("device_name"),
    _text("product_id"),
    _text("unit_id"),
    _number("chain"),
    _number("seq"),
    PrimaryKeyConstraint("device_name", "product_id"),
    UniqueConstraint("chain", "seq"),
    _of_record(),
)
"""A name belongs to the unit that took it first; (chain, seq) is the record that took it."""

batches = Table(
    "batches",
    metadata,
    Column("batch", Text, primary_key=True),
    _text("product_id"),
    _text("profile"),
    _text("release_digest"),
    Column("planned", Integer),
    _number("taken"),
    _text("state"),
    _number("chain"),
    _number("seq"),
    CheckConstraint("taken >= 0", name="no_place_is_given_back_twice"),
    CheckConstraint("planned IS NULL OR taken <= planned", name="quantity_is_kept"),
    _of_record(),
)
batches_of_release = Index("batches_of_release", batches.c.release_digest)
batches_of_record = Index("batches_of_record", batches.c.chain, batches.c.seq)
"""For the database itself: each new record is looked for among those that batches wait for."""

quotas = Table(
    "quotas",
    metadata,
    Column("release_digest", Text, primary_key=True),
    _number("allowed"),
    _number("taken"),
    CheckConstraint("taken >= 0", name="no_unit_is_uncounted_twice"),
    CheckConstraint("taken <= allowed", name="quota_is_kept"),
)
"""Releases with a limit over all their batches, and how many units hold places in these."""

places = Table(
    "places",
    metadata,
    Column(
        "batch",
        Text,
        ForeignKey("batches.batch", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    _text("unit_id"),
    _text("state"),
    _number("chain"),
    _number("seq"),
    PrimaryKeyConstraint("batch", "unit_id"),
    UniqueConstraint("chain", "seq"),
    _of_record(),
)
"""Who holds a place of a batch: `work` from the intent on (OPEN stays so), `pass` after PASS."""

ids = Table(
    "ids",
    metadata,
    _text("value"),
    _text("unit_id"),
    _number("chain"),
    _number("seq"),
    PrimaryKeyConstraint("chain", "seq", "value"),
    Index("ids_by_value", "value"),
    _of_record(),
)
"""IMEI, label, serial number → unit."""

GUARDED = ("records", "chains")
REFUSAL = " BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END "
"""What a guard does on a server."""


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


_ARMED = text(
    """SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND p.prosrc = :refusal
    AND t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0
    AND t.tgtype = CASE WHEN t.tgname LIKE '%update' THEN 19 WHEN t.tgname LIKE '%delete' THEN 11
        ELSE 34 END"""
)
"""Triggers that refuse, always: before each row (19 UPDATE, 11 DELETE) or TRUNCATE (34)."""


def missing_guards(connection: Connection) -> set[str]:
    """Guards that are gone or say something else: somebody prepared to edit."""
    if connection.dialect.name == "sqlite":
        there = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'"))
        return set(guards("sqlite")) - set(there.scalars())
    names = {
        f"{table}_keep_{action}" for table in GUARDED for action in ("update", "delete", "truncate")
    }
    return names - set(connection.execute(_ARMED, {"refusal": REFUSAL}).scalars())


def create(connection: Connection) -> None:
    """Make all tables and their guards in the connection's transaction."""
    metadata.create_all(connection, checkfirst=False)
    for statement in guards(connection.dialect.name):
        connection.execute(text(statement))
