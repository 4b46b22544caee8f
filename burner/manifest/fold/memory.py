"""The state in memory: what `verify`, offline checks and imports fold into."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

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
from burner.manifest.fold.state import ManifestState
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
        """Nothing follows yet.

        Args:
            foreign: folds another log, where its records are at hand.
            ended: told of each attempt that ended: no rule asks for it again, it is not kept.
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
        """Source → value of an ID → the units that told it."""
        self._trees: dict[str, Frontier] = {}
        self._leaves: dict[str, list[bytes]] = {}
        """Batch → leaf hashes that are not in its tree yet."""

    def get(self, kind: type[R], *key: object) -> R | None:
        row: R | None = self._near(kind, key).get(key)
        return row

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        if kind in self._rows:
            found: Iterable[Any] = self._rows[kind].values()
        elif "unit_id" in fields:
            found = self._units[str(fields["unit_id"])][kind].values()
        elif "value" in fields:
            units = self._units_of_id.get(fields["source"], {}).get(fields["value"], ())
            found = [row for unit_id in units for row in self._units[unit_id][kind].values()]
        else:
            found = self._units.all(kind)
        if not fields or not found:
            return found
        wanted = fields.items()
        return sorted(row for row in found if all(getattr(row, n) == v for n, v in wanted))

    def row_test(self, kind: type[NamedRow]) -> Callable[[tuple[Any, ...]], bool]:
        """What says whether exactly a row of this type is there, until the next change."""
        if kind in UNIT_KINDS:
            return self._units.row_test(kind)
        rows, width = self._rows[kind], KEY_FIELDS[kind]
        return lambda row: rows.get(row[:width]) == row

    def count(self, kind: type[NamedRow]) -> int:
        """How many rows there are."""
        return self._counts[kind]

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        members: Iterable[Any] = self._units[unit_id][MemberRow].values()
        others = [row.batch for row in members if row.batch != batch and row.holds_place]
        return any((row := self.get(BatchRow, each)) and row.scope == scope for each in others)

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        tree = self._trees.get(batch, Frontier()).extend(self._leaves.pop(batch, ()))
        self._trees[batch] = tree
        return tree.size, tree.root

    def count_record(self, batch: str, leaf: bytes) -> None:
        """One more record of a batch, after its own rules were applied."""
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
                    self._drop(change)  # another unit had it
                names[change.device_name] = change.unit_id
            elif type(change) is IdRow:
                told = self._units_of_id.setdefault(change.source, {})
                if change.unit_id not in (units := told.get(change.value, ())):
                    told[change.value] = (*units, change.unit_id)
            rows = self._near(kind, key)
            if key not in rows:
                self._counts[kind] += 1
            rows[key] = change

    def _drop(self, row: NamedRow) -> None:
        kind = type(row)
        key = row[: KEY_FIELDS[kind]]
        if self._near(kind, key).pop(key, None):
            self._counts[kind] -= 1

    def _near(self, kind: type[Any], key: Sequence[Any]) -> dict[tuple[Any, ...], Any]:
        """The rows among which the one with this key is, if it is there."""
        if kind in self._rows:
            return self._rows[kind]
        unit_id = self._unit_of_name.get(key[0], {}).get(key[1]) if kind is NameRow else key[-1]
        return {} if unit_id is None else self._units[unit_id][kind]
