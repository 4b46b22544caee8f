"""A station in one call: burns an ESP in memory and tells what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from burner.burn import Job, Trial, burn
from burner.manifest.ledger import Ledger
from burner.model import Event, Finished, Outcome, Record, Step, StepStarted
from burner.release import Release
from burner.secrets import Secret
from tests.fakes import FakeBoard, FakeDevice

PLUG = Path(__file__).parents[1] / "profiles" / "plug-c3.yaml"
SECRET = Secret(b"aVerySecretProductKey123")
NAME = "6055F9000001"
IMEI = "490154203237518"


def told(name: str = NAME, product_id: str = "7QKX2MPD0C") -> Callable[[FakeBoard], Sequence[str]]:
    return lambda _: ("ESP-ROM:fake", f"product_id={product_id} device_name={name}")


class Line:
    """A station in one call: burns a board and gives what came of it."""

    def __init__(self, release: Release, ledger: Ledger) -> None:
        self.ledger = ledger
        self.job = Job(release, "station-1", "li", "", {"burner": "test"})
        self.events: list[Event] = []

    def burn(self, device: FakeDevice, **trial: Any) -> Record:
        slot = trial.pop("slot", "1")
        stop = trial.pop("aborted", "")
        this = Trial(slot=slot, baud=921600, **trial)
        self.events = list(burn(self.job, device, self.ledger, this, lambda: bool(stop)))
        assert isinstance(self.events[-1], Finished)
        return self.events[-1].record

    @property
    def known(self) -> bool:
        last = self.events[-1]
        return isinstance(last, Finished) and last.known

    @property
    def steps(self) -> list[Step]:
        return [event.step for event in self.events if isinstance(event, StepStarted)]

    def with_profile(self, **changes: object) -> None:
        profile = self.job.release.profile.model_copy(update=changes)
        self.job = replace(self.job, release=replace(self.job.release, profile=profile))


def ended(record: Record) -> tuple[Outcome, str]:
    return record.result.outcome, record.result.code
