"""The input of an attempt: the job of the run, and the request for one attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from burner.burn.testing.equipment import TestEquipment
from burner.core.attempt import Attempt
from burner.release.release import Release

AskLabel = Callable[[str, Mapping[str, str]], str | None]
"""Waits for the label of the unit with this id and these IDs; None when the unit left before, or
the station stops. May raise BurnerError (E43x, E44x).
"""


@dataclass(frozen=True)
class Job:
    """What every unit of a run shares."""

    release: Release
    station: str
    operator: str
    batch: str
    versions: Mapping[str, str]
    equipment: TestEquipment = field(default_factory=TestEquipment)
    """Of the tests; every slot of the station has the same."""
    interlock: Callable[[Attempt], None] | None = None
    """Asks whether a unit may be processed here, before anything of it is on record. Raises
    BurnerError: it may not, or nobody answers. None: nobody is asked."""

    def attempt(self, request: "AttemptRequest") -> Attempt:
        """A new attempt of this job, on a unit that is not identified yet."""
        profile = self.release.profile
        return Attempt(
            id=uuid4().hex,
            station=self.station,
            slot=request.slot,
            operator=self.operator,
            batch=self.batch,
            profile=profile.title,
            release_digest=self.release.digest,
            product_id=profile.product.id,
            started=datetime.now(UTC),
            versions=self.versions,
            rework=request.rework,
            try_number=request.number,
            key=self.release.key_fingerprint,
        )


@dataclass(frozen=True)
class AttemptRequest:
    """What differs from attempt to attempt: slot, baud rate, and what the operator ordered."""

    slot: str
    baud: int
    number: int = 1
    ask_label: AskLabel | None = None
    """None: nobody can be asked."""
    rework: str = ""
    """Why a known unit is burned again; empty = it is not."""
    watch_board: Callable[[], Callable[[], bool]] | None = None
    """Begins a wait in which the unit may be taken out; the result tells whether it was. None:
    nobody can tell. Only for a chip in download mode: its firmware would be restarted."""
    waits_for_approval: bool = False
    """Whether the unit waits for the approval of the first article; else it is refused."""
