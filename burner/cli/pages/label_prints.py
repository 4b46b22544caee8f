"""The prints of the label of a unit, on a page for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from burner.cli.terminal import screen

COLUMNS = ("record", "when (UTC)", "station", "printer", "result", "operator", "reason")


def show_label_prints(prints: Sequence[Mapping[str, Any]]) -> None:
    """A table, where there is any."""
    if prints:
        screen.table("printed labels", COLUMNS, map(_row, prints))


def _row(element: Mapping[str, Any]) -> tuple[object, ...]:
    result = element["result"] or "no end on record"
    return (
        element["number"],
        element["at"][:16].replace("T", " "),
        element["station"],
        element["printer"],
        f"{result}, scanned back" if element["scanned"] else result,
        element["operator"],
        element["reason"],
    )
