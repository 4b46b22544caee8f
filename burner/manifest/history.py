"""What the manifest knows of one unit: asked on the way of every unit, so compiled once."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Text, bindparam, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.attempts import ATTEMPTS, first, life_of
from burner.manifest.bodies import Data, Life, fingerprints
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.database import Prepared
from burner.manifest.order import follows, in_order
from burner.manifest.tables import about, records
from burner.model import Outcome, Record

WITHDRAWING = ("scrap", "void")
"""Corrections after which an earlier PASS does not count."""

_of_unit = (
    records.c.unit_id == bindparam("of_unit", type_=Text),
    or_(
        bindparam("of_product", type_=Text) == "",
        records.c.product_id == bindparam("of_product", type_=Text),
    ),
)
_HEADS = Prepared(
    select(records.c.chain, records.c.seq, records.c.intent, records.c.kind, records.c.outcome)
    .where(*_of_unit)
    .where(or_(records.c.kind == Kind.INTENT.value, records.c.kind == Kind.OUTCOME.value))
)
_ATTEMPT = Prepared(
    ATTEMPTS.where(first.c.chain == bindparam("of_chain"), first.c.seq == bindparam("of_seq"))
)
_CORRECTIONS = Prepared(
    select(records.c.body).where(*_of_unit, records.c.kind == Kind.CORRECTION.value)
)
_MANIFEST = Prepared(select(about.c.value).where(about.c.key == "manifest"))


@dataclass(frozen=True)
class UnitHistory:
    """What the manifest knows of one unit under one product."""

    last: Record | None = None
    """The latest attempt that began; of a unit of which none did, the latest."""
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
    if good and withdrawn(connection, good, unit_id, product_id):
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
    heads = _HEADS.run(connection, of_unit=unit_id, of_product=product_id).fetchall()
    rows = (
        _ATTEMPT.run(connection, of_chain=chain, of_seq=seq).fetchone()
        for chain, seq in _last_of_chains(heads)
    )
    lives = in_order((life_of(row) for row in rows), lambda life: life.body)
    passed = [life for life in lives if life.outcome is Outcome.PASS]
    return (lives[-1] if lives else None), (passed[-1] if passed else None)


def _last_of_chains(heads: Iterable[tuple[int, int, int, str, str]]) -> set[tuple[int, int]]:
    """Where the last attempt and the last PASS of each chain begin: one of them is the unit's.

    Args:
        heads: chain, seq, intent, kind, outcome of the records of a unit.
    """
    begun: dict[tuple[int, str], int] = {}
    never: dict[tuple[int, str], int] = {}
    for chain, seq, intent, kind, outcome in heads:
        which = never if kind == Kind.OUTCOME and seq == intent else begun
        what = outcome if outcome == Outcome.PASS else ""
        for key in {(chain, ""), (chain, what)}:
            which[key] = max(intent, which.get(key, 0))
    return {(chain, seq) for (chain, _), seq in (begun or never).items()}


def withdrawn(connection: Connection, life: Life, unit_id: str, product_id: str) -> bool:
    """Whether the unit was scrapped or voided after an attempt."""
    said = corrections(connection, unit_id, product_id)
    if not said:
        return False
    (manifest,) = _MANIFEST.run(connection).fetchone()
    return any(
        each["data"]["what"] in WITHDRAWING and follows(each, life.body, manifest) for each in said
    )


def corrections(connection: Connection, unit_id: str, product_id: str = "") -> list[Data]:
    """Bodies of what people said of a unit, first to last."""
    rows = _CORRECTIONS.run(connection, of_unit=unit_id, of_product=product_id)
    return in_order([loads(body) for (body,) in rows], lambda body: body)
