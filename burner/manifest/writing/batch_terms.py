"""What a batch was opened for, and what differs when it is to go on for something else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from burner.manifest.entries.kinds import BatchOpened
from burner.release.diff import Difference, differences, shown_first


@dataclass(frozen=True)
class BatchTerms:
    """What all units of a batch have in common, and how many there are to be."""

    profile: str
    """Name and version."""
    product_id: str
    release_digest: str
    planned: int | None
    """Good units; None = no limit, or not said."""
    index: str = ""
    """What `release_digest` is of, as canonical JSON; empty = not known."""
    key: str = ""
    """Fingerprint of the product secret; empty = not known."""

    @classmethod
    def of_record(cls, opened: BatchOpened, planned: int | None) -> Self:
        """From the record that opened the batch, and the quantity that holds now."""
        return cls(
            profile=opened.profile,
            product_id=opened.product_id,
            release_digest=opened.release_digest,
            planned=planned,
            index=opened.index,
            key=opened.key,
        )


def what_differs(opened: BatchTerms, wanted: BatchTerms) -> str:
    """Empty when a batch goes on as it was opened; else every difference, in one line."""
    return ", ".join(shown_first(_differences(opened, wanted)))


def _differences(opened: BatchTerms, wanted: BatchTerms) -> Iterable[Difference]:
    pairs: tuple[tuple[str, str, str], ...] = (
        ("profile", opened.profile, wanted.profile),
        ("ProductID", opened.product_id, wanted.product_id),
        ("release", f"{opened.release_digest[:16]}…", f"{wanted.release_digest[:16]}…"),
    )
    yield from (Difference(*pair) for pair in pairs if pair[1] != pair[2])
    if opened.key and wanted.key and opened.key != wanted.key:
        yield Difference("product key", f"fingerprint {opened.key}", wanted.key)
    if wanted.planned is not None and opened.planned != wanted.planned:
        planned = "no limit" if opened.planned is None else str(opened.planned)
        yield Difference("quantity", planned, str(wanted.planned))
    if opened.index and wanted.index and opened.release_digest != wanted.release_digest:
        known = ("product.id", "product.name", "product.version")
        found = differences(json.loads(opened.index), json.loads(wanted.index))
        yield from (each for each in found if each.what not in known)
