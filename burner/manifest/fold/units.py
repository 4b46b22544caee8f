"""Rules of units: their status, name, IDs and place in a batch."""

from collections.abc import Iterable, Iterator, Mapping

from burner.core.attempt import Outcome, has_answered
from burner.core.baud_rates import MOST
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.attempt_facts import AttemptFacts
from burner.manifest.entries.body import canonical_json
from burner.manifest.entries.errors import inconsistent, out_of_order
from burner.manifest.entries.kinds import (
    Correction,
    Intent,
    NameBound,
    OutcomeEntry,
    UnitChecked,
)
from burner.manifest.entries.release_kinds import BatchLimits
from burner.manifest.fold import batches, cloud, limits, policies, required_tests, unit_labels
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import (
    NEVER,
    OPEN,
    PASS,
    REWORK,
    SCRAP,
    VOID,
    AttemptRow,
    BatchRow,
    Change,
    Drop,
    IdRow,
    MemberRow,
    NameRow,
    UnitRow,
)

UNIQUE = {"imei": Code.IMEI_TAKEN, "serial": Code.SERIAL_TAKEN}
"""IDs that only one unit may have: an IMEI in the world, a serial number in its product."""

FAIL = Outcome.FAIL.value
OUTCOMES = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.OPEN)


def require_unit(state: ManifestState, product_id: str, unit_id: str) -> UnitRow:
    """The row of a unit that must be known."""
    row = state.get(UnitRow, product_id, unit_id)
    if row is None:
        raise BurnerError(Code.UNIT_UNKNOWN, unit_id)
    return row


def _known_or_new(state: ManifestState, product_id: str, unit_id: str) -> UnitRow:
    """The row of a unit; a new one where our log has none."""
    return state.get(UnitRow, product_id, unit_id) or UnitRow(product_id, unit_id)


def begin(state: ManifestState, number: int, entry: Intent) -> tuple[Change, ...]:
    """An attempt begins: it takes its name, its IDs and its place."""
    attempt, product, unit_id = entry.attempt, entry.product_id, entry.unit_id
    if not unit_id:
        raise out_of_order(f"attempt {attempt.id} has no unit")
    previous = state.get(UnitRow, product, unit_id)
    if state.whole and previous and previous.status == SCRAP and not attempt.rework:
        where = "an imported log" if previous.record == NEVER else f"record {previous.record}"
        raise BurnerError(Code.UNIT_SCRAPPED, f"unit {unit_id}, {where}")
    changes = [*_take_ids(state, number, entry, attempt.ids), *_supersede(state, number, previous)]
    if attempt.device_name:
        changes += _take_name(state, entry, attempt.device_name)
    if entry.batch:
        changes += _into_batch(state, entry)
    else:
        policies.check_batchless(state)
    nth = previous.attempts + 1 if previous else 1
    voided = previous.voided if previous else NEVER
    passed = previous.passed if previous else NEVER
    return (
        *changes,
        UnitRow(product, unit_id, OPEN, number, number, passed, nth, voided, "", attempt.rework),
        _attempt(number, entry, attempt, nth),
    )


def bind(state: ManifestState, number: int, entry: NameBound) -> tuple[Change, ...]:
    """The attempt in work takes the name and IDs that the booted unit reported."""
    work = _attempt_in_work(state, entry, entry.intent)
    if not entry.device_name or work.device_name not in ("", entry.device_name):
        raise out_of_order(f"attempt {entry.intent} cannot take the name now")
    changes = [*_take_ids(state, entry.intent, entry, entry.ids)]
    if not work.device_name:
        changes += _take_name(state, entry, entry.device_name)
        if entry.batch:
            row = batches.require_batch(state, entry.batch)
            cloud.check_name_confirmed(state, row, entry.device_name)
    return (*changes, work._replace(device_name=entry.device_name, bound=number))


def end(state: ManifestState, number: int, entry: OutcomeEntry) -> tuple[Change, ...]:
    """An attempt ends. It changes the unit only if no later attempt has begun."""
    outcome = entry.result.outcome
    if outcome not in OUTCOMES:
        raise inconsistent(f"an attempt cannot end with {outcome!r}")
    if entry.intent is None:
        return _end_untouched(state, number, entry, outcome)
    work = _attempt_in_work(state, entry, entry.intent)
    if outcome == PASS:
        _check_name(entry.attempt, work)
        _check_proof(state, entry)
    unit = require_unit(state, entry.product_id, entry.unit_id)
    changes: list[Change] = [_ended(work, number, entry)]
    if unit.last != entry.intent:
        return tuple(changes)
    passed = entry.intent if outcome == PASS else unit.passed
    ids = [*state.rows(IdRow, product_id=entry.product_id, unit_id=entry.unit_id)]
    changes += _settle_ids(ids, entry.intent, outcome)
    if unit.status == OPEN:  # not scrapped or voided meanwhile
        begun = "" if outcome == PASS else unit.begun_rework
        updated = unit._replace(status=outcome, record=number, passed=passed, begun_rework=begun)
        changes.append(updated)
    member = state.get(MemberRow, entry.batch, entry.unit_id) if entry.batch else None
    if member and member.status == OPEN:
        row = batches.require_batch(state, entry.batch)
        if outcome == PASS:
            changes += unit_labels.owe(state, row, entry, work.device_name, ids)
        changes += batches.update_member(state, row, entry.unit_id, outcome)
    return tuple(changes)


