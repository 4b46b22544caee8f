"""The state that the rules read: tables of the database, or memory."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from burner.manifest.fold.rows import Change, NamedRow

R = TypeVar("R", bound=NamedRow)


class ManifestState(Protocol):
    """What follows from all records before."""

    @property
    def whole(self) -> bool:
        """Whether all records are at hand. In an export of one batch they are not: rules about a
        unit in other batches are not applied.
        """
        ...

    def get(self, kind: type[R], *key: object) -> R | None:
        """The row with this key: the first fields of its type, see `KEY_FIELDS`."""
        ...

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        """Rows with these values, sorted; no fields: all of the type, in any order."""
        ...

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        """Whether a unit counts for the scope in another batch."""
        ...

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        """How many records a batch has, and the Merkle root over their leaf hashes."""
        ...

    def foreign(self, origin: str, size: int) -> "ManifestState | None":
        """The state of an imported log at a size; None: its records are not at hand."""
        ...

    def update(self, changes: Iterable[Change]) -> None:
        """Apply changes."""
        ...
