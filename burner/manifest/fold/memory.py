"""The state in memory, for `verify`, offline checks and imports."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.packed import UNIT_KINDS, PackedUnits, Rows
from burner.manifest.fold.rows import (
    KEY_FIELDS,
    OPEN,
    AttemptRow,
    BatchRow,
    Change,
    Drop,
    IdRow,
    MemberRow,
    NamedRow,
    NameRow,
)
from burner.manifest.log.tree import Frontier

R = TypeVar("R", bound=NamedRow)

AT_ONCE = 64
"""Leaf hashes of a batch that are added to its tree together."""

Foreign = Callable[[str, int], ManifestState | None]


class MemoryState:
    """Rows by their keys; those of a unit together. See `ManifestState`."""

    def __init__(
        self,
        foreign: Foreign = lambda _origin, _size: None,
        ended: Callable[[AttemptRow], None] | None = None,
        *,
        whole: bool = True,
    ) -> None:
        """An empty state.

        Args:
            foreign: gives the state of an imported log, where its records are at hand.
            ended: gets each attempt that ended, which is then not kept: no rule needs it again.
                None: all are kept.
            whole: see `ManifestState`.
        """
        self.foreign, self._ended, self.whole = foreign, ended, whole
        self._rows: Rows = {kind: {} for kind in KEY_FIELDS if kind not in UNIT_KINDS}
        self._units = PackedUnits()
        self._counts: dict[type[Any], int] = dict.fromkeys(KEY_FIELDS, 0)
        self._unit_of_name: dict[str, dict[str, str]] = {}
        """ProductID → name → the unit that took it last."""
        self._units_of_id: dict[object, dict[object, tuple[str, ...]]] = {}
        """Source → value of an ID → the units that had it."""
        self._trees: dict[str, Frontier] = {}
        self._leaves: dict[str, list[bytes]] = {}
        """Batch → leaf hashes that are not in its tree yet."""

    def get(self, kind: type[R], *key: object) -> R | None:
        row: R | None = self._rows_near(kind, key).get(key)
        return row

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        if kind in self._rows:
            rows: Iterable[Any] = self._rows[kind].values()
        elif "unit_id" in fields:
            rows = self._units[str(fields["unit_id"])][kind].values()
        elif "value" in fields:
            units = self._units_of_id.get(fields["source"], {}).get(fields["value"], ())
            rows = [row for unit_id in units for row in self._units[unit_id][kind].values()]
        else:
            rows = self._units.all(kind)
        if not fields or not rows:
            return rows
        return sorted(r for r in rows if all(getattr(r, n) == v for n, v in fields.items()))

    def row_test(self, kind: type[NamedRow]) -> Callable[[tuple[Any, ...]], bool]:
        """Tells whether exactly this row exists; valid until the next change."""
        if kind in UNIT_KINDS:
            return self._units.row_test(kind)
        rows, width = self._rows[kind], KEY_FIELDS[kind]
        return lambda row: rows.get(row[:width]) == row

    def count(self, kind: type[NamedRow]) -> int:
        """How many rows there are."""
        return self._counts[kind]

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        members: Iterable[Any] = self._units[unit_id][MemberRow].values()
        held = (row.batch for row in members if row.batch != batch and row.counts)
        return any((row := self.get(BatchRow, id_)) and row.scope == scope for id_ in held)

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        tree = self._trees.get(batch, Frontier()).extend(self._leaves.pop(batch, ()))
        self._trees[batch] = tree
        return tree.size, tree.root

    def count_record(self, batch: str, leaf: bytes) -> None:
        """Count a record of a batch, after its rules were applied."""
        if batch:
            leaves = self._leaves.setdefault(batch, [])
            leaves.append(leaf)
            if len(leaves) == AT_ONCE:
                self.batch_tree(batch)

    def update(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if type(change) is Drop:
                self._drop(change.row)
                continue
            kind = type(change)
            key = change[: KEY_FIELDS[kind]]
            if type(change) is AttemptRow and change.outcome != OPEN and self._ended:
                self._ended(change)
                self._drop(change)
                continue
            if type(change) is NameRow:
                names = self._unit_of_name.setdefault(change.product_id, {})
                if names.get(change.device_name, change.unit_id) != change.unit_id:
                    self._drop(change)  # of another unit
                names[change.device_name] = change.unit_id
            elif type(change) is IdRow:
                units_of = self._units_of_id.setdefault(change.source, {})
                if change.unit_id not in (units := units_of.get(change.value, ())):
                    units_of[change.value] = (*units, change.unit_id)
            rows = self._rows_near(kind, key)
            if key not in rows:
                self._counts[kind] += 1
            rows[key] = change

    def _drop(self, row: NamedRow) -> None:
        kind = type(row)
        key = row[: KEY_FIELDS[kind]]
        if self._rows_near(kind, key).pop(key, None):
            self._counts[kind] -= 1

    def _rows_near(self, kind: type[Any], key: Sequence[Any]) -> dict[tuple[Any, ...], Any]:
        """The rows that hold this key, if it exists."""
        if kind in self._rows:
            return self._rows[kind]
        unit_id = self._unit_of_name.get(key[0], {}).get(key[1]) if kind is NameRow else key[-1]
        return {} if unit_id is None else self._units[unit_id][kind]
