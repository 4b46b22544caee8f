"""A station in one call: burns an ESP in memory and tells what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.core.attempt import Outcome, Record, Step
from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.core.unit_events import Event, Finished, StepStarted
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_release
from burner.release.release import Release
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import write_product

PLUG = Path(__file__).parents[2] / "profiles" / "plug-c3.yaml"
SECRET = Secret(b"aVerySecretProductKey123")
NAME = "6055F9000001"
IMEI = "490154203237518"
UNIT, PRODUCT = "60:55:f9:00:00:01", "7QKX2MPD0C"
PASSED = (Outcome.PASS, "")


def boot_lines(
    name: str = NAME, product_id: str = "7QKX2MPD0C"
) -> Callable[[FakeBoard], Sequence[str]]:
    return lambda _: ("ESP-ROM:fake", f"product_id={product_id} device_name={name}")


def plug(secret: Secret = SECRET) -> Release:
    """The plug of the examples, without its challenge: the boards in memory run no firmware."""
    release = open_release(PLUG, secret)
    boot = release.profile.boot.model_copy(update={"challenge": False})
    profile = {**release.index["profile"], "boot": boot.model_dump(exclude_defaults=True)}
    return replace(
        release,
        profile=release.profile.model_copy(update={"boot": boot}),
        index={**release.index, "profile": profile},
    )


class Line:
    """A station in one call: burns a board and gives what came of it."""

    def __init__(self, release: Release, ledger: Ledger) -> None:
        self.ledger = ledger
        self.job = Job(release, "station-1", "li", "", {"burner": "test"})
        self.events: list[Event] = []

    def burn(self, device: FakeDevice, **request: Any) -> Record:
        slot = request.pop("slot", "1")
        stop = request.pop("aborted", "")
        this = AttemptRequest(slot=slot, baud=921600, **request)
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


def changed(line: Line, folder: Path, **replaced: Any) -> Line:
    """The same product, made otherwise."""
    return Line(open_release(write_product(folder, **replaced)), line.ledger)


def put(board: FakeBoard, offset: int, data: bytes) -> None:
    board.flash.erase(offset, len(data))
    board.flash.program(offset, data)


def holds(board: FakeBoard, segments: Sequence[Segment]) -> bool:
    return all(board.flash.read(s.offset, len(s.data)) == s.data for s in segments)


def cut_off(line: Line, board: FakeBoard, **request: Any) -> None:
    """Burn until the write is over; then the station is gone."""
    cut = burn(line.job, FakeDevice(board), line.ledger, AttemptRequest("1", 921600, **request))
    while next(cut) != StepStarted("1", Step.VERIFY):
        pass
    line.ledger._working.clear()


def say(line: Line, what: CorrectionKind, reason: str, product_id: str = PRODUCT) -> None:
    facts = {"product_id": product_id, "operator": "anna", "reason": reason}
    correct(line.ledger, what, UNIT, **facts)
