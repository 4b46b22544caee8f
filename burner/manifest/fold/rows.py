"""What follows from the records, as rows. Each type is also a table of the database."""

from typing import Any, NamedTuple

from burner.core.attempt import Outcome
from burner.manifest.fold.unit_label_row import UnitLabelRow

NEVER = -1
"""No record."""

OPEN, PASS = Outcome.OPEN.value, Outcome.PASS.value
SCRAP, VOID, REWORK = "scrap", "void", "rework"
BATCH_OPEN, BATCH_CLOSED = "open", "closed"


class LogRow(NamedTuple):
    """A log: ours, or one that was imported."""

    origin: str
    size: int
    """Its records here; of ours, 0."""
    root: str
    """The root over them, as hex; of ours, empty."""
    own: bool
    continues: str = ""
    """Of ours: origins of the lost logs that it replaces, with a blank between."""


class KeyRow(NamedTuple):
    """A key of the log."""

    id: str
    """Key id of signed notes, 8 hex digits."""
    key: str
    """Verifier key."""
    owner: str
    role: str
    until: str
    """Moment until which a run key may sign; empty: no end."""
    enrolled: int
    withdrawn: int
    """Number of the record; NEVER: it is in force."""


class NameRow(NamedTuple):
    """A name and the unit that took it."""

    product_id: str
    device_name: str
    unit_id: str
    imported_from: str
    """Origin of the log that brought it; empty: a unit of ours took it."""


class ConfirmedNameRow(NamedTuple):
    """A name that the cloud platform is known to have."""

    product_id: str
    device_name: str
    platform: str
    """As `product.cloud`: two platforms may have products of one ID."""
    number: int
    """Of the last record that says so."""
    endpoint: str = ""
    """That answered there, where it is not the platform's own."""


class IdRow(NamedTuple):
    """An ID of a unit."""

    value: str
    source: str
    product_id: str
    unit_id: str
    passed: int
    """Intent of the PASS by which the unit has it, or NEVER."""
    opened: int
    """Intent of the attempt in work by which the unit has it, or NEVER."""
    imported_from: str
    """As in `NameRow`; `passed` is then the number of the import."""

    @property
    def held(self) -> bool:
        """Whether the unit has this ID now."""
        return self.passed != NEVER or self.opened != NEVER

    def is_taken_for(self, product_id: str, unit_id: str) -> bool:
        """Whether another unit may not have it: an IMEI is unique in the world."""
        same_space = self.source == "imei" or self.product_id == product_id
        return self.held and same_space and self.unit_id != unit_id


class UnitRow(NamedTuple):
    """A unit under a product, over all batches."""

    product_id: str
    unit_id: str
    status: str = ""
    """Its status by the last attempt or correction: an outcome, OPEN, scrap, void, rework."""
    record: int = NEVER
    """The record that set it; NEVER: scrapped in an imported log."""
    last: int = NEVER
    """Intent of the last attempt that began."""
    passed: int = NEVER
    """Intent of the last PASS that no correction ended. It describes the flash only while it is
    the last attempt."""
    attempts: int = 0
    """Attempts that began since the last void."""
    voided: int = NEVER
    """Number of the last void; attempts before it do not count."""
    declared_rework: str = ""
    """Reason of a rework declared since the last attempt."""
    begun_rework: str = ""
    """Reason of the last attempt, where it was a rework and did not pass."""


class MemberRow(NamedTuple):
    """A unit that was tried in a batch."""

    batch: str
    unit_id: str
    status: str
    passed: bool = False
    """Whether it passed, and nobody scrapped or voided it since, whatever a later attempt says."""

    @property
    def holds_place(self) -> bool:
        """Whether it takes a place of the quantity of the batch."""
        return self.status in (OPEN, PASS)

    @property
    def counts(self) -> bool:
        """Whether it counts for the release, and for the first article."""
        return self.passed or self.status == OPEN


