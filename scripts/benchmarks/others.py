"""The usual ways of burning, measured: esptool's own commands, a process each.

They go over the same `sim://` transport as ours: a line of Python makes it known to pyserial
before esptool's own `main` runs.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import ROOT
from benchmarks.product import NVS_SIZE, Product, files
from burner.bench.process import BenchProcess

ESPTOOL = (
    "import serial; serial.protocol_handler_packages.append('burner.bench.wire');"
    "import esptool; esptool._main()"
)
NVS_OFFSET = "0x9000"


@dataclass
class Run:
    """All slots at once, once."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_s: float = 0.0
    """For each unit, imports included."""

    @property
    def wall_s(self) -> float:
        """Until the last slot was through."""
        return max(self.seconds.values())


@dataclass(frozen=True)
class Ran:
    """Several runs."""

    runs: Sequence[Run]

    @property
    def walls(self) -> list[float]:
        """Seconds, by run."""
        return [run.wall_s for run in self.runs]

    @property
    def wall_s(self) -> float:
        """Their median."""
        return median(self.walls)

    @property
    def cpu_s(self) -> float:
        """CPU seconds for a unit, the median."""
        return median(run.cpu_s for run in self.runs)


def plain(places: Sequence[str]) -> list[list[str]]:
    """`esptool write-flash` and nothing else."""
    return [["write-flash", *places]]


def six(places: Sequence[str]) -> list[list[str]]:
    """What scripts of the line usually do."""
    read_back = str(Path(places[1]).with_name("read-back.bin"))
    return [
        ["chip-id"],
        ["read-mac"],
        ["erase-flash"],
        ["write-flash", *places],
        ["verify-flash", *places],
        ["read-flash", NVS_OFFSET, hex(NVS_SIZE), read_back],
    ]


def measure(product: Product, bench: str, way: str, runs: int) -> Ran:
    """Run a way (`plain` or `six`) on fresh boards, all slots at once."""
    product.folder.mkdir(parents=True, exist_ok=True)
    places = files(product.folder, product.release().payload(""))
    commands = {"plain": plain, "six": six}[way](places)
    done = []
    with BenchProcess(bench) as served:
        for number in range(runs):
            for slot in served.slots if number else ():
                served.control.swap(slot)
            time.sleep(0.5)
            done.append(_all_slots(served.control.slots(), product.baud, commands))
    return Ran(done)


def _all_slots(
    slots: dict[str, dict[str, str]], baud: int, commands: Sequence[Sequence[str]]
) -> Run:
    run, failed = Run(), list[str]()
    before, started = os.times(), time.monotonic()

    def work(slot: str, port: str) -> None:
        for command in commands:
            failed.extend(_esptool(port, baud, command))
        run.seconds[slot] = time.monotonic() - started

    threads = [
        threading.Thread(target=work, args=(slot, ports["esp"])) for slot, ports in slots.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"esptool failed: {failed[0]}")
    after = os.times()  # Windows counts no children
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    run.cpu_s = spent / len(slots)
    return run


def _esptool(port: str, baud: int, command: Sequence[str]) -> list[str]:
    """One command in a process of its own; what it said when it failed."""
    options = ["--chip", "esp32s3", "--port", port, "--baud", str(baud)]
    done = subprocess.run(
        [sys.executable, "-c", ESPTOOL, *options, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"{command[0]}: {(done.stdout + done.stderr)[-400:]}"] if done.returncode else []
