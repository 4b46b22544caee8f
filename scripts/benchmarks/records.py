"""The tables of the manifest: what a unit costs, and what grows with the number of records."""

import gc
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import ROOT, ledgers, tables
from benchmarks.ledgers import BATCH_UNITS, PRODUCT, STATION
from benchmarks.tables import against
from burner.cli import COLLECTED
from burner.manifest.database import CHECKPOINT_PAGES
from burner.manifest.ledger import Ledger
from burner.manifest.life import lives_of
from burner.manifest.reader import Reader

SIZES = (10_000, 1_000_000)
UNITS = 3000
"""How many units are burned for the times of a commit; the 99th percentile is then of thirty."""
LOOK_UPS = 1000
RUNS = 3
"""Of a command that reads; writing an export is timed once."""
PAUSE_S = 0.002
"""Of the commits that are not taken one right after the other: caches and clock are cold then."""


@dataclass(frozen=True)
class Place:
    """A manifest to measure."""

    name: str
    url: str
    records: int
    folder: Path
    first: int
    """The first number that no unit has yet."""


def run(folder: Path, quick: bool) -> None:
    """Measure and print everything of this part."""
    os.environ["BURNER_STATE"] = str(folder / "state")
    gc.set_threshold(*COLLECTED)  # as every command does
    tables.say("\n## Manifest")
    found: list[tuple[Place, Commits, Commits, Reading]] = []
    with ledgers.postgresql() as servers:
        if servers.why_not:
            tables.say(f"\nNo PostgreSQL: {servers.why_not}.")
        for size in SIZES[:1] if quick else SIZES:
            for each in _places(folder, size, servers):
                at_once = commits(each, each.first)
                after_a_pause = commits(each, each.first + UNITS, PAUSE_S)
                found.append((each, at_once, after_a_pause, read(each)))
    _print(found)


def _places(folder: Path, size: int, servers: ledgers.Servers) -> Iterator[Place]:
    here = folder / f"{size}"
    here.mkdir()
    path = here / "manifest.db"
    started = time.monotonic()
    ledgers.fill(path, size)
    tables.say(f"\n{size} records written in {time.monotonic() - started:.0f} s")
    yield Place("SQLite", str(path), size, here, size)
    if not servers.why_not:
        yield Place("PostgreSQL", servers.copy(path), size, here, size + 2 * UNITS)
    ledgers.drop(path)


# -- what a unit costs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Commits:
    """Seconds of single commits, taken turn by turn with bare inserts of the same size."""

    a_unit: float
    begin: Sequence[float]
    finish: Sequence[float]
    bare: Sequence[float]


def commits(where: Place, first: int, pause_s: float = 0) -> Commits:
    """Burn units beside the ones that are there; nothing else is done meanwhile."""

    def timed(work: Callable[[], Any]) -> float:
        if pause_s:
            time.sleep(pause_s)
        return _seconds(work)

    begin, finish, bare = list[float](), list[float](), list[float]()
    clock = ledgers.Ticking()
    with Ledger.open(where.url, STATION) as ledger, _bare(where) as insert:
        ledgers.open_batch(ledger, ledgers.batch_of(first))
        before = _records(where)
        for number in range(first, first + UNITS):
            one = ledgers.attempt(number, clock())
            begin.append(timed(lambda one=one: ledger.begin(one)))
            outcome = ledgers.result(number, clock())
            bare.append(timed(insert))
            finish.append(timed(lambda o=one, r=outcome: ledger.finish(o, r)))
        after = _records(where)
    return Commits((after - before) / UNITS, begin, finish, bare)


def _records(where: Place) -> int:
    from burner.manifest.checks.verify import size

    with Reader.open(where.url) as reader:
        return size(reader)


