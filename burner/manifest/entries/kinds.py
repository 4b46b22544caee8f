"""The kinds of records, one frozen type each. docs/manifest.md documents the same fields."""

from typing import Any, get_args

from burner.manifest.entries.attempt_facts import AttemptFacts, ResultFacts
from burner.manifest.entries.cloud_kinds import (
    CloudPreflight,
    NamesConfirmed,
    Reconciled,
    RegistrationProved,
)
from burner.manifest.entries.entry import (
    Data,
    Entry,
    Hex,
    KeyId,
    NonNegative,
    RecordNumber,
    Sha256,
    ShortText,
)
from burner.manifest.entries.release_kinds import (
    BatchLimits,
    FirstArticle,
    PolicyDigest,
    PolicySet,
    ReleaseWithdrawn,
)
from burner.manifest.entries.unit_label_kinds import UnitLabelEnded, UnitLabelStarted


class Head(Data, frozen=True, kw_only=True):
    """The last known head of another log."""

    origin: str
    root: Sha256
    size: NonNegative


class LogBegun(Entry, tag="log-begun", frozen=True, kw_only=True):
    """The first record of every log."""

    origin: str
    key: str
    """Verifier key of the origin: what QA writes down."""
    continues: tuple[Head, ...] = ()
    """Logs that this one replaces, each with its last known head."""
    operator: ShortText = ""
    reason: ShortText = ""


SIMULATED = "(simulated bench)"
"""The end of the reason of a log whose units do not exist. No operator may type it."""


def is_simulated(begun: Entry) -> bool:
    """Whether a log that begins with this record is that of a simulated bench."""
    return isinstance(begun, LogBegun) and begun.reason.endswith(SIMULATED)


class KeyEnrolled(Entry, tag="key-enrolled", frozen=True, kw_only=True):
    """Another key may sign heads of this log."""

    key: str
    owner: str
    """The station or person that has it."""
    role: str
    """`station` signs heads; `run` signs heads until `until`; `qa` enrols and withdraws keys."""
    until: str = ""
    enrolled_by: KeyId
    """Id of a key that was in the log before."""
    signature: Hex
    """By that key, over `enrolment_message`."""
    operator: ShortText = ""
    reason: ShortText = ""


class KeyWithdrawn(Entry, tag="key-withdrawn", frozen=True, kw_only=True):
    """A key may sign no later heads."""

    key_id: KeyId
    operator: ShortText
    reason: ShortText


class BatchOpened(Entry, tag="batch-opened", frozen=True, kw_only=True):
    """A batch takes units of one release and one product key."""

    profile: str
    """Name and version."""
    release_digest: str
    index: str = ""
    """What `release_digest` is of, as canonical JSON; empty where it is not known."""
    key: str
    """Fingerprint of the product key; empty where it is not known yet."""
    quantity: NonNegative | None = None
    """Planned units; None: no limit."""
    release_quantity: NonNegative | None = None
    """Units that the release may make over all batches; None: no limit."""
    per_digest: bool = False
    """Whether `release_quantity` counts by release digest, not by product and version."""
    limits: BatchLimits | None = None
    """What the release allows beside its quantity; None: no limits."""
    first_article: FirstArticle | None = None
    """Units that are made first, and who must approve them; None: none."""
    preflight_required: bool = False
    """Whether it was opened so that no unit is begun before a good preflight of the cloud
    platform; the release may require the same."""
    envelopes: tuple[str, ...] = ()
    """DSSE envelopes of the release, as text: who signed it, who approved it."""
    policy: PolicyDigest = ""
    """Of the policy of the station that opened it; empty: it has none."""
    operator: ShortText = ""


class BatchChanged(Entry, tag="batch-changed", frozen=True, kw_only=True):
    """A person raised the quantity of an open batch."""

    quantity: NonNegative | None
    operator: ShortText
    reason: ShortText


class BatchClosed(Entry, tag="batch-closed", frozen=True, kw_only=True):
    """The batch takes no more units."""

    records: NonNegative
    """Records of the batch before this one."""
    root: Sha256
    """Merkle root over the leaf hashes of these records, in the order of the log."""
    counts: dict[str, NonNegative | None]
    open: tuple[str, ...]
    """Units that were OPEN; they count as missing."""
    operator: ShortText


