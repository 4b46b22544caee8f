"""Hours, days and shifts of a factory, in its own time zone.

Everything is counted in quarters of an hour, and shifts begin on one: every time zone in use is a
multiple of a quarter from UTC, so a quarter lies in one local hour and in one shift.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

QUARTER_S = 900
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, order=True)
class Shift:
    """One shift of one day."""

    start: datetime
    """With the offset of its zone."""
    name: str
    """`06:00–14:00`."""


@dataclass(frozen=True)
class Calendar:
    """The factory's time zone and shifts."""

    boundaries: tuple[int, ...] = (360, 840, 1320)
    """Minutes after local midnight at which shifts change, ascending."""
    zone: tzinfo | None = None
    """None = this computer's."""

    def local(self, epoch_s: float) -> datetime:
        """A moment on the factory's clock."""
        return datetime.fromtimestamp(epoch_s, UTC).astimezone(self.zone)

    def zone_name(self, at: datetime | None) -> str:
        """`Asia/Shanghai (UTC+08:00)`; of this computer's zone only the offset, which is sure."""
        moment = (at or datetime.now(UTC)).astimezone(self.zone)
        offset = f"UTC{moment:%z}"
        offset = f"{offset[:-2]}:{offset[-2:]}"
        is_offset = self.zone is None or str(self.zone) in ("UTC", offset)
        return offset if is_offset else f"{self.zone} ({offset})"

    def hour(self, quarter: int) -> datetime:
        """The local hour that a quarter (seconds since 1970 // 900) lies in."""
        minute = self.local(quarter * QUARTER_S).minute
        return self.local(quarter * QUARTER_S - minute * 60)

    def shift(self, quarter: int) -> Shift:
        """The shift that a quarter lies in; before the day's first boundary: last night's."""
        at = self.local(quarter * QUARTER_S)
        minute = at.hour * 60 + at.minute
        begun = [b for b in self.boundaries if b <= minute]
        day = at.date() if begun else at.date() - timedelta(days=1)
        begin = begun[-1] if begun else self.boundaries[-1]
        wall = datetime(day.year, day.month, day.day, begin // 60, begin % 60)
        start = wall.replace(tzinfo=self.zone) if self.zone else wall.astimezone()
        return Shift(start, self._name(begin))

    def _name(self, begin: int) -> str:
        position = self.boundaries.index(begin)
        end = self.boundaries[(position + 1) % len(self.boundaries)]
        return f"{_clock(begin)}–{_clock(end)}"


def parse_boundaries(text: str) -> tuple[int, ...]:
    """Read `06:00,14:00,22:00`.

    Raises:
        ValueError: with words for a person.
    """
    minutes = tuple(_minute(part.strip()) for part in text.split(","))
    if any(a >= b for a, b in pairwise(minutes)):
        raise ValueError("shifts are in the order of the day, each once: 06:00,14:00,22:00")
    return minutes


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        raise ValueError(f"{text or 'nothing'} is not a time of day such as 06:00")
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute >= DAY_MINUTES:
        raise ValueError(f"{text} is not a time of day such as 06:00")
    if minute % 15:
        raise ValueError(f"{text}: shifts begin on a quarter of an hour")
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
