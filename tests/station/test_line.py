"""The line: many slots, bad units, bad workers, boards that come and go, kill -9."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml

from burner.bench.process import BenchProcess
from tests.bench.fault_outcomes import TABLE, Row
from tests.processes import ends
from tests.runs import ROOT, Running, RunResult, burn, burner, in_state, manifest, start

LARGE = ROOT / "profiles" / "sensor-esp32.yaml"
"""A product that takes long to burn."""
LINE_FAULTS = [row for row in TABLE if row.fault["kind"] not in ("same-mac", "hang")]


# -- a fault in every eighth unit ----------------------------------------------------------------


def line_of(folder: Path, slots: int, boards: int) -> tuple[Path, Mapping[int, Row]]:
    """A bench whose every eighth board is faulty, and which board has which fault."""
    faults = {n: LINE_FAULTS[n // 8 % len(LINE_FAULTS)] for n in range(7, boards, 8)}
    units = [{"faults": [faults[n].fault]} if n in faults else {} for n in range(boards)]
    path = folder / "line.yaml"
    bench = {"slots": slots, "boards": boards, "baud": 921600, "units": units}
    path.write_text(yaml.safe_dump(bench), encoding="utf-8")
    return path, faults


def check_line(ran: RunResult, boards: int, faults: Mapping[int, Row]) -> None:
    """Every good unit passes, every faulty one has its code, the summary adds up."""
    expected = Counter((row.outcome, row.code) for row in faults.values())
    expected["PASS", ""] += boards - len(faults)
    silent = Counter(("ERROR", row["code"]) for row in ran.summary["silent"])
    units = Counter((unit["outcome"], unit["code"]) for unit in ran.units)
    assert units + silent == expected
    assert sum(ran.summary["counts"].values()) == len(ran.units)
    assert len(ran.units) + len(ran.summary["silent"]) == boards


def check_nobody_waited(ran: RunResult) -> None:
    """From the end of a board to the start of the next in its slot passes no neighbour's time.

    Medians: on a busy computer one pause may take as long as a whole burn.
    """
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    burns, pauses = [], []
    for line in ran.lines[:-1]:
        if line["event"] != "slot":
            continue
        slot = line["slot"]
        if line["state"] in ("PASS", "FAIL", "ERROR"):
            ended[slot] = line["at"]
            if line["state"] == "PASS":
                burns.append(line["at"] - began[slot])
        elif line["state"] == "BURNING":
            began[slot] = line["at"]
            if slot in ended:
                pauses.append(line["at"] - ended.pop(slot))
    assert median(pauses) < median(burns)


@pytest.mark.parametrize(
    ("slots", "boards"),
    [(8, 16), pytest.param(32, 128, marks=[pytest.mark.full, pytest.mark.timeout(600)])],
)
def test_a_fault_in_every_eighth_unit_is_that_units_alone(
    tmp_path: Path, slots: int, boards: int
) -> None:
    bench, faults = line_of(tmp_path, slots, boards)
    running = start(tmp_path, "--bench", bench, "--count", str(boards))
    ran = running.end(500)
    assert ran.status == 1
    check_line(ran, boards, faults)
    check_nobody_waited(ran)
    checked = burner(tmp_path, "manifest", "verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr


# -- workers and ports that die ------------------------------------------------------------------


def worker_of(burner_pid: int, slot: str) -> int:
    """The worker process of a slot: a process list shows the slot's log."""
    waiting = [burner_pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        if (process / "comm").read_text().strip() == f"slot-{slot}.log":
            return int(process.name)
        waiting += map(int, (process / "task" / process.name / "children").read_text().split())
    raise AssertionError(f"no worker of slot {slot}")


@pytest.fixture
def bench() -> Iterator[BenchProcess]:
    """Its units take seconds: their application is large."""
    with BenchProcess("sim:4,boards=12,baud=921600,seed=11", profile=LARGE) as process:
        yield process


@pytest.fixture
def quick_bench() -> Iterator[BenchProcess]:
    """Its units take no time: for what happens between two boards."""
    with BenchProcess("sim:4,boards=12,seed=11") as process:
        yield process


def on(bench: BenchProcess) -> tuple[str, str]:
    return "--bench", str(bench.ready["control"])


MID_WRITE = 30_000
"""Bytes to a chip: of a unit of LARGE, the stub takes 7,000, and the whole more than 100,000."""


def await_writing(bench: BenchProcess, running: Running, slots: str) -> None:
    """Until each of these slots is in the middle of its write, by the bytes on its wire."""
    while any(sum(bench.control.traffic(slot)["to_chip"].values()) < MID_WRITE for slot in slots):
        assert running.process.poll() is None, running.errors
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds workers in /proc")
def test_a_stopped_worker_a_killed_one_and_a_port_that_vanishes_hold_nobody_up(
    tmp_path: Path, bench: BenchProcess
) -> None:
    running = start(tmp_path, *on(bench), profile=LARGE, warm=False)
    await_writing(bench, running, "1234")
    os.kill(worker_of(running.process.pid, "1"), signal.SIGSTOP)
    os.kill(worker_of(running.process.pid, "2"), signal.SIGKILL)
    bench.control.unplug("3")
    ran = running.end()
    ends = {slot: [(e["outcome"], e["code"]) for e in ran.of_slot(slot)] for slot in "1234"}
    assert ends == {
        "1": [("ERROR", "E320"), ("PASS", "")],
        "2": [("ERROR", "E902"), ("PASS", "")],
        "3": [("ERROR", "E505")],
        "4": [("PASS", "")],
    }
    assert ran.status == 1
    own = next(line["at"] for line in ran.lines if in_state("4", "PASS")(line))
    after_a_stopped_worker = next(line["at"] for line in ran.lines if in_state("1", "PASS")(line))
    assert own < after_a_stopped_worker


# -- boards that come and go ---------------------------------------------------------------------


def test_boards_are_inserted_and_removed_while_it_runs(
    tmp_path: Path, quick_bench: BenchProcess
) -> None:
    bench = quick_bench
    for slot in "234":
        bench.control.remove(slot)
    running = start(tmp_path, *on(bench), "--watch", "--count", "3")
    running.until(in_state("1", "PASS"))
    bench.control.insert("2")
    running.until(in_state("2", "PASS"))
    bench.control.remove("1")
    running.until(lambda line: in_state("1", "EMPTY")(line) and line["at"] > _ended(running, "1"))
    bench.control.insert("1")
    ran = running.end()
    assert ran.status == 0, ran.errors
    assert [len(ran.of_slot(slot)) for slot in "1234"] == [2, 1, 0, 0]
    assert len({record["unit_id"] for record in manifest(tmp_path)}) == 3


def _ended(running: Running, slot: str) -> float:
    return float(next(line["at"] for line in running.lines if in_state(slot, "PASS")(line)))


def test_a_board_left_in_its_slot_is_not_burned_twice(
    tmp_path: Path, quick_bench: BenchProcess
) -> None:
    running = start(tmp_path, *on(quick_bench), "--watch")
    for slot in "1234":
        running.until(in_state(slot, "PASS"))
    time.sleep(2)
    running.signal(signal.SIGINT)
    ran = running.end()
    assert ran.status == 130
    assert len(ran.finished) == 4


def test_ports_that_renumber_between_two_boards_are_found_again(
    tmp_path: Path, quick_bench: BenchProcess
) -> None:
    bench = quick_bench
    for slot in "234":
        bench.control.remove(slot)
    running = start(tmp_path, *on(bench), "--watch", "--count", "2")
    running.until(in_state("1", "PASS"))
    bench.control.remove("1")
    bench.control.renumber("1")
    running.until(lambda line: in_state("1", "EMPTY")(line) and line["at"] > _ended(running, "1"))
    bench.control.insert("1")
    ran = running.end()
    assert ran.status == 0, ran.errors
    assert [end["outcome"] for end in ran.of_slot("1")] == ["PASS", "PASS"]


def test_a_chip_that_comes_back_under_another_port_name_after_reset_passes(tmp_path: Path) -> None:
    path = tmp_path / "native.yaml"
    path.write_text("{slots: 2, usb: 600K, units: [{renumbers: true}]}", encoding="utf-8")
    ran = burn(tmp_path, "--bench", path)
    assert ran.status == 0, ran.errors
    assert [unit["outcome"] for unit in ran.units] == ["PASS", "PASS"]


# -- kill -9 -------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds workers in /proc")
def test_kill_9_in_mid_write_then_again_loses_nothing_and_doubles_nothing(
    tmp_path: Path, bench: BenchProcess
) -> None:
    running = start(
        tmp_path, *on(bench), "--batch", "B", "--quantity", "4", profile=LARGE, warm=False
    )
    await_writing(bench, running, "1234")
    workers = [worker_of(running.process.pid, slot) for slot in "1234"]
    running.kill()
    assert ends(*workers), "a worker outlived its parent"
    again = burn(tmp_path, *on(bench), "--batch", "B", "--quantity", "4", profile=LARGE)
    assert again.status == 0, again.errors
    records = manifest(tmp_path)
    by_unit = by_name(records)
    assert len(by_unit) == 4
    assert all(outcomes[-1] == "PASS" for outcomes in by_unit.values())
    assert all(outcomes[:-1] == ["OPEN"] for outcomes in by_unit.values())
    assert burner(tmp_path, "manifest", "verify").returncode == 0


def by_name(records: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Outcomes of every name, in the order of the records."""
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record["device_name"], []).append(record["outcome"])
    return found
