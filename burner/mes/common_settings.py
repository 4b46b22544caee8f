"""What all kinds of destinations have in the station file, section `mes:`."""

from typing import Annotated, Literal

from pydantic import Field

from burner.core.yaml_schema import StrictModel

EventKind = Literal[
    "RecipeActivated",
    "WorkStarted",
    "UnitsPersonalized",
    "UnitsTested",
    "WorkCompleted",
    "UnitsDisqualified",
    "FaultOccurred",
    "FaultCleared",
    "StationStateChanged",
]


class DestinationSettings(StrictModel):
    """One destination."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
    """Its name in the outbox; stations of one manifest that mean the same MES use the same."""
    events: tuple[EventKind, ...] = ()
    """Which events it gets; left out: all."""
    interlock: Literal["none", "required"] = "none"
    """required: it is asked before a unit is touched."""
    deadline_s: float = Field(default=10.0, ge=1.0, le=60.0)
    """So long a message, or a question, may take in all."""
