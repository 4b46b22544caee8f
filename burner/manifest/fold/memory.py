"""The state in memory: what `verify`, offline checks and imports fold into."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from burner.manifest.fold.packed import PackedRows
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
_Values = tuple[Any, ...]


class MemoryState:
    """Rows by their keys. See `State`."""

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
        self.foreign, self._ended, self.whole = foreign, ended, whole
        self._rows: dict[type[Any], PackedRows[Any]] = {k: PackedRows(k) for k in KEY_FIELDS}
        self._indexes: dict[type[Any], dict[tuple[str, ...], dict[_Values, set[_Values]]]] = {}
        """Keys by other fields: made when they are first asked for, and kept from then on."""
        self._trees: dict[str, Frontier] = {}
        self._scopes: dict[str, list[str]] = {}
        """Scope → its batches."""

    def get(self, kind: type[R], *key: object) -> R | None:
        row: R | None = self._rows[kind].get(key)
        return row

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        if not fields:
            return self._rows[kind]
        names = tuple(fields)
        indexes = self._indexes.setdefault(kind, {})
        index = indexes.get(names)
        if index is None:
            index = indexes[names] = {}
            for row in self._rows[kind]:
                _reindex(index, kind, names, None, row)
        keys = sorted(index.get(tuple(fields.values()), ()))
        return [row for key in keys if (row := self.get(kind, *key))]

    def holds(self, row: NamedRow) -> bool:
        """Whether exactly this row is there."""
        return self._rows[type(row)].holds(row)

    def count(self, kind: type[NamedRow]) -> int:
        """How many rows there are."""
        return len(self._rows[kind])

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        members = (
            self.get(MemberRow, other, unit_id)
            for other in self._scopes.get(scope, ())
            if other != batch
        )
        return any(member and member.holds_place for member in members)

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        tree = self._trees.get(batch)
        return (tree.size, tree.root) if tree else (0, EMPTY_ROOT)

    def count_record(self, batch: str, leaf: bytes) -> None:
        """One more record of a batch, after its own rules were applied."""
        if batch:
            self._trees[batch], _ = self._trees.get(batch, Frontier()).append(leaf)

    def adopt(self, changes: Iterable[Change]) -> None:
        for change in changes:
            row, kind = change.row, type(change.row)
            rows, key = self._rows[kind], row[: KEY_FIELDS[kind]]
            for names, index in self._indexes.get(kind, {}).items():
                after = None if isinstance(change, Drop) else row
                _reindex(index, kind, names, rows.get(key), after)
            if isinstance(change, Drop):
                rows.drop(key)
            elif isinstance(row, AttemptRow) and row.outcome != OPEN and self._ended:
                self._ended(row)
                rows.drop(key)
            else:
                if isinstance(row, BatchRow) and rows.get(key) is None:
                    self._scopes.setdefault(row.scope, []).append(row.batch)
                rows.put(row)


def _reindex(
    index: dict[_Values, set[_Values]],
    kind: type[Any],
    names: tuple[str, ...],
    before: Any,
    after: Any,
) -> None:
    width = KEY_FIELDS[kind]
    if before is not None:
        index[tuple(getattr(before, name) for name in names)].discard(before[:width])
    if after is not None:
        index.setdefault(tuple(getattr(after, name) for name in names), set()).add(after[:width])
