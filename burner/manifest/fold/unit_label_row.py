"""The printed label of a unit, as it follows from the records; also a table of the database."""

from typing import NamedTuple


class UnitLabelRow(NamedTuple):
    """The printed label of a unit that passed with a release that prints labels."""

    product_id: str
    unit_id: str
    batch: str
    """In which it is owed, or was printed."""
    device_name: str
    passed: int
    """Intent of the PASS that owes it."""
    station: str
    """Of that PASS: its printer is beside the unit."""
    content: str
    """Digest of what decides what is printed: the same label is owed once."""
    state: str
    """As `UnitLabelState`."""
    before: str
    """Until a print ends: the state before, which a print that did not begin restores."""
    started: int
    """Number of the last start; -1: none."""
    prints: int
    """Prints that may have come out."""
