"""What records hold of a release: its limits, its first article, the policy that accepted it."""

from typing import Annotated

from msgspec import Meta

from burner.manifest.entries.entry import Data, NonNegative

PolicyDigest = Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{64})?\Z")]
"""SHA-256 of a station policy; empty: no policy."""


class BatchLimits(Data, frozen=True, kw_only=True):
    """Limits of a release. Empty: any."""

    valid_from: str = ""
    """Moment before which no unit may be begun."""
    valid_until: str = ""
    """Moment after which no unit may be begun."""
    stations: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    """Patterns of batch ids, as `fnmatchcase` reads them."""


class FirstArticle(Data, frozen=True, kw_only=True):
    """Units that are made first; no more before they are approved."""

    units: NonNegative
    approvers: tuple[str, ...]
    """Public keys that may approve, each as base64 of its DER SubjectPublicKeyInfo."""
