"""Rules of imports: names, IDs, scraps and withdrawn releases of an imported log hold in ours too,
nothing else.
"""

from collections.abc import Iterator

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import DuplicateId, LogImported
from burner.manifest.fold.keys import own_log
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.policies import refuse_batches, withdrawal_binds
from burner.manifest.fold.rows import (
    NEVER,
    SCRAP,
    Change,
    Drop,
    IdRow,
    LogRow,
    NameRow,
    UnitRow,
    WithdrawnRow,
)
from burner.manifest.fold.units import UNIQUE

NAME = "name"


def take_in(state: ManifestState, number: int, entry: LogImported) -> tuple[Change, ...]:
    """A log is imported up to a head. The record lists what two units hold; ours keeps it.

    Where its records are not at hand (in an export of ours), only its head is taken.
    """
    if own_log(state).origin == entry.origin:
        raise BurnerError(Code.EXPORT_CONTRADICTS_MANIFEST, f"{entry.origin} is this log itself")
    size = known.size if (known := state.get(LogRow, entry.origin)) else 0
    if entry.first != size or entry.size < size:
        detail = f"{entry.origin}: {counted(size, 'record')} here"
        raise BurnerError(Code.EXPORT_CONTRADICTS_MANIFEST, detail)
    changes: list[Change] = [LogRow(entry.origin, entry.size, entry.root, own=False)]
    other = state.foreign(entry.origin, entry.size)
    if other is None:
        return tuple(changes)
    changes += _names(state, entry.origin, other)
    changes += _ids(state, number, entry.origin, other)
    changes += _scraps(state, entry.origin, other)
    for withdrawn in other.rows(WithdrawnRow):
        if withdrawal_binds(state, withdrawn, entry.origin):
            changes += refuse_batches(state, withdrawn.release_digest)
    if doubled_in(state, entry.origin, other) != entry.doubled:
        raise inconsistent(f"the import of {entry.origin} lists other duplicates")
    return tuple(changes)


def doubled_in(state: ManifestState, origin: str, other: ManifestState) -> tuple[DuplicateId, ...]:
    """Names and IDs that one unit has in the imported log, and another one in ours."""
    doubled = [*_doubled_names(state, other), *_doubled_ids(state, origin, other)]
    return tuple(sorted(doubled, key=lambda item: (item.source, item.value, item.unit_id)))


def _doubled_names(state: ManifestState, other: ManifestState) -> Iterator[DuplicateId]:
    for row in other.rows(NameRow):
        holder = state.get(NameRow, row.product_id, row.device_name)
        if holder and holder.unit_id != row.unit_id and not row.imported_from:
            yield _doubled(NAME, row.device_name, row, holder.unit_id)


def _doubled_ids(state: ManifestState, origin: str, other: ManifestState) -> Iterator[DuplicateId]:
    for row in other.rows(IdRow):
        if row.source not in UNIQUE or not row.held or row.imported_from:
            continue
        for held in state.rows(IdRow, source=row.source, value=row.value):
            if held.is_taken_for(row.product_id, row.unit_id) and held.imported_from != origin:
                yield _doubled(row.source, row.value, row, held.unit_id)


def _doubled(source: str, value: str, row: NameRow | IdRow, holder: str) -> DuplicateId:
    unit = {"product_id": row.product_id, "unit_id": row.unit_id}
    return DuplicateId(holder=holder, source=source, value=value, **unit)


def _names(state: ManifestState, origin: str, other: ManifestState) -> Iterator[Change]:
    imported = {row[:2]: row for row in other.rows(NameRow) if not row.imported_from}
    for row in state.rows(NameRow, imported_from=origin):
        if row[:2] not in imported:
            yield Drop(row)
    for key, row in sorted(imported.items()):
        if state.get(NameRow, *key) is None:
            yield NameRow(*key, row.unit_id, origin)


def _ids(state: ManifestState, number: int, origin: str, other: ManifestState) -> Iterator[Change]:
    imported = {row[:4]: row for row in other.rows(IdRow) if not row.imported_from}
    for row in state.rows(IdRow, imported_from=origin):
        if row[:4] not in imported:
            yield Drop(row)
    for key, row in sorted(imported.items()):
        here = state.get(IdRow, *key)
        if here is None or here.imported_from:
            yield IdRow(*key, number if row.held else NEVER, NEVER, origin)


def _scraps(state: ManifestState, origin: str, other: ManifestState) -> Iterator[Change]:
    """A unit that the imported log scrapped and ours does not know is scrapped here too."""
    imported = {row[:2] for row in other.rows(UnitRow, status=SCRAP)}
    for row in state.rows(UnitRow, record=NEVER):
        known = imported_units(state, *row[:2])
        statuses = (other_row.status for source, other_row in known if source != origin)
        if row[:2] not in imported and SCRAP not in statuses:
            yield Drop(row)
    for key in sorted(imported):
        if state.get(UnitRow, *key) is None:
            yield UnitRow(*key, status=SCRAP)


def imported_units(
    state: ManifestState, product_id: str, unit_id: str
) -> Iterator[tuple[str, UnitRow]]:
    """The rows of a unit in imported logs, each with the origin of its log."""
    for log in state.rows(LogRow, own=False):
        other = state.foreign(log.origin, log.size)
        if other and (row := other.get(UnitRow, product_id, unit_id)):
            yield log.origin, row
