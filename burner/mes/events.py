"""What a MES is told of, without the form of any MES: one frozen type for each event.

The fields are the same in a webhook's body, in files and in the schema of docs/mes.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from burner.core.measurements import TestResult

StationState = Literal["running", "stopped"]
Disposition = Literal["scrap", "void", "rework"]


@dataclass(frozen=True, kw_only=True)
class UnitWork:
    """An attempt on a unit."""

    attempt: str
    """Its id, the same in all events of the attempt: 32 hex digits (a UUID)."""
    unit_id: str
    """Base MAC: `7c:df:a1:b2:c3:d4`."""
    batch: str
    product_id: str
    profile: str
    """Name and version of the product: `plug-c3 1.2.0`."""
    release_digest: str
    """SHA-256, 64 hex digits."""
    slot: str
    operator: str
    device_name: str = ""
    """Empty while it is not known."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """What was read from the unit: `mac`, `imei`, `label`, `serial`."""


@dataclass(frozen=True, kw_only=True)
class RecipeActivated:
    """The station has loaded a release for a batch."""

    batch: str
    product_id: str
    profile: str
    release_digest: str
    operator: str


@dataclass(frozen=True, kw_only=True)
class WorkStarted(UnitWork):
    """The unit will be written."""

    try_number: int = 1
    rework: str = ""
    """Why a known unit is burned again; empty: it is not one."""


@dataclass(frozen=True, kw_only=True)
class UnitsPersonalized(UnitWork):
    """The unit has its name and its key; both were read back."""


@dataclass(frozen=True, kw_only=True)
class UnitsTested(UnitWork):
    """The tests of the profile ran on the unit."""

    passed: bool
    tests: tuple[TestResult, ...]


@dataclass(frozen=True, kw_only=True)
class WorkCompleted(UnitWork):
    """The attempt has ended."""

    outcome: str
    """`PASS`, `FAIL`: the unit is bad, `ERROR`: the station is bad, `ABORTED`."""
    code: str = ""
    """Why it did not pass: `E601`."""
    detail: str = ""
    step: str = ""
    """In which step it ended."""
    began: bool = True
    """Whether there was a WorkStarted: the unit may have been written."""
    milliseconds: int = 0
    warnings: tuple[str, ...] = ()
    """Codes; the outcome stands."""
    tests: tuple[TestResult, ...] = ()
    """As in UnitsTested: who wants one message a unit takes this kind alone."""


@dataclass(frozen=True, kw_only=True)
class UnitsDisqualified:
    """A person decided that a unit is no good unit any more."""

    unit_id: str
    batch: str
    product_id: str
    disposition: Disposition
    """`scrap`; `rework`: it is being repaired; `void`: its attempts do not count."""
    reason: str
    operator: str
    device_name: str = ""
    """Empty: it never got one."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """As in the other events of the unit."""


@dataclass(frozen=True, kw_only=True)
class FaultOccurred:
    """A slot, or the station, does not work. No unit is bad."""

    fault: str
    """Its id; FaultCleared has the same."""
    slot: str
    code: str
    detail: str = ""
    unit_id: str = ""
    """The unit that was in the slot, if it is known."""


@dataclass(frozen=True, kw_only=True)
class FaultCleared:
    """The slot works again, or the run has ended."""

    fault: str
    slot: str
    code: str


@dataclass(frozen=True, kw_only=True)
class StationStateChanged:
    """A run of the station has begun or ended."""

    state: StationState
    batch: str
    operator: str


MesEvent = (
    RecipeActivated
    | WorkStarted
    | UnitsPersonalized
    | UnitsTested
    | WorkCompleted
    | UnitsDisqualified
    | FaultOccurred
    | FaultCleared
    | StationStateChanged
)
