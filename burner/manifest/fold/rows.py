"""What follows from the records, as rows. Each type is a table of the database, too."""

from typing import Any, NamedTuple

NEVER = -1
"""No record."""

OPEN, PASS = "OPEN", "PASS"
SCRAP, VOID, REWORK = "scrap", "void", "rework"
BATCH_OPEN, BATCH_CLOSED = "open", "closed"


class LogRow(NamedTuple):
    """A log: ours, or one that was imported."""

    origin: str
    size: int
    """Records that are here; of ours, 0."""
    root: str
    """Of those, as hex; of ours, empty."""
    own: bool


class KeyRow(NamedTuple):
    """A key that may sign, or might."""

    id: str
    """Key id of signed notes, 8 hex digits."""
    key: str
    """Verifier key."""
    owner: str
    role: str
    until: str
    """Moment after which a run key signs no more; empty: for ever."""
    enrolled: int
    withdrawn: int
    """Number of the record; NEVER: it is in force."""


class NameRow(NamedTuple):
    """A name belongs to the unit that took it first."""

    product_id: str
    device_name: str
    unit_id: str
    imported_from: str
    """Origin of the log that brought it; empty: a unit of ours took it."""


class IdRow(NamedTuple):
    """An ID that a unit told."""

    value: str
    source: str
    product_id: str
    unit_id: str
    passed: int
    """Intent of the PASS by which the unit has it; NEVER: it has it by none."""
    opened: int
    """Intent of the attempt in work by which the unit has it."""
    imported_from: str
    """As in `NameRow`; `passed` is then the number of the import."""

    @property
    def held(self) -> bool:
        """Whether the unit has this ID now."""
        return self.passed != NEVER or self.opened != NEVER

    def is_taken_for(self, product_id: str, unit_id: str) -> bool:
        """Whether a unit may not have it too: IMEIs are unique in the world, else in a product."""
        same_space = self.source == "imei" or self.product_id == product_id
        return self.held and same_space and self.unit_id != unit_id


class UnitRow(NamedTuple):
    """A unit under a product, over all batches."""

    product_id: str
    unit_id: str
    word: str = ""
    """What the last attempt or correction made of it: an outcome, OPEN, scrap, void, rework."""
    record: int = NEVER
    """The record that said so; NEVER: a scrap that only an imported log says."""
    last: int = NEVER
    """Intent of the last attempt that began."""
    passed: int = NEVER
    """Intent of the last PASS that no correction withdrew. It describes the flash while it is the
    last attempt."""
    attempts: int = 0
    """That began since the last void."""
    voided: int = NEVER
    """Number of the last void; attempts before it do not count."""
    declared_rework: str = ""
    """Why a rework was declared since the last attempt."""
    begun_rework: str = ""
    """Why the last attempt was a rework, where it did not pass."""


class MemberRow(NamedTuple):
    """A unit that was tried in a batch."""

    batch: str
    unit_id: str
    word: str

    @property
    def holds_place(self) -> bool:
        """Whether it counts against the quantity."""
        return self.word in (OPEN, PASS)


class BatchRow(NamedTuple):
    """A batch."""

    batch: str
    product_id: str
    profile: str
    release_digest: str
    key: str
    """Fingerprint of the product key; empty until the first unit says it."""
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


class LimitRow(NamedTuple):
    """How many units a release may make over all batches."""

    scope: str
    """Product and version, or the release digest."""
    allowed: int | None
    taken: int


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
    """The how-manyth on its unit; of one that never began, of the attempt before it."""
    bound: int
    """Number of the record that bound its name or IDs after the boot."""
    ended: int
    """Number of its outcome; NEVER: it is OPEN."""
    superseded_by: int
    """Of an OPEN one: the next attempt on the unit; NEVER: it is the last."""


NamedRow = (
    LogRow | KeyRow | NameRow | IdRow | UnitRow | MemberRow | BatchRow | LimitRow | AttemptRow
)

KEY_FIELDS: dict[type[Any], int] = {
    LogRow: 1,
    KeyRow: 1,
    NameRow: 2,
    IdRow: 4,
    UnitRow: 2,
    MemberRow: 2,
    BatchRow: 1,
    LimitRow: 1,
    AttemptRow: 1,
}
"""How many of the first fields of a row are its key."""


class Drop(NamedTuple):
    """A row is there no more."""

    row: NamedRow


Change = NamedRow | Drop
"""A row is there from now on, in place of the one with its key; or it is dropped."""
