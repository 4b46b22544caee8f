"""What the wall view shows, as one frozen value; `state.schema.json` describes its JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

WALL_SCHEMA = 1
"""Version of the JSON form: keys are added, never changed, within one."""


class Activity(StrEnum):
    """What a slot does."""

    AT_WORK = "at-work"
    """Its last attempt has no outcome yet."""
    ENDED = "ended"
    """Its last attempt ended a short time ago."""
    IDLE = "idle"
    """Nothing happened there for a while."""
    NO_OUTCOME = "no-outcome"
    """Its last attempt began long ago and has no outcome: something died."""


@dataclass(frozen=True)
class WallText:
    """A text in both languages."""

    en: str = ""
    zh: str = ""


@dataclass(frozen=True)
class WallSlot:
    """A slot, by its last attempt."""

    slot: str
    activity: Activity
    since: datetime
    """When its last attempt ended; without an outcome, when it began."""
    outcome: str
    """Of the last attempt that ended; empty: none is known."""
    code: str
    """Why it did not pass."""
    detail: WallText
    """Of this case, where it belongs to what the code says; else empty."""
    unit: str
    """Name of the unit of the last attempt, or its unit id; empty where none was identified."""
    batch: str
    attempts: int
    """Today, that have ended."""
    new: int
    """Units that had their very first attempt here today."""
    first_pass: int
    """Of these, how many passed at it."""


@dataclass(frozen=True)
class WallStation:
    """A station and its slots."""

    station: str
    last_record: datetime | None
    """By the station's clock."""
    slots: tuple[WallSlot, ...]


@dataclass(frozen=True)
class WallDay:
    """All stations, since midnight."""

    since: datetime
    good: int
    """Units that passed."""
    new: int
    """Units that had their very first attempt."""
    first_pass: int
    """Of these, how many passed at it."""
    attempts: Mapping[str, int]
    """That have ended, by outcome."""
    last_hour: int
    """Units that passed in the last 60 minutes."""


@dataclass(frozen=True)
class WallBatch:
    """An open batch."""

    batch: str
    profile: str
    planned: int | None
    """None: no limit."""
    good: int
    at_work: int
    new: int
    first_pass: int
    last_hour: int
    """Units that passed in the last 60 minutes."""
    per_hour: float | None
    """Pace: of the last 60 minutes, or since the first attempt in them; None: too short a time."""
    expected_end: datetime | None
    """When the planned quantity is reached at this pace; None: that is not known."""


@dataclass(frozen=True)
class WallPlace:
    """A slot of a station."""

    station: str
    slot: str


@dataclass(frozen=True)
class WallProblem:
    """A code that ended attempts today."""

    code: str
    today: int
    last_hour: int
    places: tuple[WallPlace, ...]
    """Where it happened today, the most frequent first."""
    last: datetime
    detail: WallText
    """Of the last case, as in a slot."""


class WarningKind(StrEnum):
    """What somebody should look at."""

    BEHIND = "behind"
    """A slot whose first-pass yield is below that of the others, by more than chance."""
    IN_A_ROW = "in-a-row"
    """A slot in which several boards in a row did not pass."""
    NO_OUTCOME = "no-outcome"
    CLOCK_AHEAD = "clock-ahead"
    """The clock of a station is ahead of this computer's."""


@dataclass(frozen=True)
class WallWarning:
    """What somebody should look at, and where."""

    kind: WarningKind
    station: str
    slot: str
    number: int
    """Boards in a row, or seconds ahead; else 0."""


class BacklogKind(StrEnum):
    """What waits."""

    MESSAGES_WAITING = "messages-waiting"
    """Messages for a MES, sent by themselves."""
    MESSAGES_REFUSED = "messages-refused"
    """The MES refused them: somebody must look."""
    LABELS_OWED = "labels-owed"
    LABELS_DOUBTFUL = "labels-doubtful"
    """Perhaps they were printed: somebody must look."""


@dataclass(frozen=True)
class WallBacklog:
    """What is still to be delivered."""

    kind: BacklogKind
    name: str
    """The destination of messages, the batch of labels."""
    number: int
    since: datetime | None
    """When the oldest one was made; None: that is not known."""


@dataclass(frozen=True)
class WallAway:
    """The manifest cannot be read."""

    code: str
    since: datetime


@dataclass(frozen=True)
class CodeWords:
    """What happened, and what to do now."""

    says: str
    do: str


@dataclass(frozen=True)
class WallState:
    """All of it, at one moment."""

    now: datetime
    """By this computer's clock; ages are counted from it."""
    log: str
    """Name of the log; empty while it has no record."""
    simulated: bool
    records: int
    last_record: datetime | None
    """The newest, by the clock of its station."""
    away: WallAway | None
    """The manifest cannot be read: everything else is as it was read last."""
    today: WallDay | None
    """None: the manifest was never read."""
    stations: tuple[WallStation, ...]
    batches: tuple[WallBatch, ...]
    """Open ones; the one that was used last first."""
    problems: tuple[WallProblem, ...]
    warnings: tuple[WallWarning, ...]
    backlogs: tuple[WallBacklog, ...]
    words: Mapping[str, Mapping[str, CodeWords]]
    """Of the codes above: code → language → words."""

    def plain(self) -> dict[str, Any]:
        """As JSON values: moments ISO 8601 in UTC."""
        return {"schema": WALL_SCHEMA, **_plain_value(self)}


def json_moment(moment: datetime) -> str:
    """`2025-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain_value(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return json_moment(value)
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, Mapping):
        return {key: _plain_value(item) for key, item in value.items()}
    return [_plain_value(item) for item in value] if isinstance(value, tuple) else value
