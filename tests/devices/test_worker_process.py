"""A worker is watched, killed when silent, replaced by nothing of its own, and never an orphan."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from burner.core import child_process
from burner.core.child_process import ChildProcess
from burner.core.errors import BurnerError
from burner.core.secrets.search import REMOVED, SecretSearch
from burner.core.secrets.secret import Secret
from burner.devices.wire import Message
from burner.devices.worker_process import WorkerProcess
from tests.processes import ends


def start(module: str, log_name: str) -> ChildProcess:
    return child_process.start_module(module, log_name, stderr=subprocess.PIPE)


start_fake = partial(start, "fake_worker")
SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
HERE = Path(__file__).parent
pytestmark = pytest.mark.usefixtures("cold_processes")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerProcess]:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("PLUG_SECRET", "not for children")
    search = SecretSearch(Secret(SECRET.encode()))
    fake = WorkerProcess(tmp_path / "slot.log", start_fake, margin_s=0.3, search=search)
    yield fake
    fake.stop()


def test_a_payload_goes_down_and_comes_up(worker: WorkerProcess) -> None:
    assert worker.versions == {"fake": "1"}
    assert worker.ask(Message("echo", {}, b"\0\xff" * 200_000)).payload == b"\0\xff" * 200_000


def test_messages_on_the_way_are_passed_on(worker: WorkerProcess) -> None:
    assert [m["done"] for m in worker.exchange(Message("count", {"to": 3}))] == [0, 1, 2]


def test_what_the_worker_refuses_is_raised_and_it_lives_on(worker: WorkerProcess) -> None:
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("refuse"))
    assert (caught.value.code, caught.value.detail) == ("E501", "a block")
    assert worker.ask(Message("echo")).kind == "done"


def test_a_worker_silent_beyond_its_promise_is_killed(worker: WorkerProcess) -> None:
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("promise", {"within": 0.1, "sleep": 20}))
    assert caught.value.code == "E320"
    assert not worker.is_alive


def test_a_promise_kept_late_but_in_time_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    patient = WorkerProcess(tmp_path / "slot.log", start_fake, margin_s=20)
    assert patient.ask(Message("promise", {"within": 0.2, "sleep": 0.3})).kind == "done"
    patient.stop()


@posix_only
def test_a_stopped_worker_is_noticed_and_killed(worker: WorkerProcess) -> None:
    pid = worker.ask(Message("echo"))["pid"]
    conversation = worker.exchange(Message("promise", {"within": 0.1, "sleep": 20}))
    next(conversation)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(BurnerError) as caught:
        next(conversation)
    assert caught.value.code == "E320"
    assert ends(pid)


def test_a_worker_that_dies_says_how(worker: WorkerProcess) -> None:
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("die", {"status": 7}))
    assert caught.value.code == "E902"
    assert caught.value.detail == "exit 7: the driver went away"
    with pytest.raises(BurnerError):
        worker.ask(Message("echo"))


def test_no_words_of_a_worker_hold_the_secret(worker: WorkerProcess, tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("refuse", {"detail": f"Invalid head: {SECRET.encode().hex(' ')}"}))
    assert caught.value.detail == f"Invalid head: {REMOVED}"
    worker.ask(Message("log", {"lines": [f"A17 {SECRET[:7]}", SECRET[7:], "A17 Connecting"]}))
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("die", {"status": 7, "words": f"ValueError: {SECRET!r}"}))
    assert caught.value.detail == f"exit 7: ValueError: '{REMOVED}'"
    logged = (tmp_path / "slot.log").read_text().splitlines()
    assert logged == [f"A17 {SECRET[:7]}", REMOVED, "A17 Connecting"]


def test_a_worker_killed_from_another_thread_ends_the_call(worker: WorkerProcess) -> None:
    assert worker.versions
    killing = threading.Timer(0.2, worker.kill)
    killing.start()
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("promise", {"within": 60, "sleep": 60}))
    assert caught.value.code == "E902"
    killing.join()
    assert worker._process.returncode in (-9, 1)  # killed, on POSIX and on Windows


def test_a_conversation_left_early_kills_the_worker(worker: WorkerProcess) -> None:
    conversation = worker.exchange(Message("promise", {"within": 5, "sleep": 5}))
    next(conversation)
    conversation.close()
    assert not worker.is_alive


def test_a_module_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    broken = WorkerProcess(tmp_path / "slot.log", partial(start, "no_such_module"))
    with pytest.raises(BurnerError) as caught:
        broken.ask(Message("echo"))
    assert caught.value.code == "E321"
    assert "no_such_module" in caught.value.detail
    broken.stop()


def test_the_environment_of_the_station_is_not_inherited(worker: WorkerProcess) -> None:
    names = worker.ask(Message("environment"))["names"]
    assert "PATH" in names
    assert "PLUG_SECRET" not in names


@posix_only
def test_a_worker_is_out_of_the_reach_of_the_terminals_ctrl_c(worker: WorkerProcess) -> None:
    assert os.getpgid(worker.pid) == worker.pid
    assert os.getsid(worker.pid) != os.getsid(0)


def test_a_worker_that_is_let_go_ends_by_itself(worker: WorkerProcess) -> None:
    worker.ask(Message("echo"))
    worker.stop(timeout_s=60)
    assert worker._process.returncode == 0  # nobody had to kill it


def test_nothing_in_the_current_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("serial", "esptool", "json", "burner"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    real = WorkerProcess(tmp_path / "slot.log")
    assert real.versions["esptool"]
    real.stop()


@posix_only
def test_no_worker_outlives_a_station_that_is_killed(tmp_path: Path) -> None:
    script = f"""
        import sys, time
        from pathlib import Path
        from burner.devices.worker_process import WorkerProcess
        worker = WorkerProcess(Path({str(tmp_path / "slot.log")!r}))
        worker.versions
        print(worker.pid, flush=True)
        time.sleep(60)
    """
    station = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        cwd=HERE.parents[1],
    )
    assert station.stdout is not None
    pid = int(station.stdout.readline())
    station.kill()
    station.wait()
    station.stdout.close()
    assert ends(pid)


def test_the_station_adds_lines_to_the_log_that_have_no_secret_and_make_no_line_of_their_own(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    worker.log("7f3a", f"rf: {SECRET} came\n2026 forged")
    line = (tmp_path / "slot.log").read_text(encoding="utf-8")
    assert line.split(" ", 1)[1] == f"7f3a rf: {REMOVED} came\\u000a2026 forged\n"
