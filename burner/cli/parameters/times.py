"""Types of options that are times and time zones."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

import click

OFFSET: Final = re.compile(r"(?:UTC)?(?P<sign>[+-])(?P<hours>0\d|1[0-4]):?(?P<minutes>00|15|30|45)")


class Zone(click.ParamType[tzinfo]):
    """A time zone, such as `Asia/Shanghai` or `+08:00`."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tzinfo:
        """Look a zone up; an offset from UTC is one too."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        if offset := OFFSET.fullmatch(value):
            east = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"]))
            return timezone(-east if offset["sign"] == "-" else east)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            known = (
                f"{value} is no time zone that this computer knows, such as Asia/Shanghai or +08:00"
            )
            self.fail(known, param, ctx)


class Moment(click.ParamType[datetime]):
    """A time: `2025-01-31`, `2025-01-31T08:00`, with a zone or in this computer's."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read a time; one without a zone is this computer's."""
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value} is not an ISO 8601 date or time", param, ctx)
