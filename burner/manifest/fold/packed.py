"""The rows of units as bytes: what a manifest of millions of units is folded into, in memory."""

from collections.abc import Callable, Iterator
from types import GenericAlias
from typing import Any

import msgspec

from burner.manifest.fold.rows import KEY_FIELDS, IdRow, MemberRow, NameRow, UnitRow

UNIT_KINDS: tuple[type[Any], ...] = (UnitRow, MemberRow, NameRow, IdRow)
"""Types whose rows are of one unit each."""

FRESH = 256
"""Units whose rows are not packed, at most: more would not stay in the cache of a processor."""

Rows = dict[type[Any], dict[tuple[Any, ...], Any]]
"""By their type and key."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(
    tuple[list[UnitRow], list[MemberRow], list[NameRow], list[IdRow]]
).decode


class PackedUnits(dict[str, Rows]):
    """Unit → its rows, packed while nobody asks for them. Change them at once, before you ask for
    those of another unit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._packed: dict[str, bytes] = {}

    def __missing__(self, unit_id: str) -> Rows:
        if len(self) >= FRESH:
            self._settle()
        rows: Rows = {kind: {} for kind in UNIT_KINDS}
        if packed := self._packed.get(unit_id):
            for some in _decode(packed):
                for row in some:
                    rows[type(row)][row[: KEY_FIELDS[type(row)]]] = row
        self[unit_id] = rows
        return rows

    def all(self, kind: type[Any]) -> Iterator[Any]:
        """The rows of a type, of all units."""
        self._settle()
        for packed in self._packed.values():
            yield from _decode(packed)[UNIT_KINDS.index(kind)]

    def row_test(self, kind: type[Any]) -> Callable[[tuple[Any, ...]], bool]:
        """What says whether exactly a row of this type is there, until rows are changed."""
        self._settle()
        place, unit_id = UNIT_KINDS.index(kind), kind._fields.index("unit_id")
        parts = [GenericAlias(list, kind) if each is kind else msgspec.Raw for each in UNIT_KINDS]
        decode: Any = msgspec.msgpack.Decoder(GenericAlias(tuple, (*parts,))).decode

        def holds(row: tuple[Any, ...]) -> bool:
            packed = self._packed.get(row[unit_id])
            return packed is not None and row in decode(packed)[place]

        return holds

    def _settle(self) -> None:
        """Pack what is fresh: most rows change again soon."""
        for unit_id, rows in self.items():
            self._packed[unit_id] = _encode([[*some.values()] for some in rows.values()])
        self.clear()
