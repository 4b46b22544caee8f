"""What our log says of one unit under one product: asked before every attempt."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from burner.core.attempt import Outcome, Record
from burner.manifest.entries.attempts import record_of
from burner.manifest.entries.kinds import Correction, Intent, NameBound, OutcomeEntry
from burner.manifest.fold.imports import imported_units
from burner.manifest.fold.rows import NEVER, SCRAP, VOID, AttemptRow, UnitRow
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.table_state import TableState, log_number
from burner.manifest.store.tables import OWN


@dataclass(frozen=True)
class UnitHistory:
    """What the manifest knows of one unit under one product."""

    last: Record | None = None
    """The latest attempt that began; where none began, the latest attempt of all."""
    passed: Record | None = None
    """The latest PASS, unless the unit was scrapped or voided after it."""
    open: Record | None = None
    """The latest attempt, when it has no outcome."""
    fingerprints: tuple[str, ...] = ()
    """Second IDs of the silicon in these attempts. More than one: different boards had one MAC."""
    scrapped: str = ""
    """`OPERATOR: REASON` of a scrap that holds now; else empty."""
    voided: str = ""
    """`OPERATOR: REASON` of a void that holds now; else empty."""
    declared_rework: str = ""
    """Reason of a rework that was declared after the last attempt."""
    begun_rework: str = ""
    """Reason of the last attempt, where it was a rework and did not pass."""
    other_product: Record | None = None
    """The latest attempt under another product, if it is later than `last` and is a PASS."""
    unfinished_elsewhere: bool = False
    """Whether the latest attempt was under another product and is not, or no longer, a PASS."""

    @property
    def good(self) -> Record | None:
        """The latest PASS, if no attempt began after it: a later one may have written anything."""
        superseded = self.last and self.passed and self.last.attempt.id != self.passed.attempt.id
        return None if superseded or self.unfinished_elsewhere else self.passed


def history(connection: Connection, unit_id: str, product_id: str) -> UnitHistory:
    """The history of a unit in our own log."""
    state = TableState(connection)
    rows = {row.product_id: row for row in state.rows(UnitRow, unit_id=unit_id)}
    unit = rows.pop(product_id, None)
    other_products = sorted(rows.values(), key=lambda row: row.last)
    latest = other_products[-1] if other_products else None
    elsewhere = latest if latest and latest.last > (unit.last if unit else NEVER) else None
    other = elsewhere if elsewhere and elsewhere.passed == elsewhere.last else None
    scrap = next((row for row in (unit, *other_products) if row and row.status == SCRAP), None)
    last = _record(connection, state, unit.last if unit else NEVER)
    passed = _record(connection, state, unit.passed if unit else NEVER)
    silicon = (record.attempt.silicon for record in (passed, last) if record)
    return UnitHistory(
        last=last,
        passed=passed,
        open=last if last and last.result.outcome is Outcome.OPEN else None,
        fingerprints=tuple(dict.fromkeys(s.fingerprint for s in silicon if s and s.fingerprint)),
        scrapped=_correction_reason(connection, scrap) if scrap else "",
        voided=_correction_reason(connection, unit) if unit and unit.status == VOID else "",
        declared_rework=unit.declared_rework if unit else "",
        begun_rework=_begun_rework(unit, elsewhere) if not other else "",
        other_product=_record(connection, state, other.last) if other else None,
        unfinished_elsewhere=elsewhere is not None and other is None,
    )


def _begun_rework(unit: UnitRow | None, elsewhere: UnitRow | None) -> str:
    """Reason of the latest attempt under any product, where it was a rework."""
    return (elsewhere.begun_rework if elsewhere else "") or (unit.begun_rework if unit else "")


def names_of_unit(
    state: TableState, product_id: str, unit_id: str
) -> tuple[str, Mapping[str, str]]:
    """Device name and IDs of a unit by its last attempt that began; empty: none began here."""
    unit = state.get(UnitRow, product_id, unit_id)
    last = _record(state.connection, state, unit.last if unit else NEVER)
    return (last.attempt.device_name, last.attempt.ids) if last else ("", {})


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
) -> tuple[Intent | OutcomeEntry, NameBound | None, OutcomeEntry | None]:
    """The records of an attempt: the first, the binding after the boot, the outcome."""
    first = entry_at(connection, row.number, log)
    bound = entry_at(connection, row.bound, log) if row.bound != NEVER else None
    last = first if row.ended == row.number else None
    if row.ended not in (NEVER, row.number):
        last = entry_at(connection, row.ended, log)
    if not isinstance(first, Intent | OutcomeEntry):
        raise ValueError(f"record {row.number} begins no attempt")
    return (
        first,
        bound if isinstance(bound, NameBound) else None,
        last if isinstance(last, OutcomeEntry) else None,
    )


def _correction_reason(connection: Connection, unit: UnitRow) -> str:
    """Who scrapped or voided a unit, and why."""
    own = [("", unit)] if unit.record != NEVER else []
    imported = imported_units(TableState(connection), unit.product_id, unit.unit_id)
    for origin, row in own or imported:
        log = log_number(connection, origin) if origin else OWN
        entry = entry_at(connection, row.record, OWN if log is None else log)
        if isinstance(entry, Correction) and entry.what == unit.status:
            where = f", in the imported log {origin}" if origin else ""
            return f"{entry.operator}: {entry.reason}{where}"
    return ""
