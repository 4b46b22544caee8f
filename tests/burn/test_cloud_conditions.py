"""A unit of a batch that waits for the cloud platform, and a desk that says what is there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest
from burner.core.attempt import Outcome, Step
from burner.core.check_verdict import CheckVerdict
from burner.core.unit_events import Finished, StepStarted
from burner.identity.naming import NameSettings
from burner.identity.settings import ImeiSettings
from burner.manifest.entries.cloud_kinds import PreflightFact
from burner.manifest.reading.cloud_records import awaited_names
from burner.manifest.writing.cloud_records import record_confirmed_names, record_preflight
from burner.manifest.writing.corrections import CorrectionKind
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import open_batch_for
from burner.profile.profile import Reburn
from burner.profile.registration import NameCreation, PreflightCondition, RegistrationSettings
from tests.burn.one_slot import IMEI, NAME, PASSED, PRODUCT, UNIT, Line, boot_lines, ended, say
from tests.burn.test_burn import answers_imei
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


@pytest.fixture
def desk(tmp_path: Path, ledger: Ledger) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "manifest.db", "desk") as opened:
        yield opened


def in_batch(line: Line, **registration: Any) -> Line:
    """The line works for a batch of a release with this section `registration`."""
    release = line.job.release
    settings = RegistrationSettings(**registration)
    profile = release.profile.model_copy(update={"registration": settings})
    plain = {
        **release.index["profile"],
        "registration": settings.model_dump(mode="json", by_alias=True),
    }
    release = replace(release, profile=profile, index={**release.index, "profile": plain})
    open_batch_for(line.ledger, release, "WO1", quantity=None, operator="li")
    line.job = replace(line.job, release=release, batch="WO1")
    return line


def confirm(desk: Ledger, name: str) -> None:
    record_confirmed_names(desk, PRODUCT, [name], platform="tencent-hub", how="created")


def preflight(desk: Ledger, verdict: CheckVerdict) -> None:
    checks = [PreflightFact(check="registration", verdict=verdict)]
    row = desk.reader.batch("WO1")
    key = row.key if row else ""
    record_preflight(desk, "WO1", checks, platform="tencent-hub", source="api", key=key, quantity=9)


def writes(device: FakeDevice) -> list[str]:
    return [call for call in device.calls if call.startswith("write")]


def test_a_unit_stays_untouched_until_its_name_is_confirmed_then_passes_in_the_same_run(
    line: Line, desk: Ledger, board: FakeBoard
) -> None:
    in_batch(line, names=NameCreation.CREATED_BEFORE)
    device = FakeDevice(board)
    refused = line.burn(device)
    assert (*ended(refused), refused.result.detail) == (Outcome.ERROR, "E818", NAME)
    assert not writes(device)
    assert set(board.flash.bytes) == {0xFF}
    confirm(desk, NAME)
    assert ended(line.burn(FakeDevice(board))) == PASSED


def test_a_name_that_only_the_boot_tells_is_refused_before_it_is_bound(
    line: Line, desk: Ledger
) -> None:
    imei = ImeiSettings(port="esp", when="after", settle_s=0.01, answer_s=0.1)
    identity = line.job.release.profile.identity.model_copy(update={"imei": imei})
    line.with_profile(identity=identity, name=NameSettings(template="{imei}"))
    in_batch(line, names=NameCreation.CREATED_BEFORE)
    board = FakeBoard(prints=boot_lines(name=IMEI))
    refused = line.burn(FakeDevice(board, {"esp": answers_imei(IMEI)}))
    assert (ended(refused), refused.result.step) == ((Outcome.ERROR, "E818"), Step.CLAIM)
    assert awaited_names(desk.reader, PRODUCT, "tencent-hub", "WO1") == {IMEI: UNIT}
    confirm(desk, IMEI)
    assert awaited_names(desk.reader, PRODUCT, "tencent-hub") == {}
    assert ended(line.burn(FakeDevice(board, {"esp": answers_imei(IMEI)}))) == PASSED


def test_a_good_unit_is_known_and_its_name_stays_confirmed_after_a_scrap(
    line: Line, desk: Ledger, board: FakeBoard
) -> None:
    in_batch(line, names=NameCreation.CREATED_BEFORE)
    confirm(desk, NAME)
    assert ended(line.burn(FakeDevice(board))) == PASSED
    line.burn(device := FakeDevice(board))
    assert line.known
    assert not writes(device)
    say(line, CorrectionKind.SCRAP, "dropped")
    say(line, CorrectionKind.REWORK, "repaired")
    assert ended(line.burn(FakeDevice(board))) == PASSED


def test_a_good_unit_of_an_earlier_release_stays_good_where_its_name_is_not_confirmed(
    line: Line, board: FakeBoard
) -> None:
    assert ended(line.burn(FakeDevice(board))) == PASSED
    line.with_profile(reburn=Reburn.UPGRADE)
    in_batch(line, names=NameCreation.CREATED_BEFORE)
    refused = line.burn(device := FakeDevice(board))
    assert ended(refused) == (Outcome.ERROR, "E818")
    assert not writes(device)
    assert line.ledger.unit(UNIT, PRODUCT).good


@pytest.mark.parametrize("verdict", [CheckVerdict.BAD, CheckVerdict.UNKNOWN])
def test_a_bad_preflight_lets_a_unit_in_work_end_and_the_next_one_wait(
    line: Line, desk: Ledger, board: FakeBoard, verdict: CheckVerdict
) -> None:
    in_batch(line, preflight=PreflightCondition.REQUIRED)
    preflight(desk, CheckVerdict.GOOD)
    events = burn(line.job, FakeDevice(board), line.ledger, AttemptRequest("1", 921600))
    for event in events:
        if event == StepStarted("1", Step.WRITE):
            preflight(desk, verdict)
        last = event
    assert isinstance(last, Finished)
    assert ended(last.record) == PASSED
    other = FakeBoard(mac="60:55:f9:00:00:02", prints=boot_lines(name="6055F9000002"))
    refused = line.burn(device := FakeDevice(other))
    assert ended(refused) == (Outcome.ERROR, "E817")
    assert not writes(device)
    preflight(desk, CheckVerdict.GOOD)
    assert ended(line.burn(FakeDevice(other))) == PASSED