def correct(state: ManifestState, number: int, entry: Correction) -> tuple[Change, ...]:
    """A person scraps or voids a unit, or declares a rework."""
    if entry.what not in (SCRAP, VOID, REWORK):
        raise inconsistent(f"a correction cannot be {entry.what!r}")
    unit = _known_or_new(state, entry.product_id, entry.unit_id)
    if entry.what == REWORK:
        return _declare_rework(state, number, entry, unit)
    updated = unit._replace(passed=NEVER, declared_rework="", begun_rework="")
    changes: list[Change] = []
    if not (unit.status == SCRAP and entry.what == VOID):  # a scrapped unit stays scrapped
        updated = updated._replace(status=entry.what, record=number)
        changes += batches.update_known_member(state, entry.batch, entry.unit_id, entry.what)
    if entry.what == VOID:
        updated = updated._replace(attempts=0, voided=number)
    of_unit = {"product_id": entry.product_id, "unit_id": entry.unit_id}
    ids = state.rows(IdRow, **of_unit)
    changes += [row._replace(passed=NEVER, opened=NEVER) for row in ids if row.held]
    if entry.what == VOID:
        changes += map(Drop, state.rows(NameRow, **of_unit))
    return (*changes, updated)


def _declare_rework(
    state: ManifestState, number: int, entry: Correction, unit: UnitRow
) -> tuple[Change, ...]:
    updated = unit._replace(declared_rework=entry.reason, begun_rework="")
    if unit.status in ("", SCRAP):
        updated = updated._replace(status=REWORK, record=number)
    member = state.get(MemberRow, entry.batch, entry.unit_id)
    if member is None or member.status != SCRAP:
        return (updated,)
    return (updated, *batches.update_known_member(state, entry.batch, entry.unit_id, REWORK))


def check(state: ManifestState, entry: UnitChecked) -> tuple[Change, ...]:
    """A check needs a known unit, and changes nothing."""
    require_unit(state, entry.product_id, entry.unit_id)
    return ()


def _end_untouched(
    state: ManifestState, number: int, entry: OutcomeEntry, outcome: str
) -> tuple[Change, ...]:
    """An attempt without an intent: only a FAIL changes the unit."""
    if entry.attempt is None or outcome == PASS:
        raise out_of_order("an attempt without an intent passed, or lacks its facts")
    unit = _known_or_new(state, entry.product_id, entry.unit_id)
    attempt = _attempt(number, entry, entry.attempt, unit.attempts)._replace(began=False)
    ended = _ended(attempt, number, entry)
    if outcome != FAIL or not entry.unit_id or unit.status in (OPEN, SCRAP):
        return (ended,)  # in work elsewhere, or scrapped: that status stays
    updated = unit._replace(status=outcome, record=number)
    batch = state.get(BatchRow, entry.batch)
    if batch is None or batch.product_id != entry.product_id:
        return (ended, updated)
    return (ended, updated, *batches.update_member(state, batch, entry.unit_id, outcome))


def _into_batch(state: ManifestState, entry: Intent) -> tuple[Change, ...]:
    row = batches.require_open_batch(state, entry.batch)
    if entry.product_id != row.product_id:
        detail = f"batch {entry.batch} is for product {row.product_id}"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    if entry.attempt.release_digest != row.release_digest:
        detail = f"batch {entry.batch} is of another release"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    policies.check_not_refused(state, row)
    if row.required_key and entry.attempt.key != row.required_key:
        detail = f"batch {entry.batch}: key {row.required_key}, not {entry.attempt.key}"
        raise BurnerError(Code.BATCH_HAS_OTHER_KEY, detail)
    of_release = BatchLimits.from_json(row.limits)
    limits.check_begins(of_release, entry.station, entry.at)
    limits.check_clock(state, of_release, entry.station, entry.at)
    cloud.require_preflight(row)
    if name := entry.attempt.device_name:
        cloud.check_name_confirmed(state, row, name)
    if not row.key:
        row = row._replace(key=entry.attempt.key)
    return batches.update_member(state, row, entry.unit_id, OPEN)


