"""What records hold of a release: its limits, its first article, the policy that accepted it."""

from typing import Annotated, Any

from msgspec import Meta, json, structs

from burner.manifest.entries.entry import Data, Entry, OptionalUtcTime, Sha256, ShortText

BatchGlob = Annotated[str, Meta(min_length=1, max_length=64)]
PolicyDigest = Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{64})?\Z")]
"""SHA-256 of a station policy; empty: no policy."""


MAX_FIRST_ARTICLE = 100
"""Units of a first article: their approval names each, in one envelope."""


class BatchLimits(Data, frozen=True, kw_only=True):
    """Limits of a release. Empty: any."""

    valid_from: OptionalUtcTime = ""
    """Moment before which no unit may be begun."""
    valid_until: OptionalUtcTime = ""
    """Moment after which no unit may be begun."""
    stations: tuple[str, ...] = ()
    batches: tuple[BatchGlob, ...] = ()
    """Patterns of batch ids, as Python's `fnmatchcase` reads them."""

    @property
    def has_validity(self) -> bool:
        """Whether units may be begun at some times only."""
        return bool(self.valid_from or self.valid_until)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return structs.asdict(self)

    @classmethod
    def from_json(cls, text: str) -> "BatchLimits":
        """From JSON of our own; empty: no limits."""
        return json.decode(text, type=cls) if text else cls()


class FirstArticle(Data, frozen=True, kw_only=True):
    """Units that are made first; no more before they are approved."""

    units: Annotated[int, Meta(ge=1, le=MAX_FIRST_ARTICLE)]
    approvers: Annotated[dict[str, str], Meta(min_length=1)]
    """Who may approve: name → public key, as base64 of its DER SubjectPublicKeyInfo."""


class PolicySet(Entry, tag="policy-set", frozen=True, kw_only=True):
    """From now on batches are opened, and units made, under this station policy."""

    policy: Sha256
    """Digest of the document."""
    document: str
    """The policy, as canonical JSON."""
    envelope: str = ""
    """DSSE envelope by a signer of the policy before; empty: there was none."""
    operator: ShortText = ""
    reason: ShortText = ""


class ReleaseWithdrawn(Entry, tag="release-withdrawn", frozen=True, kw_only=True):
    """No more units are made of a release."""

    release_digest: Sha256
    release: ShortText = ""
    """Its name and version, for people; empty: not known."""
    envelope: str = ""
    """DSSE envelope by a signer or approver of the policy; empty: there is none."""
    operator: ShortText
    reason: ShortText
