"""What the manifest knows of one unit: asked on the way of every unit, and its whole life."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.model import Outcome as ModelOutcome
from burner.core.model import Record
from burner.manifest.entries.attempts import record_of
from burner.manifest.entries.kinds import Correction, Intent, NameBound, Outcome, UnitChecked
from burner.manifest.fold.imports import in_imported_logs
from burner.manifest.fold.rows import NEVER, SCRAP, AttemptRow, IdRow, LogRow, UnitRow
from burner.manifest.store.bodies import entry_at, entry_of
from burner.manifest.store.state import TableState, log_number, row_of
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import OWN, RARE, TABLES, imported, records
from burner.manifest.unit_words import corrected

_attempts = TABLES[AttemptRow]
_OF_UNIT = Prepared(
    select(_attempts)
    .where(_attempts.c.unit_id == bindparam("of_unit"))
    .order_by(_attempts.c.log, _attempts.c.number)
)
_OTHER_RECORDS = Prepared(
    select(records.c.log, records.c.number, records.c.body)
    .where(RARE, records.c.unit_id == bindparam("of_unit"))
    .order_by(records.c.log, records.c.number)
)


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
    """What our own log says of a unit."""
    state = TableState(connection)
    rows = {row.product_id: row for row in state.rows(UnitRow, unit_id=unit_id)}
    unit = rows.pop(product_id, None)
    others = sorted(rows.values(), key=lambda row: row.last)
    elsewhere = others[-1] if others and others[-1].last > (unit.last if unit else NEVER) else None
    other = elsewhere if elsewhere and elsewhere.passed == elsewhere.last else None
    scrap = next((row for row in (unit, *others) if row and row.word == SCRAP), None)
    last = _record(connection, state, unit.last if unit else NEVER)
    passed = _record(connection, state, unit.passed if unit else NEVER)
    parts = (record.attempt.silicon for record in (passed, last) if record)
    return UnitHistory(
        last=last,
        passed=passed,
        open=last if last and last.result.outcome is ModelOutcome.OPEN else None,
        fingerprints=tuple(dict.fromkeys(p.fingerprint for p in parts if p and p.fingerprint)),
        scrapped=_scrapped(connection, scrap) if scrap else "",
        declared_rework=unit.declared_rework if unit else "",
        begun_rework=_begun_rework(unit, elsewhere) if not other else "",
        other_product=_record(connection, state, other.last) if other else None,
        unfinished_elsewhere=elsewhere is not None and other is None,
    )


def _begun_rework(unit: UnitRow | None, elsewhere: UnitRow | None) -> str:
    """Of the latest attempt of all, where it names one."""
    return (elsewhere.begun_rework if elsewhere else "") or (unit.begun_rework if unit else "")


def record_at(connection: Connection, number: int, log: int = OWN) -> Record:
    """An attempt by the number of its first record."""
    row = TableState(connection, log).get(AttemptRow, number)
    if row is None:
        raise ValueError(f"no attempt begins at record {number}")
    return _record_of(connection, row, log)


def _record(connection: Connection, state: TableState, number: int) -> Record | None:
    row = state.get(AttemptRow, number) if number != NEVER else None
    return _record_of(connection, row) if row else None


def _record_of(connection: Connection, row: AttemptRow, log: int = OWN) -> Record:
    first, bound, last = entries_of(connection, row, log)
    return record_of(row.number, first, bound, last)


def entries_of(
    connection: Connection, row: AttemptRow, log: int = OWN
) -> tuple[Intent | Outcome, NameBound | None, Outcome | None]:
    """The records of an attempt: its first, what the boot told, its outcome."""
    first = entry_at(connection, row.number, log)
    bound = entry_at(connection, row.bound, log) if row.bound != NEVER else None
    last = first if row.ended == row.number else None
    if row.ended not in (NEVER, row.number):
        last = entry_at(connection, row.ended, log)
    if not isinstance(first, Intent | Outcome):
        raise ValueError(f"record {row.number} begins no attempt")
    return (
        first,
        bound if isinstance(bound, NameBound) else None,
        last if isinstance(last, Outcome) else None,
    )


def _scrapped(connection: Connection, unit: UnitRow) -> str:
    said = [("", unit)] if unit.record != NEVER else []
    known = in_imported_logs(TableState(connection), unit.product_id, unit.unit_id)
    for origin, row in said or known:
        log = log_number(connection, origin) if origin else OWN
        entry = entry_at(connection, row.record, OWN if log is None else log)
        if isinstance(entry, Correction) and entry.what == SCRAP:
            where = f", in the imported log {origin}" if origin else ""
            return f"{entry.operator}: {entry.reason}{where}"
    return ""


def found_units(
    connection: Connection, text: str, product_id: str = ""
) -> list[tuple[str, UnitRow]]:
    """Units that answer to any of their IDs: of our log, or, where it knows none, of the first
    imported log that does, each with the origin of that (empty: ours).
    """
    units = units_by(connection, text)
    for log, origin in sorted(origins(connection).items()):
        state = TableState(connection, log)
        rows = (row for unit_id in units for row in state.rows(UnitRow, unit_id=unit_id))
        found = [row for row in rows if product_id in ("", row.product_id)]
        if found:
            return [("" if log == OWN else origin, row) for row in found]
    return []


def only_imported(row: UnitRow, origin: str) -> BurnerError:
    """What is said of a unit that only an imported log knows."""
    return BurnerError(
        Code.UNIT_ONLY_IMPORTED, f"{row.unit_id}: {row.word} in the imported log {origin}"
    )


# -- the whole life -------------------------------------------------------------------------------


def lives_of(connection: Connection, text: str) -> list[dict[str, Any]]:
    """Every unit that answers to a MAC, name, IMEI, label or serial number.

    Returns:
        For each: `unit_id`, `names`, `fingerprints` (more than one: more than one board under one
        MAC), `attempts` as in `list --json`, `corrections`, and `checks` of it by an audit.
    """
    return [_life(connection, unit) for unit in units_by(connection, text)]


def origins(connection: Connection) -> dict[int, str]:
    """Names of the logs by number; ours is 0."""
    own = next(iter(TableState(connection).rows(LogRow, own=True)), None)
    rows = connection.execute(select(imported)).all()
    return {OWN: own.origin if own else "", **{row.log: row.origin for row in rows}}


def units_by(connection: Connection, text: str) -> tuple[str, ...]:
    """UnitIds for a MAC, a device name, an IMEI, a label or a serial number, over all logs."""
    wanted = text.strip()
    if not wanted:
        return ()
    mac = wanted.replace("-", "").replace(":", "").lower()
    as_mac = ":".join(mac[i : i + 2] for i in range(0, 12, 2)) if len(mac) == 12 else wanted
    ids, logs = TABLES[IdRow], [OWN, *connection.execute(select(imported.c.log)).scalars()]
    queries: tuple[Select[Any], ...] = (
        select(_attempts.c.unit_id).where(
            or_(_attempts.c.unit_id == wanted, _attempts.c.unit_id == as_mac)
        ),
        select(_attempts.c.unit_id).where(_attempts.c.device_name == wanted),
        select(ids.c.unit_id).where(ids.c.log.in_(logs), ids.c.value == wanted),
    )
    found = {unit for query in queries for unit in connection.execute(query.distinct()).scalars()}
    return tuple(sorted(found - {""}))


def _life(connection: Connection, unit_id: str) -> dict[str, Any]:
    names = origins(connection)
    rows = _OF_UNIT.run(connection, of_unit=unit_id).fetchall()
    attempts = [
        element(
            *(connection, attempt, log, names[log]),
            corrected(TableState(connection, log), attempt),
        )
        for log, attempt in ((row[0], row_of(AttemptRow, row)) for row in rows)
    ]
    entries = [
        (names[log], number, entry_of(body))
        for log, number, body in _OTHER_RECORDS.run(connection, of_unit=unit_id).fetchall()
    ]
    return {
        "unit_id": unit_id,
        "names": list(dict.fromkeys(a["device_name"] for a in attempts if a["device_name"])),
        "fingerprints": _fingerprints(attempts),
        "attempts": attempts,
        "corrections": [
            {**_where(origin, number, entry), "what": entry.what, "reason": entry.reason}
            for origin, number, entry in entries
            if isinstance(entry, Correction)
        ],
        "checks": [
            {
                **_where(origin, number, entry),
                "good": entry.good,
                "findings": _plain(entry.findings),
            }
            for origin, number, entry in entries
            if isinstance(entry, UnitChecked)
        ],
    }


def _where(origin: str, number: int, entry: Correction | UnitChecked) -> dict[str, Any]:
    """Who said it, when, in which log."""
    return {
        "origin": origin,
        "number": number,
        "at": entry.at,
        "station": entry.station,
        "batch": entry.batch,
        "operator": entry.operator,
    }


def element(
    connection: Connection, row: AttemptRow, log: int, origin: str, word: str
) -> dict[str, Any]:
    """An attempt as `list --json` prints it."""
    return element_of(row, *entries_of(connection, row, log), origin=origin, word=word)


def element_of(
    row: AttemptRow,
    first: Intent | Outcome,
    bound: NameBound | None,
    last: Outcome | None,
    *,
    origin: str,
    word: str,
) -> dict[str, Any]:
    """The same from its records; docs/manifest.md says what each key means. `word`: `corrected`."""
    facts = (last and last.attempt) or first.attempt
    if facts is None:
        raise ValueError(f"record {row.number} says nothing of its attempt")
    result = last.result if last else None
    silicon = facts.silicon
    return {
        "number": row.number,
        "origin": origin,
        "records": [n for n in dict.fromkeys((row.number, row.bound, row.ended)) if n != NEVER],
        "started": row.started,
        "ended": result.ended if result else None,
        "station": row.station,
        "slot": row.slot,
        "operator": facts.operator,
        "batch": row.batch,
        "profile": row.profile,
        "release_digest": facts.release_digest,
        "key": facts.key,
        "product_id": row.product_id,
        "chip": silicon.chip if silicon else "",
        "unit_id": row.unit_id,
        "device_name": row.device_name,
        "outcome": row.outcome,
        "code": row.code,
        "step": result.step if result else None,
        "seconds": result.ms / 1000 if result else None,
        "regions": [_plain(region) for region in facts.regions],
        "versions": facts.versions,
        "attempt": facts.id,
        "nth": row.nth,
        "try_number": row.try_number,
        "rework": row.rework,
        "ids": bound.ids if bound else facts.ids,
        "silicon": _plain(silicon) if silicon else None,
        "detail": result.detail if result else "",
        "written": result.written if result else None,
        "timings_ms": result.timings_ms if result else {},
        "evidence": result.evidence if result else {},
        "superseded_by": row.superseded_by if row.superseded_by != NEVER else None,
        "corrected": word,
    }


def _plain(value: Any) -> Any:
    from msgspec import to_builtins

    return to_builtins(value)


def _fingerprints(attempts: Iterable[dict[str, Any]]) -> Sequence[str]:
    found = ((attempt["silicon"] or {}).get("fingerprint") for attempt in attempts)
    return list(dict.fromkeys(value for value in found if value))