class BatchApproved(Entry, tag="batch-approved", frozen=True, kw_only=True):
    """The first article of a batch is approved: it takes further units."""

    envelope: str
    """DSSE envelope of the approval, as text: who approved which units."""


class Intent(Entry, tag="intent", frozen=True, kw_only=True):
    """A unit will be written; on disk before the first byte is erased."""

    attempt: AttemptFacts


class NameBound(Entry, tag="name-bound", frozen=True, kw_only=True):
    """What only the booted unit reported: its name, or an ID."""

    intent: RecordNumber
    device_name: str
    ids: dict[str, str]
    """All IDs, also those of the intent."""


class OutcomeEntry(Entry, tag="outcome", frozen=True, kw_only=True):
    """How an attempt ended."""

    attempt: AttemptFacts | None
    """None: as its intent and its name-bound say."""
    intent: RecordNumber | None
    """None: the attempt never began."""
    result: ResultFacts


class Correction(Entry, tag="correction", frozen=True, kw_only=True):
    """A correction of a unit by a person; one record for each batch that it was in."""

    what: str
    """`rework`: it is being repaired; `scrap`; `void`: its attempts do not count."""
    operator: ShortText
    reason: ShortText


class NamedUnit(Data, frozen=True, kw_only=True):
    """A unit with its name."""

    device_name: str
    unit_id: str


class SampleDrawn(Entry, tag="sample-drawn", frozen=True, kw_only=True):
    """Which units are to be checked, before anybody has seen them."""

    lot_size: NonNegative
    operator: ShortText
    plan: dict[str, Any]
    seed: str
    size: NonNegative
    """Records in the log when the units were counted."""
    units: tuple[NamedUnit, ...]


class ComparisonFacts(Data, frozen=True, kw_only=True):
    """One comparison of a unit with its record."""

    verdict: str
    what: str
    why: str


class UnitChecked(Entry, tag="unit-checked", frozen=True, kw_only=True):
    """A unit was compared with its record."""

    findings: tuple[ComparisonFacts, ...]
    good: bool
    of: RecordNumber
    """The intent of the PASS."""
    operator: ShortText


class DuplicateId(Data, frozen=True, kw_only=True):
    """A name or ID that a unit of ours and a unit of the imported log have."""

    holder: str
    """The unit of ours, which keeps it."""
    product_id: str
    source: str
    """`name`, `imei`, `serial`."""
    unit_id: str
    value: str


class LogImported(Entry, tag="log-imported", frozen=True, kw_only=True):
    """Another log was imported up to a head; it keeps its own order beside ours."""

    checkpoint: str
    """The note with the head, as it was in the file."""
    doubled: tuple[DuplicateId, ...]
    first: RecordNumber
    """Number of its first new record."""
    key: str
    """The origin key with which it was checked."""
    operator: ShortText
    origin: str
    root: Sha256
    size: NonNegative


AnyEntry = (
    LogBegun
    | KeyEnrolled
    | KeyWithdrawn
    | BatchOpened
    | BatchChanged
    | BatchClosed
    | BatchApproved
    | Intent
    | NameBound
    | OutcomeEntry
    | Correction
    | SampleDrawn
    | UnitChecked
    | LogImported
    | PolicySet
    | ReleaseWithdrawn
    | CloudPreflight
    | NamesConfirmed
    | RegistrationProved
    | Reconciled
    | UnitLabelStarted
    | UnitLabelEnded
)

KEY_KINDS = (LogBegun, KeyEnrolled, KeyWithdrawn)
"""Records about keys."""
LOG_WIDE_KINDS = (*KEY_KINDS, PolicySet, ReleaseWithdrawn)
"""Records that hold for all batches: every export has them."""
KEPT_KINDS = (
    *KEY_KINDS,
    ReleaseWithdrawn,
    BatchOpened,
    BatchChanged,
    BatchClosed,
    BatchApproved,
    LogImported,
)
"""Records behind which a checkpoint is kept for ever. None behind a policy: it is set in one write
with the batch that brings it."""


_KINDS = {kind: str(kind.__struct_config__.tag) for kind in get_args(AnyEntry)}


def kind_of(kind: type[Entry]) -> str:
    """The field `kind` of its records."""
    return _KINDS[kind]


def enrolment_message(origin: str, key: str, role: str, until: str) -> bytes:
    """What a key signs to enrol another one."""
    return f"burner key enrolment v1\n{origin}\n{key}\n{role}\n{until}\n".encode()
