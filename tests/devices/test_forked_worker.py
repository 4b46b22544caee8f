"""Workers that are forked from one process are processes like those that start by themselves."""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("only Linux forks its workers", allow_module_level=True)

from burner.core.child_process import ChildProcess
from burner.core.errors import BurnerError
from burner.devices.wire import Message
from burner.devices.worker_process import WorkerProcess
from burner.devices.worker_start import WorkerForks
from tests.processes import ends


@pytest.fixture
def forks() -> Iterator[WorkerForks]:
    forks = WorkerForks()
    yield forks
    forks.close()


@pytest.fixture
def worker(forks: WorkerForks, tmp_path: Path) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    yield worker
    worker.stop()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def close_pipes(worker: ChildProcess) -> None:
    for pipe in (worker.stdin, worker.stdout, worker.stderr):
        assert pipe
        pipe.close()


def test_a_forked_worker_knows_its_tools(worker: WorkerProcess) -> None:
    assert set(worker.versions) == {"esptool", "pyserial", "stub"}


def test_workers_are_children_of_one_process_and_each_leads_its_group(
    forks: WorkerForks, tmp_path: Path
) -> None:
    workers = [WorkerProcess(tmp_path / f"slot-{n}.log", forks.start) for n in (1, 2, 3)]
    pids = [worker.pid for worker in workers]
    assert len({parent_of(pid) for pid in pids}) == 1
    assert [os.getpgid(pid) for pid in pids] == pids
    for worker in workers:
        worker.stop()
    assert all(ends(pid) for pid in pids)


def test_a_process_list_shows_the_slot_of_a_forked_worker(worker: WorkerProcess) -> None:
    assert worker.versions
    assert Path(f"/proc/{worker.pid}/comm").read_text() == "slot-1.log\n"


def test_a_forked_worker_that_is_killed_is_gone_and_another_one_comes(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    pid = first.pid
    first.kill()
    assert not first.is_alive
    assert ends(pid)
    second = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    assert second.versions
    second.stop()


def test_a_forked_worker_that_dies_tells_its_signal(worker: WorkerProcess) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(BurnerError) as caught:
        worker.ask(Message("close"))
    assert (caught.value.code, caught.value.detail) == ("E321", "exit -9")


def test_a_process_id_belongs_to_a_worker_until_its_end_is_known(forks: WorkerForks) -> None:
    worker = forks.start("slot-1.log")
    os.kill(worker.pid, signal.SIGTERM)
    assert ends(worker.pid)  # a zombie until the station asks
    assert Path(f"/proc/{worker.pid}").exists()
    assert worker.wait(5) == -signal.SIGTERM
    close_pipes(worker)


def test_a_worker_that_nobody_uses_any_more_ends(forks: WorkerForks) -> None:
    worker = forks.start("slot-1.log")
    os.kill(worker.pid, signal.SIGSTOP)
    close_pipes(worker)
    pid = worker.pid
    del worker
    assert ends(pid)


def echo(worker: WorkerProcess) -> str:
    """A command of no device goes to it and comes back."""
    return worker.ask(Message("close")).kind


def test_without_its_server_a_running_worker_works_on_and_another_one_comes(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    assert echo(first) == "done"
    server = parent_of(first.pid)
    os.kill(server, signal.SIGKILL)
    assert ends(server)
    second = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    assert echo(second) == "done"
    assert (echo(first), first.is_alive) == ("done", True)
    first.kill()
    assert ends(first.pid)
    assert not first.is_alive
    second.stop()


def test_a_server_that_dies_with_a_request_costs_that_one_alone(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    server = parent_of(first.pid)
    os.kill(server, signal.SIGSTOP)
    lost = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    os.kill(server, signal.SIGKILL)
    with pytest.raises(BurnerError) as caught:
        echo(lost)
    assert caught.value.code == "E321"
    third = WorkerProcess(tmp_path / "slot-3.log", forks.start)
    assert (echo(third), echo(first)) == ("done", "done")
    for worker in (first, lost, third):
        worker.stop()


def test_a_request_that_cannot_be_met_ends_no_other_worker(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    server = parent_of(first.pid)
    in_use = {int(entry.name) for entry in Path(f"/proc/{server}/fd").iterdir()}
    second_free = sorted(set(range(100)) - in_use)[1]
    hard = resource.prlimit(server, resource.RLIMIT_NOFILE)[1]
    usual = resource.prlimit(server, resource.RLIMIT_NOFILE, (second_free + 1, hard))
    refused = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    with pytest.raises(BurnerError) as caught:
        echo(refused)
    assert caught.value.code == "E321"
    resource.prlimit(server, resource.RLIMIT_NOFILE, usual)
    third = WorkerProcess(tmp_path / "slot-3.log", forks.start)
    assert (echo(third), echo(first)) == ("done", "done")
    for worker in (first, refused, third):
        worker.stop()


def test_a_worker_of_a_server_that_stands_still_is_killed_at_once(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    server = parent_of(first.pid)
    os.kill(server, signal.SIGSTOP)
    waiting = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    waiting.kill()
    assert not waiting.is_alive
    os.kill(server, signal.SIGCONT)
    assert echo(first) == "done"
    first.stop()


def test_the_end_does_not_wait_for_a_server_that_stands_still(tmp_path: Path) -> None:
    forks = WorkerForks()
    worker = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    server = parent_of(worker.pid)
    os.kill(server, signal.SIGSTOP)
    worker.stop()
    forks.close()
    assert ends(server)
    after = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    assert echo(after) == "done"
    after.stop()


def test_two_threads_learn_of_one_answer(forks: WorkerForks) -> None:
    worker = forks.start("slot-1.log")
    pids: list[int] = []
    asking = threading.Thread(target=lambda: pids.append(worker.pid))
    asking.start()
    while asking.is_alive():
        worker.poll()
    assert pids == [worker.pid]
    close_pipes(worker)


@pytest.mark.parametrize("name", ["线" * 70, ""])
def test_any_log_may_have_a_worker(forks: WorkerForks, name: str) -> None:
    worker = forks.start(name)
    assert worker.pid
    worker.kill_group()
    assert worker.wait(100) == -signal.SIGKILL
    close_pipes(worker)


@pytest.mark.usefixtures("cold_processes")
def test_why_esptool_cannot_be_imported_is_said(
    forks: WorkerForks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "esptool.py").write_text("raise ImportError('libfoo.so is missing')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    with pytest.raises(BurnerError) as caught:
        echo(worker)
    assert caught.value.code == "E321"
    assert "ImportError: libfoo.so is missing" in caught.value.detail
    worker.stop()


def test_workers_end_with_the_station(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from burner.devices.worker_process import WorkerProcess\n"
        "from burner.devices.worker_start import WorkerForks\n"
        "forks = WorkerForks()\n"
        f"worker = WorkerProcess(Path({str(tmp_path / 'slot.log')!r}), forks.start)\n"
        "print(worker.pid, flush=True)\n"
        "input()\n"
    )
    station = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert station.stdout
    pid = int(station.stdout.readline())
    server = parent_of(pid)
    station.kill()
    station.communicate()
    assert ends(pid)
    assert ends(server)
