"""Another log beside ours: its names and IDs are unique together with ours, nothing else counts."""

from collections.abc import Iterator

from burner.errors import BurnerError
from burner.manifest.entries.kinds import Doubled, LogImported
from burner.manifest.fold.keys import own_log
from burner.manifest.fold.rows import Change, Drop, IdRow, LogRow, NameRow, Put
from burner.manifest.fold.state import State
from burner.manifest.fold.units import UNIQUE

NAME = "name"


def take_in(state: State, number: int, entry: LogImported) -> tuple[Change, ...]:
    """The other log is here up to this head; what two units hold is told, and stays with ours.

    Where its records are not at hand (an export of ours alone), only its head is taken.
    """
    own, known = own_log(state), state.get(LogRow, entry.origin)
    if own.origin == entry.origin:
        raise BurnerError("E725", f"{entry.origin} is this very log")
    if entry.first != (known.size if known else 0) or entry.size < entry.first:
        raise BurnerError("E725", f"{entry.origin}: here are {known.size if known else 0} records")
    changes: list[Change] = [Put(LogRow(entry.origin, entry.size, entry.root, own=False))]
    other = state.foreign(entry.origin, entry.size)
    if other is None:
        return tuple(changes)
    doubled: list[Doubled] = []
    changes += _names(state, entry.origin, other, doubled)
    changes += _ids(state, number, entry.origin, other, doubled)
    if tuple(doubled) != entry.doubled:
        raise BurnerError(
            "E714", f"the import of {entry.origin} tells other doubles than there are"
        )
    return tuple(changes)


def _names(state: State, origin: str, other: State, doubled: list[Doubled]) -> Iterator[Change]:
    theirs = {
        (row.product_id, row.device_name): row
        for row in other.rows(NameRow)
        if not row.imported_from
    }
    for row in state.rows(NameRow, imported_from=origin):
        if (row.product_id, row.device_name) not in theirs:
            yield Drop(row)
    for key, row in sorted(theirs.items()):
        holder = state.get(NameRow, *key)
        if holder is None:
            yield Put(NameRow(*key, row.unit_id, origin))
        elif holder.unit_id != row.unit_id:
            doubled.append(
                Doubled(
                    holder=holder.unit_id,
                    product_id=row.product_id,
                    source=NAME,
                    unit_id=row.unit_id,
                    value=row.device_name,
                )
            )


def _ids(
    state: State, number: int, origin: str, other: State, doubled: list[Doubled]
) -> Iterator[Change]:
    theirs = {row[:4]: row for row in other.rows(IdRow) if not row.imported_from}
    for row in state.rows(IdRow, imported_from=origin):
        if row[:4] not in theirs:
            yield Drop(row)
    for key, row in sorted(theirs.items()):
        ours = [held for held in state.rows(IdRow, source=row.source, value=row.value) if held.held]
        for held in ours if row.held else ():
            same_space = row.source == "imei" or held.product_id == row.product_id
            if row.source in UNIQUE and same_space and held.unit_id != row.unit_id:
                doubled.append(
                    Doubled(
                        holder=held.unit_id,
                        product_id=row.product_id,
                        source=row.source,
                        unit_id=row.unit_id,
                        value=row.value,
                    )
                )
        if not any(held.unit_id == row.unit_id and not held.imported_from for held in ours):
            yield Put(IdRow(*key, number if row.held else -1, -1, origin))
