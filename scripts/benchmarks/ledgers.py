"""Manifests of any size to measure on: SQLite files, and the same rows in a PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from burner.manifest import tables
from burner.manifest.chain import Row
from burner.manifest.database import place, reading, writing
from burner.manifest.ledger import Ledger
from burner.manifest.local.marks import Mark
from burner.manifest.reader import Reader
from burner.manifest.writer import Writer
from burner.model import Attempt, Mac, Outcome, Region, Result, Silicon, Step

STATION = "line1"
PRODUCT = "B3NCHB3NCH"
PROFILE = "bench 1.0.0"
DIGEST = "ab" * 32
BATCH_UNITS = 100_000
START = datetime(2025, 1, 6, 6, 0, tzinfo=UTC)
BEAT_S = 0.15
"""Seconds from one record to the next: 32 slots, two records a unit."""
BATCHED = 20_000
REGIONS = tuple(
    Region(name, offset, size, sha256(name.encode()).hexdigest(), f"{offset:032x}")
    for name, offset, size in (
        ("bootloader", 0, 26_720),
        ("partition-table", 0x8000, 3072),
        ("fctry", 0x9000, 0x6000),
        ("app", 0x10000, 1 << 20),
    )
)
FAILURES = (("E501", Step.WRITE), ("E601", Step.WRITE), ("E602", Step.VERIFY), ("E603", Step.PROVE))


class Ticking:
    """A clock that goes on by a beat each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=BEAT_S)
        return self.now


class Filling(Writer):
    """A writer that does not wait for the disk: many records in one transaction."""

    _pending = 0
    _transaction: Any = None

    def commit(self, key: str, write: Callable[[Any], Row]) -> Row:  # noqa: ARG002
        """As the writer's own, but durable only every now and then."""
        connection = self._ready()
        if self._transaction is None:
            self._transaction = connection.begin()
        row = write(connection)
        self._head, self._last_at = Mark(row.head.seq, row.hash), row.head.at
        self._pending += 1
        if self._pending >= BATCHED:
            self.settle()
        return row

    def settle(self) -> None:
        """Make everything durable."""
        if self._transaction is not None:
            self._transaction.commit()
            self._transaction, self._pending = None, 0
            if self._mark:
                self._mark.write(self._head)


def unit_mac(number: int) -> Mac:
    """The MAC of a unit."""
    return Mac(bytes.fromhex("3485") + number.to_bytes(4, "big"))


def attempt(number: int, clock: datetime, try_number: int = 1) -> Attempt:
    """An attempt on a unit, as full as a real one."""
    mac = unit_mac(number)
    return Attempt(
        id=f"{number:024x}{try_number:08x}",
        station=STATION,
        slot=str(number % 32 + 1),
        operator="li",
        batch=batch_of(number),
        profile=PROFILE,
        release_digest=DIGEST,
        product_id=PRODUCT,
        started=clock,
        versions={"burner": "0.1.0", "esptool": "5.6.0", "stub": "1.4.1", "python": "3.11"},
        silicon=Silicon("esp32s3", "v0.2", mac, 0x1640EF, 4 << 20, fingerprint=f"{number:016x}"),
        device_name=mac.octets.hex().upper(),
        ids={"mac": str(mac)},
        regions=REGIONS,
        try_number=try_number,
    )


def batch_of(number: int) -> str:
    """The batch of a unit."""
    return f"WO-{number // BATCH_UNITS + 1}"


def result(number: int, clock: datetime) -> Result:
    """How an attempt ended: one in fifty fails."""
    code, step = FAILURES[number // 50 % len(FAILURES)] if number % 50 == 7 else ("", Step.PROVE)
    return Result(
        outcome=Outcome.FAIL if code else Outcome.PASS,
        step=step,
        ended=clock,
        seconds=8.6 + number % 13 / 10,
        code=code,
        written=True,
        timings={"identify": 0.4, "claim": 0.004, "write": 7.8, "verify": 0.3, "reset": 0.1},
        evidence={"baud": 921600, "key": f"{number % 7:016x}"},
    )


def fill(path: Path, records: int) -> None:
    """Write a manifest of about so many records: two a unit."""
    clock = Ticking()
    writer = Filling(place(path), STATION, clock)
    writer.open()
    with Ledger(writer, Reader(place(path))) as ledger:
        for number in range(records // 2):
            if number % BATCH_UNITS == 0:
                open_batch(ledger, batch_of(number))
                writer.settle()
            one = attempt(number, clock.now)
            ledger.begin(one)
            ledger.finish(one, result(number, clock.now))
        writer.settle()


def open_batch(ledger: Ledger, batch: str) -> None:
    """A batch of the usual size."""
    ledger.open_batch(
        batch,
        profile=PROFILE,
        release_digest=DIGEST,
        product_id=PRODUCT,
        planned=BATCH_UNITS,
    )


@dataclass(frozen=True)
class Servers:
    """PostgreSQL of our own, or why there is none."""

    server: Any
    why_not: str

    def copy(self, path: Path) -> str:
        """The same manifest on the server; its URL."""
        url = str(self.server.database())
        source = reading(place(path))
        target = writing(place(url))
        with source.connect() as rows, target.begin() as made:
            tables.create(made)
            cursor = made.connection.cursor()
            for table in tables.metadata.sorted_tables:
                names = ", ".join(column.name for column in table.columns)
                found = rows.exec_driver_sql(f"SELECT {names} FROM {table.name}").yield_per(1000)
                with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(tuple(row))
        with target.connect() as done:
            done.exec_driver_sql("ANALYZE")
            done.commit()
        source.dispose()
        target.dispose()
        return url


@contextmanager
def postgresql() -> Iterator[Servers]:
    """A server that syncs every commit and has memory, as a factory's does."""
    from tests.manifest import postgres

    if why := postgres.why_not():
        yield Servers(None, why)
        return
    server = postgres.Server()
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("fsync=on\nsynchronous_commit=on\nmax_wal_size=4GB\nshared_buffers=2GB\n")
    server.start()
    try:
        yield Servers(server, "")
    finally:
        server.remove()


def drop(path: Path) -> None:
    """Make room."""
    shutil.rmtree(path.parent, ignore_errors=True)
