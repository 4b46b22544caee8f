"""What all kinds of destinations have in the station file, section `mes:`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.reference import SecretSource, parse_reference
from burner.core.yaml_schema import StrictModel, refusal

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


def _reference(text: str) -> str:
    """Refuse what is no reference to a secret. The text is not repeated: it may be the secret."""
    allowed = "env:NAME, file:PATH or keyring:SERVICE/USER"
    try:
        source = parse_reference(text).source
    except BurnerError:
        source = None
    if source in (None, SecretSource.PROMPT):
        raise refusal(Code.STATION_FILE_INVALID, "not a reference to a secret", allowed)
    return text


Reference = Annotated[str, AfterValidator(_reference)]
"""Where a secret is: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`."""
MesFile = Annotated[str, Field(min_length=1, max_length=1024)]
"""A file, from the folder of the station file."""


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
