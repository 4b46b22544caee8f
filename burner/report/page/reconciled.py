"""The last reconciliation with the cloud platform, as a section of the page."""

from typing import NamedTuple

from burner.core.words.phrases import Wording
from burner.manifest.entries.values import utc_minute
from burner.manifest.reading.reconciliations import ReconciliationStatus
from burner.report.page import numbers
from burner.report.page.markup import Markup, element

MAX_OF_A_KIND = 20


class ReconciledTable(NamedTuple):
    """What was compared, and a row a kind of difference."""

    hint: str
    heads: tuple[str, ...]
    rows: list[Markup]


def reconciled_table(status: ReconciliationStatus, say: Wording) -> ReconciledTable:
    """A reconciliation in words."""
    count = numbers.count
    compared = status.compared
    parts = [
        say("{}: {}", utc_minute(status.at), status.asked(say)),
        say(
            "units and devices",
            count(compared.get("burned", 0)),
            count(compared.get("on_platform", 0)),
        ),
        say.counted("so many waiting", status.waiting, count(status.waiting))
        if status.waiting
        else "",
        say("of the batch {}", status.batch) if status.batch else say("of all units"),
        say("by {}", status.operator) if status.operator else "",
        say("table of all: SHA-256 {}", status.table) if status.differences else "",
    ]
    rows = [
        element(
            "tr",
            element("td", say(f"reconcile {kind}"), class_="words"),
            element("td", count(number), class_="n"),
            element("td", _names(names, number, say), class_="words"),
        )
        for kind, number, names in status.names_by_kind()
    ]
    heads = (say("difference"), say("number"), say("names"))
    return ReconciledTable(" · ".join(filter(None, parts)), heads, rows)


def _names(names: tuple[str, ...], number: int, say: Wording) -> str:
    shown = names[:MAX_OF_A_KIND]
    text = say(", ").join(shown)
    return say("{} and more", text) if len(shown) < number and text else text
