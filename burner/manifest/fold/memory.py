"""The state in memory: what `verify`, offline checks and imports fold into."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from burner.manifest.fold.rows import (
    KEY_FIELDS,
    OPEN,
    AttemptRow,
    BatchRow,
    Change,
    Drop,
    MemberRow,
    NamedRow,
)
from burner.manifest.fold.state import State
from burner.manifest.log.tree import EMPTY_ROOT, Frontier

R = TypeVar("R", bound=NamedRow)

Foreign = Callable[[str, int], State | None]
_Fields = tuple[str, ...]


class MemoryState:
    """Rows in dictionaries by their keys. See `State`."""

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
            whole: see `State`.
        """
        self.whole = whole
        self.foreign, self._ended = foreign, ended
        self._rows: dict[type[Any], dict[tuple[object, ...], Any]] = {k: {} for k in KEY_FIELDS}
        self._indexes: dict[tuple[type[Any], _Fields], dict[tuple[object, ...], set[Any]]] = {}
        """Made when they are first asked for, and kept from then on."""
        self._trees: dict[str, Frontier] = {}
        self._scopes: dict[str, dict[str, int]] = {}
        """Scope → unit → in how many of its batches the unit holds a place."""

    def get(self, kind: type[R], *key: object) -> R | None:
        return cast("R | None", self._rows[kind].get(key))

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        if not fields:
            return cast("Iterable[R]", self._rows[kind].values())
        names = tuple(fields)
        index = self._indexes.get((kind, names))
        if index is None:
            index = self._indexes[kind, names] = {}
            for row in self._rows[kind].values():
                index.setdefault(tuple(getattr(row, name) for name in names), set()).add(row)
        return sorted(index.get(tuple(fields.values()), ()))

    def like(self, row: R) -> R | None:
        """The row with the same key."""
        kind = type(row)
        return self.get(kind, *row[: KEY_FIELDS[kind]])

    def count(self, kind: type[NamedRow]) -> int:
        """How many rows there are."""
        return len(self._rows[kind])

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        here = self.get(MemberRow, batch, unit_id)
        held = self._scopes.get(scope, {}).get(unit_id, 0)
        return held > (here is not None and here.holds_place)

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        tree = self._trees.get(batch)
        return (tree.size, tree.root) if tree else (0, EMPTY_ROOT)

    def count_record(self, batch: str, leaf: bytes) -> None:
        """One more record of a batch, after its own rules were applied."""
        if batch:
            self._trees[batch], _ = self._trees.get(batch, Frontier()).append(leaf)

    def adopt(self, changes: Iterable[Change]) -> None:
        for change in changes:
            kind, row = type(change.row), change.row
            key = tuple(row[: KEY_FIELDS[kind]])
            before = self._rows[kind].pop(key, None)
            after = None if isinstance(change, Drop) else row
            if isinstance(row, AttemptRow) and row.outcome != OPEN and self._ended:
                self._ended(row)
                after = None
            if after is not None:
                self._rows[kind][key] = after
            if isinstance(row, MemberRow):
                self._count_place(before, row)
            for (indexed, names), index in self._indexes.items():
                if indexed is kind:
                    _reindex(index, names, before, after)

    def _count_place(self, before: MemberRow | None, after: MemberRow) -> None:
        step = after.holds_place - (before is not None and before.holds_place)
        batch = self.get(BatchRow, after.batch)
        if step and batch is not None:
            units = self._scopes.setdefault(batch.scope, {})
            units[after.unit_id] = units.get(after.unit_id, 0) + step
            if not units[after.unit_id]:
                del units[after.unit_id]


def _reindex(
    index: dict[tuple[object, ...], set[Any]], names: _Fields, before: Any, after: Any
) -> None:
    if before is not None:
        index[tuple(getattr(before, name) for name in names)].discard(before)
    if after is not None:
        index.setdefault(tuple(getattr(after, name) for name in names), set()).add(after)
