"""The rows of units as bytes, so that millions of units fit in memory."""

from collections.abc import Callable, Iterator
from types import GenericAlias
from typing import Any

import msgspec

from burner.manifest.fold.rows import KEY_FIELDS, IdRow, MemberRow, NameRow, UnitRow
from burner.manifest.fold.unit_label_row import UnitLabelRow

UNIT_KINDS: tuple[type[Any], ...] = (UnitRow, MemberRow, NameRow, IdRow, UnitLabelRow)
"""Types whose rows are of one unit each."""

FRESH = 256
"""At most so many units are not packed: more would not fit in the cache of a processor."""

Rows = dict[type[Any], dict[tuple[Any, ...], Any]]
"""By their type and key."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(
    tuple[list[UnitRow], list[MemberRow], list[NameRow], list[IdRow], list[UnitLabelRow]]
).decode


class PackedUnits(dict[str, Rows]):
    """Unit → its rows, packed while not in use. Change them before you read another unit."""

    def __init__(self) -> None:
        super().__init__()
        self._packed: dict[str, bytes] = {}

    def __missing__(self, unit_id: str) -> Rows:
        if len(self) >= FRESH:
            self._pack_all()
        rows: Rows = {kind: {} for kind in UNIT_KINDS}
        if packed := self._packed.get(unit_id):
            for packed_rows in _decode(packed):
                for row in packed_rows:
                    rows[type(row)][row[: KEY_FIELDS[type(row)]]] = row
        self[unit_id] = rows
        return rows

    def all(self, kind: type[Any]) -> Iterator[Any]:
        """The rows of a type, of all units."""
        self._pack_all()
        for packed in self._packed.values():
            yield from _decode(packed)[UNIT_KINDS.index(kind)]

    def row_test(self, kind: type[Any]) -> Callable[[tuple[Any, ...]], bool]:
        """Tells whether exactly this row exists; valid until rows change."""
        self._pack_all()
        place, unit_id = UNIT_KINDS.index(kind), kind._fields.index("unit_id")
        parts = [GenericAlias(list, kind) if k is kind else msgspec.Raw for k in UNIT_KINDS]
        decode: Any = msgspec.msgpack.Decoder(GenericAlias(tuple, (*parts,))).decode

        def holds(row: tuple[Any, ...]) -> bool:
            packed = self._packed.get(row[unit_id])
            return packed is not None and row in decode(packed)[place]

        return holds

    def _pack_all(self) -> None:
        """Pack all rows in use; later than at each change, since most rows change again soon."""
        for unit_id, rows in self.items():
            self._packed[unit_id] = _encode([[*of_kind.values()] for of_kind in rows.values()])
        self.clear()
