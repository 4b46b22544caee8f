"""What the bench costs: a simulator that fills a core would measure itself, not the station."""

import sys
from contextlib import suppress
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from tests.runs import burn


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its threads so far."""
    spent_ns = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            spent_ns += int(path.read_text().split()[0])
    return spent_ns / 1e9


@pytest.mark.skipif(sys.platform != "linux", reason="reads CPU times in /proc")
@pytest.mark.parametrize("chips", [8, pytest.param(32, marks=pytest.mark.full)])
def test_a_chip_at_921600_baud_costs_a_small_part_of_a_second(chips: int, tmp_path: Path) -> None:
    """Its firmware is executed: 30 ms of processor a unit, on the computer of 2026."""
    with BenchProcess(f"sim:{chips},baud=921600") as bench:
        before = cpu_s(bench.pid)
        ran = burn(tmp_path, "--bench", bench.ready["control"])
        spent = cpu_s(bench.pid) - before
    assert ran.status == 0, ran.errors
    assert len(ran.finished) == chips
    assert spent < 0.3 * chips
