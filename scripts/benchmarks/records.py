"""The tables of the manifest: what a unit costs, and what grows with the number of records."""

import gc
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from benchmarks import ROOT, ledgers, tables
from benchmarks.commits import (
    STATION_UNITS,
    STATIONS,
    UNITS,
    Commits,
    Place,
    commits,
    seconds,
    stations,
)
from benchmarks.ledgers import BATCH_UNITS, PRODUCT, STATION
from benchmarks.tables import Row, against
from burner.cli.main import COLLECTED
from burner.manifest.exchange.certificate import certificate
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger

SIZES = (10_000, 1_000_000)
LOOK_UPS = 1000
RUNS = 3
"""Of a command that reads; writing an export is timed once."""
PAUSE_S = 0.002
"""Of the commits that are not taken one right after the other: caches and clock are cold then."""


def run(folder: Path, quick: bool) -> None:
    """Measure and print everything of this part."""
    os.environ["BURNER_STATE"] = str(folder / "state")
    gc.set_threshold(*COLLECTED)  # as every command does
    tables.say("\n## Manifest")
    found: list[tuple[Place, Commits, Commits, Reading]] = []
    line: list[tuple[str, ...]] = []
    with ledgers.postgresql() as servers:
        if servers.why_no_server:
            tables.say(f"\nNo PostgreSQL: {servers.why_no_server}.")
        for size in SIZES[:1] if quick else SIZES:
            for each in _places(folder, size, servers):
                if each.name != "SQLite":
                    line.append((f"{each.name}, {each.units:,}", *stations(each)))
                at_once = commits(each, each.first)
                after_a_pause = commits(each, each.first + UNITS, PAUSE_S)
                found.append((each, at_once, after_a_pause, read(each)))
    _print(found)
    columns = (f"{STATIONS} stations", "units/s", "", "ms of processor a unit")
    tables.show("One server", columns, line)


def _places(folder: Path, size: int, servers: ledgers.Servers) -> Iterator[Place]:
    here = folder / f"{size}"
    here.mkdir()
    path = here / "manifest.db"
    started = time.monotonic()
    ledgers.fill(path, size)
    tables.say(f"\n{size} units written in {time.monotonic() - started:.0f} s")
    yield Place("SQLite", str(path), size, here, size)
    if not servers.why_no_server:
        yield Place(
            "PostgreSQL",
            servers.copy(path),
            size,
            here,
            size + 2 * UNITS + STATIONS * STATION_UNITS,
        )
    ledgers.drop(path)


# -- what readers cost ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """A command of burner that ran to its end."""

    seconds: float
    cpu_s: float
    """Of the processor: what other programs do meanwhile is not in it."""
    memory_mb: float
    """The most that its processes held together, pages of the database's file apart."""


@dataclass(frozen=True)
class Reading:
    """What readers took."""

    verify: Command
    export: Command
    verify_file: Command
    report: Command
    batch_units: int
    look_up: Sequence[float]
    """Seconds: what the station asks of a unit it has just met."""
    certificate: Sequence[float]
    """Seconds: the proof of a unit, found by its name."""
    opening: Sequence[float]
    """Seconds until a station may begin."""


def read(where: Place) -> Reading:
    """Time the commands as people run them, and look-ups in the process."""
    out = where.folder / "export.log"
    at = ("--manifest", where.url)
    with ManifestReader.open(where.url) as reader:
        key = reader.origin_key()
    return Reading(
        verify=_often("manifest", "verify", *at, "--json"),
        export=_command("manifest", "export", *at, "--format", "log", "-o", str(out)),
        verify_file=_often("manifest", "verify", str(out), "--key", key, "--json"),
        report=_often("report", *at, "--batch", ledgers.batch_of(0), "--json"),
        batch_units=min(BATCH_UNITS, where.units),
        look_up=_look_ups(where),
        certificate=_certificates(where),
        opening=[seconds(lambda: Ledger.open(where.url, STATION).close()) for _ in range(9)],
    )


