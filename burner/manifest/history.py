"""What the manifest knows of one unit: asked on the way of every unit, so compiled once."""

from dataclasses import dataclass

from sqlalchemy import Text, bindparam, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.attempts import ATTEMPTS, ORDER, ending, first, life_of
from burner.manifest.bodies import Life, fingerprints
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.database import Prepared
from burner.manifest.tables import records
from burner.model import Outcome, Record

WITHDRAWING = ("scrap", "void")
"""Corrections after which an earlier PASS does not count."""

_unit, _product = bindparam("of_unit", type_=Text), bindparam("of_product", type_=Text)
_newest = (
    ATTEMPTS.where(first.c.unit_id == _unit)
    .where(or_(_product == "", first.c.product_id == _product))
    .order_by(*(column.desc() for column in ORDER))
    .limit(1)
)
_NEWEST = Prepared(_newest)
_NEWEST_PASS = Prepared(_newest.where(ending.c.outcome == Outcome.PASS.value))
_CORRECTIONS = Prepared(
    select(records.c.at, records.c.body)
    .where(records.c.unit_id == _unit, records.c.kind == Kind.CORRECTION.value)
    .where(or_(_product == "", records.c.product_id == _product))
    .order_by(records.c.at.desc())
)


@dataclass(frozen=True)
class UnitHistory:
    """What the manifest knows of one unit under one product."""

    last: Record | None = None
    """The latest attempt."""
    passed: Record | None = None
    """The latest PASS, unless the unit was scrapped or voided since."""
    open: Record | None = None
    """The latest attempt, when it has no outcome."""
    fingerprints: tuple[str, ...] = ()
    """Second IDs of the part in these attempts; more than one: more than one board."""


def history(connection: Connection, unit_id: str, product_id: str) -> UnitHistory:
    """The latest attempt, the latest PASS, and whether the latest is OPEN."""
    last, good = last_and_passed(connection, unit_id, product_id)
    if last is None:
        return UnitHistory()
    if good and good.last["at"] <= withdrawn(connection, unit_id, product_id):
        good = None
    record = last.record()
    return UnitHistory(
        last=record,
        passed=good.record() if good else None,
        open=record if record.result.outcome is Outcome.OPEN else None,
        fingerprints=fingerprints(life for life in (good, last) if life),
    )


def last_and_passed(
    connection: Connection, unit_id: str, product_id: str
) -> tuple[Life | None, Life | None]:
    """A unit's latest attempt and its latest PASS, whatever a person said of it since."""
    of_unit = {"of_unit": unit_id, "of_product": product_id}
    row = _NEWEST.run(connection, **of_unit).fetchone()
    last = life_of(row) if row else None
    if last is None or last.outcome is Outcome.PASS:
        return last, last
    row = _NEWEST_PASS.run(connection, **of_unit).fetchone()
    return last, life_of(row) if row else None


def withdrawn(connection: Connection, unit_id: str, product_id: str) -> str:
    """When a unit was last scrapped or voided; empty = never."""
    corrections = _CORRECTIONS.run(connection, of_unit=unit_id, of_product=product_id)
    for at, body in corrections:
        if loads(body)["data"]["what"] in WITHDRAWING:
            return str(at)
    return ""
