"""What records hold of the cloud platform: preflights, confirmed names, proofs, reconciliations."""

from typing import Annotated, Literal

from msgspec import Meta, structs

from burner.core.check_verdict import CheckVerdict
from burner.manifest.entries.entry import Data, Entry, NonNegative, Sha256, ShortText

MAX_NAMES = 1000
"""Names of one `NamesConfirmed`: they fit in one record."""
MAX_DIFFERENCES = 100
"""Differences of one `Reconciled` with their names; the table has all."""
MAX_CHECKS = 100

CloudName = Annotated[str, Meta(min_length=1, max_length=48)]
"""A device name as platforms take it."""
PreflightSource = Literal["api", "checklist"]
NamesSource = Literal["created", "existing", "export"]
ReconciliationSource = Literal["api", "export"]


class PreflightFact(Data, frozen=True, kw_only=True):
    """One point of a preflight."""

    check: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}\Z")]
    verdict: CheckVerdict
    code: Annotated[str, Meta(max_length=8)] = ""
    """Why it is not good; empty: it is, or no code says it."""
    found: ShortText = ""

    def with_found(self, found: str) -> "PreflightFact":
        """The same point, found otherwise."""
        return structs.replace(self, found=found)


class CloudPreflight(Entry, tag="cloud-preflight", frozen=True, kw_only=True):
    """A product on the platform was compared with the release of a batch."""

    platform: ShortText
    source: PreflightSource
    """`api`: the platform answered; `checklist`: a person looked."""
    endpoint: ShortText = ""
    """Host and port that answered, where they are not the platform's own."""
    checks: Annotated[tuple[PreflightFact, ...], Meta(min_length=1, max_length=MAX_CHECKS)]
    key: ShortText = ""
    """Fingerprint of the product key that was compared; empty: none was at hand."""
    quantity: NonNegative | None = None
    """Units that the batch may have by it, with those that were good before; None: not known."""
    operator: ShortText = ""
    note: ShortText = ""
    """What the person looked at."""

    @property
    def failures(self) -> tuple[str, ...]:
        """The checks that are bad or unknown; empty: it is good."""
        return tuple(fact.check for fact in self.checks if not fact.verdict.passes)


class NamesConfirmed(Entry, tag="names-confirmed", frozen=True, kw_only=True):
    """The platform says that it has these names."""

    platform: ShortText
    names: Annotated[tuple[CloudName, ...], Meta(min_length=1, max_length=MAX_NAMES)]
    """Sorted, each once."""
    how: NamesSource
    """`created` now, `existing` before, seen in an `export` of the console."""
    endpoint: ShortText = ""
    """Host and port that answered, where they are not the platform's own."""
    operator: ShortText = ""


class RegistrationProved(Entry, tag="registration-proved", frozen=True, kw_only=True):
    """The name of a real unit was registered for real. No credential is in it, nor its hash."""

    device_name: CloudName
    platform: ShortText
    host: ShortText
    endpoint: ShortText = ""
    """The host, where it is not the platform's own."""
    registered: bool
    code: Annotated[str, Meta(max_length=8)] = ""
    """Why the platform refused; empty: it did not."""
    credentials: Literal["key", "certificate", ""] = ""
    """What the platform gave; empty: nothing."""
    request_id: ShortText = ""
    """The platform's."""
    operator: ShortText


class ReconciledDifference(Data, frozen=True, kw_only=True):
    """One difference between manifest and platform."""

    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(max_length=64)] = ""
    """On the platform."""
    unit_id: Annotated[str, Meta(max_length=64)] = ""
    """Empty: no unit of the manifest has the name."""


class Reconciled(Entry, tag="reconciled", frozen=True, kw_only=True):
    """The manifest was compared with the platform: one batch, or all units of the product."""

    platform: ShortText
    source: ReconciliationSource
    export: Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{64})?\Z")] = ""
    """SHA-256 of the export of the console; empty: the platform was asked."""
    endpoint: ShortText = ""
    """Host and port that answered, where they are not the platform's own."""
    compared: dict[str, NonNegative]
    """What was counted → how many."""
    differences: dict[str, NonNegative]
    """Kind of difference → how many."""
    table: Sha256
    """Of the CSV with all of them."""
    first: Annotated[tuple[ReconciledDifference, ...], Meta(max_length=MAX_DIFFERENCES)]
    """The first ones."""
    operator: ShortText = ""
