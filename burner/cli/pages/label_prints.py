"""Printed labels on pages for people: how many stand how, and the prints of a unit."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from burner.cli.terminal import screen
from burner.core.words.language import Language
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.manifest.reading.unit_labels import LabelCounts

COLUMNS = ("record", "when (UTC)", "station", "printer", "result", "operator", "reason")


def label_counts_line(counts: "LabelCounts", language: Language) -> str:
    """How many labels stand how."""
    say = Wording(language)
    line = say("labels counted", counts.owed, counts.doubtful, counts.sent, counts.confirmed)
    return line + (say("labels printing", counts.printing) if counts.printing else "")


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
