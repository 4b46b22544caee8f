"""What was read of a console's export, and what could not be checked with it."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.device_export import MOST_SHOWN, DeviceExport
from burner.cloud.export_columns import unchecked_points
from burner.core.words.phrases import Wording


def export_values(export: DeviceExport, zone: tzinfo | None) -> Mapping[str, Any]:
    """For a script."""
    return {
        "columns": {column.value: header for column, header in export.columns.items()},
        "unread": list(export.unread),
        "may_be_cut": export.may_be_cut,
        "unchecked": [point.value for point in unchecked_points(export.columns)],
        "zone": _zone_name(zone) if export.has_zoneless_times else None,
        "zone_from": "option" if zone else "computer",
    }


def show_export(export: DeviceExport, zone: tzinfo | None) -> None:
    """Print it; warn where times were taken for those of this computer's zone."""
    say = Wording(language())
    columns = [f"{column.value}={header}" for column, header in export.columns.items()]
    screen.say_beside("", say("export read", say(", ").join(columns)))
    if export.unread:
        screen.say_beside("", say("export unread", _first(export.unread, say)))
    if points := unchecked_points(export.columns):
        words = [say(f"unchecked {point}") for point in points]
        screen.say_beside("", say("export unchecked", say("; ").join(words)))
    if export.may_be_cut:
        screen.warn(say("export may be cut"))
    if export.has_zoneless_times and zone:
        screen.say(say("export zone", _zone_name(zone)))
    elif export.has_zoneless_times:
        screen.warn(say("export zone guessed", _zone_name(None)))


def _first(headers: Sequence[str], say: Wording) -> str:
    text = say(", ").join(headers[:MOST_SHOWN])
    return say("{} and more", text) if len(headers) > MOST_SHOWN else text


def _zone_name(zone: tzinfo | None) -> str:
    from burner.report.figures.calendar import Calendar

    return Calendar(zone=zone).zone_name(None)