@contextmanager
def _bare(where: Place) -> Iterator[Callable[[], None]]:
    """One durable insert of as many bytes as a record has, into a table of its own."""
    body = "x" * 2000
    if "://" in where.url:
        import psycopg

        plain = where.url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(plain) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS bare (seq SERIAL PRIMARY KEY, body TEXT)"
            )
            connection.commit()

            def insert() -> None:
                connection.execute("INSERT INTO bare (body) VALUES (%s)", (body,))
                connection.commit()

            yield insert
        return
    file = sqlite3.connect(where.folder / "bare.db", isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=FULL")
    file.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    file.execute("CREATE TABLE IF NOT EXISTS bare (seq INTEGER PRIMARY KEY, body TEXT)")
    yield lambda: file.execute("INSERT INTO bare (body) VALUES (?)", (body,)) and None
    file.close()


# -- what readers cost ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """A command of burner that ran to its end."""

    seconds: float
    memory_mb: float
    """The most that its processes held together, pages of the database's file apart."""


@dataclass(frozen=True)
class Reading:
    """What readers took."""

    verify: Command
    export: Command
    report: Command
    batch_units: int
    look_up: Sequence[float]
    """Seconds: what the station asks of a unit it has just met."""
    life: Sequence[float]
    """Seconds: a unit's whole life by its name, as `show` does."""


def read(where: Place) -> Reading:
    """Time the commands as people run them, and look-ups in the process."""
    out = where.folder / "export.jsonl"
    at = ("--manifest", where.url)
    batch = ledgers.batch_of(0)
    return Reading(
        verify=_often("verify", *at, "--json"),
        export=_command("export", *at, "--format", "jsonl", "--out", str(out)),
        report=_often("report", *at, "--batch", batch, "--json"),
        batch_units=min(BATCH_UNITS, where.records // 2),
        look_up=_look_ups(where),
        life=_lives(where),
    )


def _often(*words: str) -> Command:
    """The median of a few runs: the first one finds the file cold, and others work here too."""
    runs = sorted((_command(*words) for _ in range(RUNS)), key=lambda run: run.seconds)
    return Command(runs[RUNS // 2].seconds, max(run.memory_mb for run in runs))


def _command(*words: str) -> Command:
    command = [sys.executable, "-m", "burner", "manifest", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    memory_mb, seconds = 0.0, 0.0
    while process.poll() is None:
        memory_mb = max(memory_mb, _memory_mb(process.pid))
        time.sleep(0.02)
    seconds = time.monotonic() - started
    said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        tables.say(f"burner manifest {words[0]} failed: {said.strip()[-300:]}")
    return Command(seconds, memory_mb)


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
    return (dice.randrange(where.records // 2) for _ in range(LOOK_UPS))


def _look_ups(where: Place) -> list[float]:
    with Ledger.open(where.url, STATION) as ledger:
        ledger.unit(str(ledgers.unit_mac(0)), PRODUCT)
        macs = [str(ledgers.unit_mac(number)) for number in _numbers(where)]
        return [_seconds(lambda mac=mac: ledger.unit(mac, PRODUCT)) for mac in macs]


def _lives(where: Place) -> list[float]:
    with Reader.open(where.url) as reader:
        lives_of(reader, str(ledgers.unit_mac(0)))
        names = [ledgers.unit_mac(number).octets.hex().upper() for number in _numbers(where)]
        return [_seconds(lambda name=name: lives_of(reader, name)) for name in names]


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# -- tables --------------------------------------------------------------------------------------


def _print(found: Sequence[tuple[Place, Commits, Commits, Reading]]) -> None:
    rows = []
    for where, at_once, after_a_pause, _ in found:
        for what in ("begin", "finish"):
            typical, rare = _above(at_once, what)
            later = " / ".join(f"{value:+.2f}" for value in _above(after_a_pause, what))
            rows.append(
                (
                    f"{where.name}, {where.records:,}: {what}",
                    f"{at_once.a_unit:g}",
                    ms(median(at_once.bare)),
                    f"{typical:+.2f}",
                    ms(p99(at_once.bare)),
                    f"{rare:+.2f}",
                    against(rare, 0.5, " ms"),
                    later,
                )
            )
    columns = ("a commit, ms", "a unit", "bare", "above", "bare p99", "above", "", "after a pause")
    tables.show("What a unit costs", columns, rows)
    rows = []
    for where, _, _, seen in found:
        pace = where.records / seen.verify.seconds
        least = "–" if where.records < 100_000 else pace_mark(pace)
        rows.append(
            (
                f"{where.name}, {where.records:,}",
                f"{seen.verify.seconds:.1f}",
                f"{pace:,.0f}",
                least,
                f"{seen.verify.memory_mb:.0f}",
                f"{seen.export.seconds:.1f}",
                f"{seen.export.memory_mb:.0f}",
            )
        )
    columns = ("whole manifest", "verify s", "records/s", "", "MB", "export s", "MB")
    tables.show("Reading everything", columns, rows)
    rows = []
    for where, _, _, seen in found:
        units = f"{seen.batch_units:,}"
        rows.append(
            (
                f"{where.name}, {where.records:,}",
                ms(median(seen.look_up)),
                ms(p99(seen.look_up)),
                against(p99(seen.look_up) * 1000, 2.0, " ms"),
                ms(median(seen.life)),
                units,
                f"{seen.report.seconds:.2f}",
                against(seen.report.seconds, 2.0, " s"),
                f"{seen.report.memory_mb:.0f}",
            )
        )
    columns = (
        "one unit, ms; one batch",
        "look-up",
        "p99",
        "",
        "life",
        "batch of",
        "report s",
        "",
        "MB",
    )
    tables.show("Looking things up", columns, rows)


def _above(times: Commits, what: str) -> tuple[float, float]:
    """Milliseconds above a bare insert: at the median, at the 99th percentile."""
    ours = times.begin if what == "begin" else times.finish
    return (median(ours) - median(times.bare)) * 1000, (p99(ours) - p99(times.bare)) * 1000


def pace_mark(pace: float) -> str:
    """Against the target of verify."""
    return "≥ 100,000 " + ("ok" if pace >= 100_000 else "MISSED")


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98]


def ms(value: float) -> str:
    """Seconds as milliseconds."""
    return f"{value * 1000:.2f}"
