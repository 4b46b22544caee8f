"""Workers that are forked from one process are processes like those that start by themselves."""

import os
import signal
import subprocess
import sys
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
    close_pipes(worker)
    assert ends(worker.pid)  # a zombie until the station asks
    assert Path(f"/proc/{worker.pid}").exists()
    assert worker.wait(5) == 0


def test_a_worker_that_nobody_uses_any_more_ends(forks: WorkerForks) -> None:
    worker = forks.start("slot-1.log")
    os.kill(worker.pid, signal.SIGSTOP)
    close_pipes(worker)
    pid = worker.pid
    del worker
    assert ends(pid)


def test_without_its_server_a_running_worker_works_on_and_the_next_starts_by_itself(
    forks: WorkerForks, tmp_path: Path
) -> None:
    first = WorkerProcess(tmp_path / "slot-1.log", forks.start)
    assert first.versions
    server = parent_of(first.pid)
    os.kill(server, signal.SIGKILL)
    assert ends(server)
    second = WorkerProcess(tmp_path / "slot-2.log", forks.start)
    assert second.versions
    second.stop()
    first.stop()
    assert ends(first.pid)


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
