"""What the manifest knows of one unit: asked on the way of every unit, so compiled once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, or_, select, tuple_, union
from sqlalchemy.engine import Connection

from burner.manifest.attempts import ATTEMPTS, ORDER, first, life_of
from burner.manifest.bodies import Data, Life, fingerprints
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.database import Prepared, together
from burner.manifest.order import follows, in_order
from burner.manifest.tables import about, claims, ids, records
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
_intent, _outcome = (records.c.kind == kind.value for kind in (Kind.INTENT, Kind.OUTCOME))


def _last(*which: ColumnElement[bool]) -> Select[tuple[int, int]]:
    """Where the last of such attempts on a unit begins, in each chain."""
    begins = select(records.c.chain, func.max(records.c.intent))
    return begins.where(*_of_unit, *which).group_by(records.c.chain)


_ATTEMPTS = Prepared(
    ATTEMPTS.where(
        first.c.unit_id == bindparam("of_unit", type_=Text),  # read by the index of units
        tuple_(first.c.chain, first.c.seq).in_(
            union(
                _last(_intent),
                _last(_outcome, records.c.outcome == Outcome.PASS.value),
                # A unit of which no attempt began: of one that ended all the same.
                _last(_outcome, records.c.intent == records.c.seq),
            )
        ),
    )
)
"""A few rows, however often the unit was tried."""

_OTHER_PRODUCT = Prepared(
    ATTEMPTS.where(
        first.c.unit_id == bindparam("of_unit", type_=Text),
        first.c.product_id != bindparam("of_product", type_=Text),
        first.c.kind == Kind.INTENT.value,
    )
    .order_by(*(column.desc() for column in ORDER))
    .limit(1)
)
"""The latest attempt on a unit under any other product."""

_CORRECTIONS = Prepared(
    select(records.c.body).where(*_of_unit, records.c.kind == Kind.CORRECTION.value)
)
_FIND = Prepared(
    union(
        select(records.c.unit_id)
        .where(records.c.unit_id.in_((bindparam("said"), bindparam("as_mac"))))
        .distinct(),
        select(claims.c.unit_id).where(claims.c.device_name == bindparam("said")),
        select(ids.c.unit_id).where(ids.c.value == bindparam("said")),
    )
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
    scrapped: str = ""
    """`WHO: WHY` of a scrap; empty where nobody did, or a rework was declared since."""
    declared_rework: str = ""
    """Why a rework was declared at a desk since the last attempt."""
    begun_rework: str = ""
    """Why the last attempt was a rework, where it did not pass."""
    other_product: Record | None = None
    """The latest attempt under another product, where it passed after the last one under this."""
    unfinished_elsewhere: bool = False
    """Whether the latest attempt of all was under another product, and is no PASS, or none now."""

    @property
    def good(self) -> Record | None:
        """The latest PASS, if no attempt began after it: such a one may have left anything."""
        later = self.last and self.passed and self.last.attempt.id != self.passed.attempt.id
        return None if later or self.unfinished_elsewhere else self.passed


def history(connection: Connection, unit_id: str, product_id: str) -> UnitHistory:
    """What is on record of a unit. An empty product is any: then nothing is said of others."""
    of = {"of_unit": unit_id, "of_product": product_id}
    with together(connection):
        tried = _ATTEMPTS.run(connection, **of)
        others = _OTHER_PRODUCT.run(connection, **of)
        said = ask_corrections(connection, unit_id)
    last, passed = _last_and_passed(tried)
    rows = others.fetchall() if product_id else []
    other = life_of(rows[0]) if rows else None
    words = corrections_in(said)
    found = _under_product(connection, last, passed, words) if last else UnitHistory()
    if other is None or (last and other.last["at"] <= last.first["at"]):
        return found
    passed = other if other.outcome is Outcome.PASS else None
    elsewhere = _under_product(connection, other, passed, words)
    return replace(
        found,
        scrapped=found.scrapped or elsewhere.scrapped,
        begun_rework="" if elsewhere.passed else elsewhere.begun_rework or found.begun_rework,
        other_product=elsewhere.passed,
        unfinished_elsewhere=elsewhere.passed is None,
    )


def _under_product(
    connection: Connection, last: Life, passed: Life | None, words: Iterable[Data]
) -> UnitHistory:
    """What is on record of a unit under the product of these attempts."""
    under = last.first["product_id"]
    said = [each for each in words if each["head"]["product_id"] == under]
    (manifest,) = _MANIFEST.run(connection).fetchone() if said else ("",)
    if passed and any(follows(each, passed.body, manifest) for each in _withdrawals(said)):
        passed = None
    since = [each["data"] for each in said if follows(each, last.body, manifest)]
    record = last.record()
    return UnitHistory(
        last=record,
        passed=passed.record() if passed else None,
        open=record if last.outcome is Outcome.OPEN else None,
        fingerprints=fingerprints(life for life in (passed, last) if life),
        scrapped=_scrap_of(since),
        declared_rework=since[-1]["reason"] if since and since[-1]["what"] == "rework" else "",
        begun_rework="" if since or last.outcome is Outcome.PASS else last.attempt["rework"],
    )


def _scrap_of(since: Iterable[Data]) -> str:
    """The scrap that stands: a void takes none back, a declared rework does."""
    scrapped = ""
    for word in since:
        if word["what"] == "scrap":
            scrapped = f"{word['operator']}: {word['reason']}"
        elif word["what"] == "rework":
            scrapped = ""
    return scrapped


def find(connection: Connection, text: str) -> tuple[str, ...]:
    """UnitIds for a MAC, a device name, an IMEI, a label or a serial number."""
    said = text.strip()
    if not said:
        return ()
    mac = said.replace("-", "").replace(":", "").lower()
    as_mac = ":".join(mac[i : i + 2] for i in range(0, 12, 2)) if len(mac) == 12 else said
    return tuple(sorted(unit for (unit,) in _FIND.run(connection, said=said, as_mac=as_mac)))


def last_and_passed(
    connection: Connection, unit_id: str, product_id: str
) -> tuple[Life | None, Life | None]:
    """A unit's latest attempt and its latest PASS, whatever a person said of it since."""
    return _last_and_passed(_ATTEMPTS.run(connection, of_unit=unit_id, of_product=product_id))


