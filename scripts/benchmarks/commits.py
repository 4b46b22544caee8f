"""What a unit costs: single commits beside bare inserts, and several stations on one server."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import ROOT, ledgers
from benchmarks.ledgers import STATION
from burner.manifest.store.engine import CHECKPOINT_PAGES
from burner.manifest.writing.ledger import Ledger

UNITS = 3000
"""How many units are burned for the times of a commit; the 99th percentile is then of thirty."""
STATIONS, STATION_UNITS = 4, 500


@dataclass(frozen=True)
class Place:
    """A manifest to measure."""

    name: str
    url: str
    units: int
    folder: Path
    first: int
    """The first number that no unit has yet."""


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
        return seconds(work)

    begin, finish, bare = list[float](), list[float](), list[float]()
    clock = ledgers.Ticking()
    with Ledger.open(where.url, STATION) as ledger, _bare(where) as insert:
        ledgers.open_batch(ledger, ledgers.batch_of(first))
        before = ledger.writer.size
        for number in range(first, first + UNITS):
            one = ledgers.attempt(number, clock())
            begin.append(timed(partial(ledger.begin, one)))
            outcome = ledgers.result(number, clock())
            bare.append(timed(insert))
            finish.append(timed(partial(ledger.finish, one, outcome)))
        after = ledger.writer.size
    return Commits((after - before) / UNITS, begin, finish, bare)


STATION_CODE = """
import sys, time
from benchmarks import ledgers
from burner.manifest.writing.ledger import Ledger

url, number, first, units = sys.argv[1], *map(int, sys.argv[2:])
station, clock = f"line{number + 1}", ledgers.Ticking()
with Ledger.open(url, station) as ledger:
    ledgers.open_batch(ledger, ledgers.batch_of(first))
    print("ready", flush=True)
    sys.stdin.readline()
    before = time.process_time()
    for unit in range(first, first + units):
        one = ledgers.attempt(unit, clock(), station=station)
        ledger.begin(one)
        ledger.finish(one, ledgers.result(unit, clock()))
    print(time.process_time() - before, flush=True)
"""


def stations(where: Place) -> tuple[str, str, str]:
    """Units a second of several stations on one server, from the first begin to the last end."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])}
    arguments = [
        (str(number), str(where.first - (STATIONS - number) * STATION_UNITS), str(STATION_UNITS))
        for number in range(STATIONS)
    ]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", STATION_CODE, where.url, *each],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    started = time.monotonic()
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    cpu = [float(process.communicate()[0]) for process in running]
    pace = STATIONS * STATION_UNITS / (time.monotonic() - started)
    mark = f"≥ 100 {'ok' if pace >= 100 else 'MISSED'}"
    return f"{pace:.0f}", mark, f"{sum(cpu) / STATIONS / STATION_UNITS * 1000:.2f}"


@contextmanager
def _bare(where: Place) -> Iterator[Callable[[], Any]]:
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
    yield partial(file.execute, "INSERT INTO bare (body) VALUES (?)", (body,))
    file.close()


def seconds(work: Callable[[], Any]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