def _take_name(state: ManifestState, entry: Intent | NameBound, name: str) -> Iterator[Change]:
    holder = state.get(NameRow, entry.product_id, name)
    if state.whole and holder is not None and holder.unit_id != entry.unit_id:
        raise BurnerError(Code.NAME_TAKEN, f"{name}: {holder.unit_id}")
    if holder is None or holder.imported_from:
        yield NameRow(entry.product_id, name, entry.unit_id, "")


def _take_ids(
    state: ManifestState, intent: int, entry: Intent | NameBound, ids: Mapping[str, str]
) -> Iterator[Change]:
    """A unit in work takes these IDs, and loses those of its attempts that never ended."""
    product, unit_id = entry.product_id, entry.unit_id
    pairs = sorted(pair for pair in ids.items() if pair[0] != "mac" and pair[1])
    for source, value in pairs:
        if source not in UNIQUE or not state.whole:
            continue
        for row in state.rows(IdRow, source=source, value=value):
            if row.is_taken_for(product, unit_id):
                raise BurnerError(UNIQUE[source], f"{value}: {row.unit_id}")
    rows = state.rows(IdRow, product_id=product, unit_id=unit_id)
    known = {(row.source, row.value): row for row in rows}
    for key in pairs:
        previous = known.pop(key, None)
        passed = previous.passed if previous and not previous.imported_from else NEVER
        yield IdRow(key[1], key[0], product, unit_id, passed, intent, "")
    for row in known.values():
        if row.opened not in (NEVER, intent):
            yield row._replace(opened=NEVER)


def _settle_ids(rows: Iterable[IdRow], intent: int, outcome: str) -> Iterator[Change]:
    """After PASS a unit keeps the IDs of this attempt, else those it had before."""
    for row in rows:
        of_attempt = row.opened == intent
        passed = (intent if of_attempt else NEVER) if outcome == PASS else row.passed
        updated = row._replace(passed=passed, opened=NEVER if of_attempt else row.opened)
        if updated != row:
            yield updated


def _supersede(state: ManifestState, number: int, previous: UnitRow | None) -> Iterator[Change]:
    """An attempt that never ended is superseded by the next one on its unit."""
    unfinished = (
        state.get(AttemptRow, previous.last) if previous and previous.last != NEVER else None
    )
    if unfinished is not None and unfinished.outcome == OPEN:
        yield unfinished._replace(superseded_by=number)


def _attempt(
    number: int, entry: Intent | OutcomeEntry, attempt: AttemptFacts, nth: int
) -> AttemptRow:
    facts = (attempt.device_name, entry.station, attempt.slot, attempt.profile, attempt.started)
    return AttemptRow(
        *(number, True, entry.product_id, entry.unit_id, entry.batch, *facts),
        *(OPEN, "", 0, "{}", attempt.try_number, attempt.rework, nth, NEVER, NEVER, NEVER),
    )


def _ended(attempt: AttemptRow, number: int, entry: OutcomeEntry) -> AttemptRow:
    result = entry.result
    baud = result.evidence.get("baud")
    return attempt._replace(
        outcome=result.outcome,
        code=result.code,
        ms=result.ms,
        timings_ms=canonical_json(result.timings_ms),
        ended=number,
        baud=baud if type(baud) is int and 0 <= baud <= MOST else 0,
        tested=bool(result.tests),
    )


def _attempt_in_work(
    state: ManifestState, entry: NameBound | OutcomeEntry, intent: int
) -> AttemptRow:
    work = state.get(AttemptRow, intent)
    if work is None or work.outcome != OPEN:
        raise out_of_order(f"attempt {intent} is not in work")
    of_entry = (entry.product_id, entry.unit_id, entry.batch, entry.station)
    if of_entry != (work.product_id, work.unit_id, work.batch, work.station):
        raise out_of_order(f"attempt {intent} is of another unit, batch or station")
    return work


def _check_proof(state: ManifestState, entry: OutcomeEntry) -> None:
    """Refuse a PASS without the tests, or the answer to the challenge, that its release wants."""
    row = state.get(BatchRow, entry.batch) if entry.batch else None
    if row is None:
        return
    if row.challenged and not has_answered(entry.result.evidence):
        raise inconsistent(f"unit {entry.unit_id} passed without an answer to the challenge")
    required_tests.check_tests(row, entry)


def _check_name(attempt: AttemptFacts | None, work: AttemptRow) -> None:
    """Refuse a PASS under a name that the attempt did not take."""
    taken = attempt is None or attempt.device_name == work.device_name
    if not work.device_name or not taken:
        raise out_of_order(f"attempt {work.number} passed with a name that it never took")
