"""No crash of burner leaves the memory of a process on the disk, and no child knows the secret."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.core.secrets.child_environment import child_environment
from burner.devices.worker_process import WorkerProcess
from tests import runs

if sys.platform != "linux":
    pytest.skip("the tests read /proc", allow_module_level=True)

import resource

pytestmark = pytest.mark.usefixtures("cold_processes")
CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"


@pytest.fixture
def cores_wanted() -> Iterator[None]:
    """Whatever starts from here may leave a core file of any size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("no core files may be asked for here")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def cores(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "core" in path.name]


def children(pid: int) -> dict[int, str]:
    """Every process below this one, with its command line."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    below = {pid}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return {p: Path(f"/proc/{p}/cmdline").read_text() for p in below - {pid}}


def core_limit(pid: int) -> str:
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line for line in limits if line.startswith("Max core file size")).split()[4]


@pytest.mark.usefixtures("cores_wanted")
def test_a_process_that_forbade_it_leaves_no_core_file(tmp_path: Path) -> None:
    for forbids in ("", "from burner.core.secrets import core_dumps; core_dumps.forbid();"):
        command = [sys.executable, "-c", forbids + CRASH]
        env = {**os.environ, "PYTHONPATH": str(runs.ROOT)}
        crashed = subprocess.run(command, cwd=tmp_path, env=env, check=False)
        assert crashed.returncode == -signal.SIGSEGV
        if not forbids and not cores(tmp_path):
            pytest.skip("this system leaves core files elsewhere")
        if forbids:
            assert cores(tmp_path) == []
        for name in cores(tmp_path):
            (tmp_path / name).unlink()


@pytest.mark.usefixtures("cores_wanted")
def test_a_burn_that_crashes_leaves_no_core_file_and_no_child_knows_the_secret(
    tmp_path: Path,
) -> None:
    running = runs.start(tmp_path, "--bench", "sim:2,baud=115200", warm=False)
    running.until(lambda line: line.get("state") == "BURNING")
    station = running.process.pid
    below = children(station)
    workers = [pid for pid, command in below.items() if "esp_worker" in command]
    benches = [pid for pid, command in below.items() if "burner.bench" in command]
    forked = [pid for pid in workers if Path(f"/proc/{pid}/comm").read_text().startswith("slot-")]
    assert (len(forked), len(workers), len(benches)) == (2, 3, 1)  # one has forked them
    for pid in (station, *below):
        assert core_limit(pid) == "0"
    for pid in below:
        if os.geteuid() == 0:  # nobody else may look: the process is not dumpable
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert environment
            assert runs.SECRET.encode() not in environment
        else:
            assert not os.access(f"/proc/{pid}/environ", os.R_OK)
    os.kill(forked[0], signal.SIGSEGV)
    os.kill(benches[0], signal.SIGABRT)
    running.signal(signal.SIGABRT)
    assert running.end().status == -signal.SIGABRT
    assert cores(tmp_path) == []


@pytest.mark.usefixtures("cores_wanted")
def test_workers_and_benches_ask_for_themselves(tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path / "slot-1.log")
    with BenchProcess("sim:1") as bench:
        assert worker.versions
        assert [core_limit(pid) for pid in (worker.pid, bench.pid)] == ["0", "0"]
    worker.stop()


def test_what_checks_a_manifest_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUG_C3_SECRET", runs.SECRET)
    monkeypatch.setenv("PGHOST", "db")
    assert runs.SECRET not in child_environment("PGHOST").values()
    assert child_environment("PGHOST")["PGHOST"] == "db"
    assert "PGHOST" not in child_environment()
