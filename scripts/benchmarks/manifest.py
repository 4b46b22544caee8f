"""The manifest, measured: commits of a unit, verify, look-up, list, at any size, on any database.

    python scripts/benchmarks/manifest.py [--records 10000] [--records 1000000] [--url URL]

Prints one table. `bare` is a durable insert of one row of the same size, with the driver alone,
on the same disk or server, taken in turns with ours: what a commit costs before we do anything.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from burner.manifest.bodies import attempt_data
from burner.manifest.ledger import Ledger, _Work
from burner.manifest.reader import Reader
from burner.manifest.verify import verify
from burner.model import Attempt, Mac, Outcome, Region, Result, Silicon, Step

PRODUCT = "S3EUVBRJLB"
BATCH = "bench"
UNITS = 2000
"""Burned for the measure of commits."""


def attempt(number: int) -> Attempt:
    """One unit with a name of its own and five regions."""
    mac = Mac(bytes.fromhex("7cdf") + number.to_bytes(4, "big"))
    regions = tuple(
        Region(f"region{i}", i << 16, 60_000, sha256=f"{i:064x}", md5=f"{i:032x}") for i in range(5)
    )
    return Attempt(
        id=f"{number:032x}",
        station="bench",
        slot=str(number % 32),
        operator="bench",
        batch=BATCH,
        profile="plug-c3 1.2.0",
        release_digest="ab" * 32,
        product_id=PRODUCT,
        started=datetime.now(UTC),
        versions={"burner": "0.1.0", "esptool": "5.6.0", "stub": "1", "python": "3.11"},
        silicon=Silicon("esp32c3", "v0.4", mac, 0x164020, 4 << 20, fingerprint=f"{number:016x}"),
        device_name=mac.octets.hex(),
        ids={"mac": str(mac)},
        regions=regions,
    )


def result() -> Result:
    """A PASS."""
    return Result(
        outcome=Outcome.PASS,
        step=Step.PROVE,
        ended=datetime.now(UTC),
        seconds=12.3,
        written=True,
        timings={"identify": 0.5, "write": 9.5, "verify": 0.4},
        evidence={"baud": 921600, "key": "0123456789abcdef"},
    )


def fill(ledger: Ledger, first: int, units: int) -> None:
    """Records like those of `begin` and `finish`, many to a transaction: only to have them."""
    writer = ledger.writer
    with writer.lock:
        connection = writer._ready()
        for start in range(first, first + units, 5000):
            with connection.begin():
                for number in range(start, min(start + 5000, first + units)):
                    unit, data = attempt(number), attempt_data(attempt(number))
                    row = ledger._intend(connection, unit, data)
                    writer._adopt(row)
                    work = _Work(
                        row.head.seq, data, unit.unit_id, unit.device_name, BATCH, claimed=True
                    )
                    writer._adopt(ledger._end(connection, unit, result(), work))


@contextmanager
def bare(url: str, folder: Path) -> Iterator[Callable[[], None]]:
    """A durable insert of one row of a record's size, by the driver alone."""
    text = "x" * 1900
    if "://" in url:
        import psycopg

        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS bare (id serial PRIMARY KEY, body text)")
            connection.commit()

            def insert() -> None:
                connection.execute("INSERT INTO bare (body) VALUES (%s)", (text,))
                connection.commit()

            yield insert
        return
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            database.execute(f"PRAGMA {setting}")
        database.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT)")

        def commit() -> None:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO bare (body) VALUES (?)", (text,))
            database.execute("COMMIT")

        yield commit


def commits(url: str, folder: Path, ledger: Ledger, first: int) -> dict[str, list[float]]:
    """Milliseconds of each commit of a unit and of a bare one, in turns."""
    taken: dict[str, list[float]] = {"begin": [], "finish": [], "bare": []}

    def timed(what: str, run: Callable[[], object]) -> None:
        start = time.perf_counter()
        run()
        taken[what].append((time.perf_counter() - start) * 1000)

    with bare(url, folder) as insert:
        for number in range(first, first + UNITS):
            unit, end = attempt(number), result()
            timed("begin", lambda unit=unit: ledger.begin(unit))  # type: ignore[misc]
            timed("bare", insert)
            timed("finish", lambda unit=unit, end=end: ledger.finish(unit, end))  # type: ignore[misc]
    return taken


def at(values: list[float], share: float) -> float:
    """A percentile."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def measure(url: str, folder: Path, records: int) -> None:
    """Fill up to a size and print its row."""
    with Ledger.open(url, "bench") as ledger:
        ledger.open_batch(
            BATCH, profile="plug-c3 1.2.0", release_digest="ab" * 32, product_id=PRODUCT
        )
        there = (ledger.writer.head.seq - 1) // 2
        fill(ledger, there, records // 2 - there)
        units = records // 2
        taken = commits(url, folder, ledger, units)
    with Reader.open(url) as reader:
        lookups = []
        for number in range(0, units, max(1, units // 300)):
            start = time.perf_counter()
            reader.unit(attempt(number).unit_id, PRODUCT)
            lookups.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        verdict = verify(reader)
        verified = verdict.records / (time.perf_counter() - start)
        start = time.perf_counter()
        listed = sum(1 for _, element in zip(range(20_000), reader.elements(), strict=False))
        listing = listed / (time.perf_counter() - start)
    assert verdict.flaw is None, verdict.flaw
    p99 = {what: at(values, 0.99) for what, values in taken.items()}
    p50 = {what: at(values, 0.5) for what, values in taken.items()}
    print(
        f"{records:>9} | {p50['bare']:5.2f} {p50['begin']:5.2f} {p50['finish']:5.2f} "
        f"| {p99['bare']:5.2f} {p99['begin']:5.2f} {p99['finish']:5.2f} "
        f"| {at(lookups, 0.5):5.2f} {at(lookups, 0.99):5.2f} | {verified:>9.0f} | {listing:>8.0f}",
        flush=True,
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, action="append")
    parser.add_argument("--url", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="burner-bench-") as name:
        folder = Path(name)
        os.environ["BURNER_STATE"] = str(folder / "state")
        url = arguments.url or str(folder / "manifest.db")
        print("          | commit p50, ms    | commit p99, ms    | look-up ms  | verify    | list")
        print(
            "  records |  bare begin finish|  bare begin finish|  p50   p99  | records/s | units/s"
        )
        for records in arguments.records or [10_000, 1_000_000]:
            measure(url, folder, records)


if __name__ == "__main__":
    main()
