"""Words of printed labels that records, station and displays share."""

from enum import StrEnum


class LabelPrintEnd(StrEnum):
    """How a print ended."""

    SENT = "sent"
    """The printer took all of it, and closed the connection in order."""
    NOT_SENT = "not-sent"
    """Nothing left this computer."""
    DOUBTFUL = "doubtful"
    """Something left: the label may have been printed or not."""
    CONFIRMED = "confirmed"
    """The printed label was scanned."""


class UnitLabelState(StrEnum):
    """How the label of a unit stands."""

    OWED = "owed"
    """It is to be printed."""
    STARTED = "started"
    """A print began, and has no end on record: in work, or doubtful after a crash."""
    SENT = "sent"
    DOUBTFUL = "doubtful"
    CONFIRMED = "confirmed"


NOT_CERTAIN = (UnitLabelState.STARTED, UnitLabelState.DOUBTFUL)
"""Nobody knows whether the label was printed, until somebody looks."""
