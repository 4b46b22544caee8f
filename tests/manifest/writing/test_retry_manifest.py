"""A station that loses its manifest says so, touches nothing, and goes on when it is back."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.core.attempt import Attempt, Outcome, Record, Result, Step
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.core.unit_events import Event, Finished, ManifestAway, ManifestBack, StepStarted
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_history import UnitHistory
from burner.manifest.writing import retry_manifest as waiting
from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from tests.burn.one_slot import plug
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.manifest.postgres import Server
from tests.manifest.records import Ticking, a_result, an_attempt, burned, flaws

T = TypeVar("T")
NAME = "6055F9000001"


@pytest.fixture(scope="module")
def release() -> Release:
    return plug(Secret(b"aVerySecretProductKey123"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "RETRY_PAUSE_S", 0.01)


@dataclass
class Fragile:
    """A ledger whose calls fail with a code as often as a test says."""

    ledger: Ledger
    failures: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def _answer(self, call: str, ask: Callable[[], T]) -> T:
        self.calls.append(call)
        if codes := self.failures.get(call):
            raise BurnerError(codes.pop(0), "fake")
        return ask()

    def unit(self, unit_id: str, product_id: str) -> UnitHistory:
        return self._answer("unit", lambda: self.ledger.unit(unit_id, product_id))

    def begin(self, attempt: Attempt) -> None:
        self._answer("begin", lambda: self.ledger.begin(attempt))

    def bind(self, attempt: Attempt) -> None:
        self._answer("bind", lambda: self.ledger.bind(attempt))

    def finish(self, attempt: Attempt, result: Result) -> Record:
        return self._answer("finish", lambda: self.ledger.finish(attempt, result))


@pytest.fixture
def fragile(path: Path) -> Iterator[Fragile]:
    with Ledger.open(path, "line1") as ledger:
        yield Fragile(ledger)


def board() -> FakeBoard:
    lines = ("ESP-ROM:fake", f"product_id=7QKX2MPD0C device_name={NAME}")
    return FakeBoard(prints=lambda _: lines)


def burning(
    release: Release, ledger: object, device: FakeDevice, **people: Callable[[], bool]
) -> Iterator[Event]:
    job = Job(release, "line1", "li", "", {"burner": "test"})
    return burn(job, device, ledger, AttemptRequest("1", 921600), **people)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["unit", "begin", "finish"])
@pytest.mark.parametrize("code", ["E711", "E707"])
def test_a_unit_waits_for_the_manifest_and_passes(
    release: Release, fragile: Fragile, call: str, code: str
) -> None:
    fragile.failures[call] = [code] * 3
    events = list(burning(release, fragile, FakeDevice(board())))
    assert [e for e in events if isinstance(e, ManifestAway | ManifestBack)] == [
        ManifestAway("1", code, "fake"),
        ManifestBack("1"),
    ]
    assert isinstance(events[-1], Finished)
    assert events[-1].record.result.outcome is Outcome.PASS
    assert fragile.calls.count(call) == 4


def test_nothing_is_written_while_the_intent_waits(release: Release, fragile: Fragile) -> None:
    fragile.failures["begin"] = ["E711"]
    device = FakeDevice(board())
    for event in burning(release, fragile, device):
        if isinstance(event, ManifestAway):
            assert not [call for call in device.calls if call.startswith("write")]
            return
    pytest.fail("it did not wait")


def test_a_failed_unit_gets_its_true_outcome_after_the_wait(
    release: Release, fragile: Fragile
) -> None:
    fragile.failures["finish"] = ["E711"]
    device = FakeDevice(board())
    device.fails("write", "E502")
    last = list(burning(release, fragile, device))[-1]
    assert isinstance(last, Finished)
    assert (last.record.result.outcome, last.record.result.code) == (Outcome.ERROR, "E502")


@pytest.mark.parametrize("call", ["begin", "finish"])
def test_what_waiting_cannot_mend_is_raised_at_once(
    release: Release, fragile: Fragile, call: str
) -> None:
    fragile.failures[call] = ["E705"]
    with pytest.raises(BurnerError, match=r"^E705:"):
        list(burning(release, fragile, FakeDevice(board())))
    assert fragile.calls.count(call) == 1


@pytest.mark.parametrize("call", ["unit", "begin"])
def test_a_station_that_takes_no_new_units_waits_for_none(
    release: Release, fragile: Fragile, call: str
) -> None:
    fragile.failures[call] = ["E711"] * 9
    with pytest.raises(BurnerError, match=r"^E711:"):
        list(burning(release, fragile, FakeDevice(board()), is_stopping=lambda: True))


def test_a_unit_in_work_is_recorded_though_no_new_ones_are_taken(
    release: Release, fragile: Fragile
) -> None:
    fragile.failures["finish"] = ["E711"] * 3
    last = list(burning(release, fragile, FakeDevice(board()), is_stopping=lambda: True))[-1]
    assert isinstance(last, Finished)
    assert last.record.result.outcome is Outcome.PASS


def test_an_abort_ends_every_wait(release: Release, fragile: Fragile, path: Path) -> None:
    fragile.failures["finish"] = ["E711"] * 99
    stop = threading.Event()
    events = burning(release, fragile, FakeDevice(board()), aborted=stop.is_set)
    assert any(isinstance(event, ManifestAway) for event in events)
    stop.set()
    with pytest.raises(BurnerError, match=r"^E711:"):
        list(events)
    with ManifestReader.open(path) as reader:
        assert [e["outcome"] for e in reader.attempts_json()] == ["OPEN"]


@pytest.mark.parametrize("step", [Step.IDENTIFY, Step.CLAIM, Step.WRITE, Step.RECORD])
def test_a_server_that_restarts_in_the_middle_of_a_burn_loses_nothing(
    release: Release, server: Server, step: Step
) -> None:
    url = server.database()
    waits: list[str] = []
    stopped = False
    with Ledger.open(url, "line1") as ledger:
        for event in burning(release, ledger, FakeDevice(board())):
            if isinstance(event, StepStarted) and event.step is step and not stopped:
                server.stop()
                stopped = True
            elif isinstance(event, ManifestAway):
                if not waits:
                    server.start()
                waits.append(event.code)
            elif isinstance(event, ManifestBack):
                waits.append("back")
        assert isinstance(event, Finished)
        assert event.record.result.outcome is Outcome.PASS
    # Reader and writer each learn that their connection is gone.
    assert waits in (["E711", "back"], ["E711", "back", "E711", "back"])
    with ManifestReader.open(url) as reader:
        assert [e["outcome"] for e in reader.attempts_json()] == ["PASS"]
        assert flaws(reader) == []


@contextmanager
def lost_answer(ledger: Ledger) -> Iterator[None]:
    """Commits reach the disk; what the database answers does not reach the station."""

    def commit(connection: sqlite3.Connection) -> None:
        connection.commit()
        raise sqlite3.OperationalError("the answer was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger.writer._session.connection().dialect, "do_commit", commit)
        yield


def test_a_record_in_doubt_is_not_written_twice_though_another_slot_writes_first(
    path: Path,
) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        attempt = an_attempt(1)
        for ask in (lambda: ledger.begin(attempt), lambda: ledger.finish(attempt, a_result())):
            with lost_answer(ledger), pytest.raises(BurnerError, match=r"^E718:"):
                ask()
            burned(ledger, 2)
            ask()
        elements = [e for e in ledger.reader.attempts_json() if e["unit_id"] == attempt.unit_id]
        assert [(e["outcome"], len(e["records"])) for e in elements] == [("PASS", 2)]
        assert flaws(ledger.reader) == []


def test_an_import_in_doubt_is_asked_for_again(path: Path, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "other.db", "line2") as other:
        burned(other, 1)
        key = VerifierKey.parse(other.writer.origin_key)
        (tmp_path / "other.log").write_text("".join(export_log(other.reader)), encoding="utf-8")
    with Ledger.open(path, "line1") as ledger:
        with lost_answer(ledger), pytest.raises(BurnerError, match=r"^E718:"):
            import_log(ledger, tmp_path / "other.log", key.name, key, operator="boss")
        came = import_log(ledger, tmp_path / "other.log", key.name, key, operator="boss")
        assert (came.first, came.size) == (3, 3)
        assert flaws(ledger.reader) == []


def test_a_record_in_doubt_that_did_not_reach_the_disk_is_written_behind_another_stations(
    path: Path,
) -> None:
    with Ledger.open(path, "line1") as one, Ledger.open(path, "line2") as two:
        attempt = an_attempt(1)
        with pytest.MonkeyPatch.context() as patch:
            dialect = one.writer._session.connection().dialect
            patch.setattr(dialect, "do_commit", fails)
            with pytest.raises(BurnerError, match=r"^E718:"):
                one.begin(attempt)
        burned(two, 2)
        one.begin(attempt)
        one.finish(attempt, a_result())
        outcomes = {e["unit_id"]: e["outcome"] for e in one.reader.attempts_json()}
        assert outcomes[attempt.unit_id] == "PASS"
        assert len(outcomes) == 2
        assert flaws(one.reader) == []


def fails(connection: sqlite3.Connection) -> None:
    """In place of a commit."""
    connection.rollback()
    raise sqlite3.OperationalError("the disk is away")
