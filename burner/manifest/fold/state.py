"""What the rules ask. Two implementations: tables of the database, and memory."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from burner.manifest.fold.rows import Change, NamedRow

R = TypeVar("R", bound=NamedRow)


class ManifestState(Protocol):
    """What follows from the records so far."""

    @property
    def whole(self) -> bool:
        """Whether all records are at hand: in an export of one batch they are not, and nothing
        can be said of a unit's life in other batches.
        """
        ...

    def get(self, kind: type[R], *key: object) -> R | None:
        """The row with this key: the first fields of its type, see `KEY_FIELDS`."""
        ...

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        """Rows with these values, sorted; no fields: all of the type, in any order."""
        ...

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        """Whether a unit holds a place of the scope in another batch."""
        ...

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        """How many records a batch has, and the Merkle root over their leaf hashes."""
        ...

    def foreign(self, origin: str, size: int) -> "ManifestState | None":
        """What follows from the first records of another log; None where they are not here."""
        ...

    def update(self, changes: Iterable[Change]) -> None:
        """Make the changes."""
        ...
