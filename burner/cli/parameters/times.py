"""Types of options that are times and time zones."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class Zone(click.ParamType["ZoneInfo"]):
    """A time zone, such as `Asia/Shanghai`."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "ZoneInfo":
        """Look a zone up."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            known = f"{value} is no time zone that this computer knows, such as Asia/Shanghai"
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
