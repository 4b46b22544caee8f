"""Where and when units of a release may be made, according to the profile."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from burner.core.yaml_schema import StrictModel

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = re.compile(
    rf"{_DAY}(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}}))?"
)
MOMENT_FORMS = "a day in UTC such as 2026-12-31, or a time with its zone such as 2026-12-31T18:00Z"


def _moment(text: str) -> str:
    """A day as it stands; a time in UTC: `2026-12-31T18:00:00Z`."""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        if len(text) == len("2026-12-31"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(MOMENT_FORMS) from None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _pattern(text: str) -> str:
    if not re.fullmatch(r"[\w .+*?\[\]!-]+", text):
        raise ValueError("characters of batch ids, and `*`, `?` and `[…]` as a shell takes them")
    return text


def _station(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", text):
        raise ValueError("a station's name: 1 to 32 of the characters A-Z a-z 0-9 _ . -")
    return text


def _at_least_one(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    # Not min_length: that complains of too few where one is wrong.
    if texts == ():
        raise ValueError("at least one; leave the key out for any")
    return texts


DayOrTime = Annotated[str, AfterValidator(_moment)]
StationName = Annotated[str, Field(min_length=1, max_length=32), AfterValidator(_station)]
BatchPattern = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_pattern)]


class LimitSettings(StrictModel):
    """Where and when units may be made. Left out: anywhere, at any time, for any batch."""

    valid_from: DayOrTime | None = None
    """The first day on which units may be made (`2026-10-01`, in UTC), or a time with its zone
    (`2026-10-01T08:00+08:00`). Batches may be opened before."""
    valid_until: DayOrTime | None = None
    """The last day on which units may be made, the whole day in UTC (`2026-12-31`), or the last
    moment (`2026-12-31T18:00Z`)."""
    stations: Annotated[tuple[StationName, ...] | None, AfterValidator(_at_least_one)] = Field(
        default=None, max_length=256
    )
    """Names of the stations that may make units: `[line1, line2]`. Left out: any."""
    batches: Annotated[tuple[BatchPattern, ...] | None, AfterValidator(_at_least_one)] = Field(
        default=None, max_length=64
    )
    """Patterns of the batch ids for which units may be made: `[WO-24*]`. `*` is any text, `?` any
    one character, `[0-9]` one of these. Left out: any."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and self.first_moment > self.last_moment:
            raise ValueError("valid_from before valid_until")
        return self

    @property
    def first_moment(self) -> str:
        """The first moment as records hold it; empty: there is none."""
        return _recorded(self.valid_from, time.min)

    @property
    def last_moment(self) -> str:
        """The last moment as records hold it; empty: there is none. A day ends with it."""
        return _recorded(self.valid_until, time.max)


def _recorded(text: str | None, of_day: time) -> str:
    """`2026-12-31T23:59:59.999999Z`."""
    if not text:
        return ""
    moment = datetime.fromisoformat(text)
    if "T" not in text:
        moment = datetime.combine(moment.date(), of_day)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