class BatchRow(NamedTuple):
    """A batch."""

    batch: str
    product_id: str
    profile: str
    release_digest: str
    key: str
    """Fingerprint of the product key; empty until the first unit, where it was not known before."""
    scope: str
    """Of the limit of the release."""
    planned: int | None
    taken: int
    """Units that hold a place."""
    working: int
    """Of these, units in work."""
    state: str
    opened: int
    closed: int
    limits: str = ""
    """Of the release, as JSON of `BatchLimits`; empty: none."""
    first_article: int = 0
    """Units that are made first, and must then be approved; 0: none."""
    approvers: str = ""
    """Who may approve them, as JSON: name → public key; empty: no first article."""
    approved: int = NEVER
    """Number of their approval."""
    sealed: bool = False
    """Whether its release brings the product secret."""
    signer_keys: str = ""
    """Ids of the keys that signed its release, with a blank between."""
    approver_keys: str = ""
    """The same of those that approved it."""
    refused: bool = False
    """Whether its release was withdrawn, or is accepted no more."""
    failed_later: int = 0
    """Units that passed and are good no more, and that nobody scrapped or voided."""
    challenged: bool = False
    """Whether a unit passes only after it answered the station's challenge."""
    tests: str = ""
    """The tests that a unit must pass, as JSON of `required_tests.tests_in`; empty: none."""
    platform: str = ""
    """The cloud platform of its product, as `product.cloud`; empty: it is of no release."""
    name_creation: str = ""
    """When the cloud platform gets its names, as `NameCreation`; empty: not known."""
    preflight_required: bool = False
    """Whether no unit is begun before a good preflight of the cloud platform."""
    preflight: int = NEVER
    """Number of its last preflight."""
    preflight_failures: str = ""
    """The checks of that one that are not good, with a blank between; empty: all are."""
    preflight_units: int = 0
    """Units that the batch may have by that one."""
    preflight_key: str = ""
    """Fingerprint of the product key that it compared; empty: it is not good."""

    unit_label: str = ""
    """Digest of the label that its release prints for each unit; empty: none."""

    @property
    def required_key(self) -> str:
        """The key that its units must have: its own, else that of a good preflight."""
        return self.key or self.preflight_key

    @property
    def exceeds_preflight(self) -> bool:
        """Whether more units are planned than its required, good preflight is for."""
        if not self.preflight_required or self.preflight == NEVER or self.preflight_failures:
            return False
        return self.planned is None or self.planned > self.preflight_units

    @property
    def awaits_approval(self) -> bool:
        """Whether the first article is not approved yet."""
        return self.first_article > 0 and self.approved == NEVER

    @property
    def passed(self) -> int:
        """Good units."""
        return self.taken - self.working


class StationRow(NamedTuple):
    """A station that has written to the log."""

    station: str
    newest: str
    """The newest moment of its records, by its clock."""


class LimitRow(NamedTuple):
    """How many units a release may make over all batches."""

    scope: str
    """Product and version, or the release digest."""
    allowed: int | None
    taken: int


class PolicyRow(NamedTuple):
    """The policy in force."""

    one: int
    """Always the same: there is one."""
    digest: str
    document: str
    """As canonical JSON."""
    number: int
    """Of the record that set it."""


class WithdrawnRow(NamedTuple):
    """A release of which no more units are made."""

    release_digest: str
    number: int
    """Of the record that withdrew it."""
    operator: str
    reason: str
    key: str = ""
    """Id of the key that signed this; empty: the log had no policy."""


class AttemptRow(NamedTuple):
    """One try on one unit, as lists and reports show it."""

    number: int
    """Of its first record."""
    began: bool
    """Whether the unit may have been written: an intent is on record."""
    product_id: str
    unit_id: str
    """Empty when no unit was identified."""
    batch: str
    device_name: str
    station: str
    slot: str
    profile: str
    started: str
    outcome: str
    """OPEN while it has none."""
    code: str
    ms: int
    timings_ms: str
    """Milliseconds by step, as JSON."""
    try_number: int
    rework: str
    nth: int
    """Which attempt on its unit, from 1; without an intent, that of the attempt before."""
    bound: int
    """Number of the record that bound its name or IDs after the boot, or NEVER."""
    ended: int
    """Number of its outcome; NEVER: it is OPEN."""
    superseded_by: int
    """Of an OPEN one: the next attempt on the unit; NEVER: it is the last."""
    baud: int = 0
    """Bits per second of the line; 0: not known."""
    tested: bool = False
    """Whether its outcome has results of tests."""


NamedRow = (
    LogRow
    | KeyRow
    | StationRow
    | NameRow
    | ConfirmedNameRow
    | IdRow
    | UnitRow
    | MemberRow
    | BatchRow
    | LimitRow
    | PolicyRow
    | WithdrawnRow
    | AttemptRow
    | UnitLabelRow
)

KEY_FIELDS: dict[type[Any], int] = {
    LogRow: 1,
    KeyRow: 1,
    StationRow: 1,
    NameRow: 2,
    ConfirmedNameRow: 3,
    IdRow: 4,
    UnitRow: 2,
    MemberRow: 2,
    BatchRow: 1,
    LimitRow: 1,
    PolicyRow: 1,
    WithdrawnRow: 1,
    AttemptRow: 1,
    UnitLabelRow: 2,
}
"""How many of the first fields of a row are its key."""


class Drop(NamedTuple):
    """A row is removed."""

    row: NamedRow


Change = NamedRow | Drop
"""A row is added, or replaces the one with its key; or it is removed."""
