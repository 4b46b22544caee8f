"""A board that waits for a device of the fixture, and is taken out of its slot."""

from dataclasses import replace

from burner.burn.job import Job
from burner.burn.testing.equipment import TestEquipment
from burner.burn.testing.resources import Resources
from burner.core.code import Code
from burner.core.unit_events import ResourceAwaited
from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from burner.station.batch_run import BatchRun
from burner.station.scanning.router import Router
from burner.station.slots.boards import OneBoardPerSlot
from tests.burn.testing.programs import ScriptedPrograms, unit_test
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


def test_a_board_that_is_taken_out_before_the_write_waits_no_longer_also_in_a_single_run(
    release: Release, ledger: Ledger
) -> None:
    tests = (unit_test(before="write", resource="rf-box"),)
    tested = replace(release, profile=release.profile.model_copy(update={"tests": tests}))
    resources, programs, device = Resources(), ScriptedPrograms(), FakeDevice(FakeBoard())
    with resources.turn("rf-box", "7"):
        equipment = TestEquipment(resources, programs)
        run = BatchRun(
            Job(tested, "station-1", "li", "", {"burner": "test"}, equipment),
            ledger,
            {"1": device},
            OneBoardPerSlot(),
            router=Router(("1",)),
            takes_more=False,
        )
        for event in run.events():
            if isinstance(event, ResourceAwaited):
                device.remove()
    (unit,) = run.tally.units
    assert (unit.code, programs.asked) == (Code.BOARD_REMOVED, [])