def _often(*words: str) -> Command:
    """The median of a few runs: the first one finds the file cold, and others work here too."""
    runs = sorted((_command(*words) for _ in range(RUNS)), key=lambda run: run.seconds)
    middle = runs[RUNS // 2]
    cpu_s = min(run.cpu_s for run in runs)
    return Command(middle.seconds, cpu_s, max(run.memory_mb for run in runs))


def _command(*words: str) -> Command:
    command = [sys.executable, "-m", "burner", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    started, before = time.monotonic(), os.times()
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    memory_mb = 0.0
    while process.poll() is None:
        memory_mb = max(memory_mb, _memory_mb(process.pid))
        time.sleep(0.02)
    seconds, after = time.monotonic() - started, os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        tables.say(f"burner {words[0]} failed: {said.strip()[-300:]}")
    return Command(seconds, cpu_s, memory_mb)


def _memory_mb(pid: int) -> float:
    """What a process and its children hold of their own: without pages of files, Linux only."""
    held = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            held += int(line.split()[1]) if line.startswith("RssAnon:") else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return held / 1024 + sum(_memory_mb(int(child)) for child in children)
    return held / 1024


def _numbers(where: Place) -> Iterator[int]:
    dice = random.Random(1)
    return (dice.randrange(where.units) for _ in range(LOOK_UPS))


def _look_ups(where: Place) -> list[float]:
    with Ledger.open(where.url, STATION) as ledger:
        ledger.unit(str(ledgers.unit_mac(0)), PRODUCT)
        macs = [str(ledgers.unit_mac(number)) for number in _numbers(where)]
        return [seconds(partial(ledger.unit, mac, PRODUCT)) for mac in macs]


def _certificates(where: Place) -> list[float]:
    with ManifestReader.open(where.url) as reader:
        good = (number for number in _numbers(where) if number % 50 != 7)
        names = [ledgers.unit_mac(number).octets.hex().upper() for number in good]
        certificate(reader, names[0])
        return [seconds(partial(certificate, reader, name)) for name in names]


# -- tables --------------------------------------------------------------------------------------


def _print(found: Sequence[tuple[Place, Commits, Commits, Reading]]) -> None:
    rows: list[Row] = []
    for where, at_once, after_a_pause, _ in found:
        for what in ("begin", "finish"):
            typical, rare = _above(at_once, what)
            later = " / ".join(f"{value:+.2f}" for value in _above(after_a_pause, what))
            rows.append(
                (
                    f"{where.name}, {where.units:,}: {what}",
                    f"{at_once.a_unit:g}",
                    ms(median(at_once.bare)),
                    f"{typical:+.2f}",
                    ms(p99(at_once.bare)),
                    f"{rare:+.2f}",
                    against(rare, 0.8, " ms") if where.name == "SQLite" else "–",
                    later,
                )
            )
    columns: Sequence[str] = (
        "a commit, ms",
        "a unit",
        "bare",
        "above",
        "bare p99",
        "above",
        "",
        "after a pause",
    )
    tables.show("What a unit costs", columns, rows)
    rows = []
    for where, _, _, seen in found:
        for what, run, least in (
            ("database", seen.verify, 30_000),
            ("file", seen.verify_file, 20_000),
        ):
            records = 2 * where.units
            pace = records / run.cpu_s
            a_unit = (run.memory_mb - 100) * 1e6 / where.units
            small = where.units < 100_000
            rows.append(
                (
                    f"{where.name}, {where.units:,}: {what}",
                    f"{run.seconds:.1f}",
                    f"{run.cpu_s:.1f}",
                    f"{pace:,.0f}",
                    "–" if small else f"≥ {least:,} {'ok' if pace >= least else 'MISSED'}",
                    f"{run.memory_mb:.0f}",
                    "–" if small else against(round(a_unit), 400, " bytes a unit"),
                )
            )
    columns = ("verify", "s", "processor s", "records/processor s", "", "MB", "above 100 MB")
    tables.show("Reading everything", columns, rows)
    rows = []
    for where, _, _, seen in found:
        rows.append(
            (
                f"{where.name}, {where.units:,}",
                ms(p99(seen.look_up)),
                against(p99(seen.look_up) * 1000, 2.0, " ms"),
                ms(p99(seen.certificate)),
                against(p99(seen.certificate) * 1000, 100, " ms"),
                ms(max(seen.opening)),
                against(max(seen.opening), 1.0, " s"),
                f"{seen.batch_units:,}",
                f"{seen.report.seconds:.2f}",
                against(seen.report.seconds, 2.0, " s"),
            )
        )
    columns = ("99th percentile, ms", "look-up", "", "certificate", "", "opening, most", "")
    tables.show("Looking things up", (*columns, "report of", "s", ""), rows)


def _above(times: Commits, what: str) -> tuple[float, float]:
    """Milliseconds above a bare insert: at the median, at the 99th percentile."""
    ours = times.begin if what == "begin" else times.finish
    return (median(ours) - median(times.bare)) * 1000, (p99(ours) - p99(times.bare)) * 1000


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98]


def ms(value: float) -> str:
    """Seconds as milliseconds."""
    return f"{value * 1000:.2f}"
