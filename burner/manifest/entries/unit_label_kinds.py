"""What records hold of printed labels: a print that began, and how it ended."""

from typing import Annotated

from msgspec import Meta

from burner.core.unit_labels import LabelPrintEnd
from burner.manifest.entries.entry import Entry, RecordNumber, ShortText


class UnitLabelStarted(Entry, tag="unit-label-started", frozen=True, kw_only=True):
    """The label of a good unit goes to a printer; on disk before the first byte leaves."""

    device_name: ShortText
    passed: RecordNumber
    """Intent of the PASS to which the label belongs."""
    printer: ShortText
    operator: ShortText = ""
    reason: ShortText = ""
    """Why it is printed again; empty: it was owed."""


class UnitLabelEnded(Entry, tag="unit-label-ended", frozen=True, kw_only=True):
    """How a print ended, or that a person has scanned the printed label."""

    started: RecordNumber
    result: LabelPrintEnd
    code: Annotated[str, Meta(max_length=8)] = ""
    """Why it is not `sent`; empty: it is, or was scanned."""
    detail: ShortText = ""