def _last_and_passed(answer: Any) -> tuple[Life | None, Life | None]:
    tried = [life_of(row) for row in answer.fetchall()]
    begun = [life for life in tried if life.first["kind"] == Kind.INTENT]
    lives = in_order(begun or tried, lambda life: life.body)
    passed = [life for life in lives if life.outcome is Outcome.PASS]
    return (lives[-1] if lives else None), (passed[-1] if passed else None)


def withdrawn(connection: Connection, life: Life, unit_id: str, product_id: str) -> bool:
    """Whether the unit was scrapped or voided after an attempt."""
    return _withdrawn(connection, life, corrections(connection, unit_id, product_id))


def _withdrawn(connection: Connection, life: Life, said: Iterable[Data]) -> bool:
    withdrawals = _withdrawals(said)
    if not withdrawals:
        return False
    (manifest,) = _MANIFEST.run(connection).fetchone()
    return any(follows(each, life.body, manifest) for each in withdrawals)


def _withdrawals(said: Iterable[Data]) -> list[Data]:
    return [each for each in said if each["data"]["what"] in WITHDRAWING]


def corrections(connection: Connection, unit_id: str, product_id: str = "") -> list[Data]:
    """Bodies of what people said of a unit, first to last."""
    return corrections_in(ask_corrections(connection, unit_id, product_id))


def ask_corrections(connection: Connection, unit_id: str, product_id: str = "") -> Any:
    """Ask what people said of a unit; the answer is for `corrections_in`."""
    return _CORRECTIONS.run(connection, of_unit=unit_id, of_product=product_id)


def corrections_in(answer: Any) -> list[Data]:
    """What people said, first to last, from what `ask_corrections` gave."""
    return in_order([loads(body) for (body,) in answer.fetchall()], lambda body: body)
