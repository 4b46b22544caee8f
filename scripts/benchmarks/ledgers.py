"""Manifests of any size to measure on: SQLite files, and the same rows in a PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from burner.core.attempt import Attempt, Result, Step
from burner.core.attempt import Outcome as ModelOutcome
from burner.core.segments import Region
from burner.core.silicon import Mac, Silicon
from burner.manifest.entries.attempts import attempt_facts, result_facts
from burner.manifest.entries.entry import new_nonce
from burner.manifest.entries.kinds import AnyEntry, BatchOpened, Intent, OutcomeEntry
from burner.manifest.entries.values import utc
from burner.manifest.store import tables
from burner.manifest.store.engine import reading_engine, writing_engine
from burner.manifest.store.place import manifest_place
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger
from tests.manifest import filling

STATION = "line1"
PRODUCT = "B3NCHB3NCH"
PROFILE = "bench 1.0.0"
DIGEST = "ab" * 32
BATCH_UNITS = 100_000
START = datetime(2025, 1, 6, 6, 0, tzinfo=UTC)
BEAT_S = 0.15
"""Seconds from one record to the next: 32 slots, two records a unit."""
KEY = "0123456789abcdef"
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


def unit_mac(number: int) -> Mac:
    """The MAC of a unit."""
    return Mac(bytes.fromhex("3485") + number.to_bytes(4, "big"))


def attempt(number: int, clock: datetime, station: str = STATION) -> Attempt:
    """An attempt on a unit, as full as a real one."""
    mac = unit_mac(number)
    return Attempt(
        id=f"{number:032x}",
        station=station,
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
        key=KEY,
    )


def batch_of(number: int) -> str:
    """The batch of a unit."""
    return f"WO-{number // BATCH_UNITS + 1}"


def result(number: int, clock: datetime) -> Result:
    """How an attempt ended: one in fifty fails."""
    code, step = FAILURES[number // 50 % len(FAILURES)] if number % 50 == 7 else ("", Step.PROVE)
    return Result(
        outcome=ModelOutcome.FAIL if code else ModelOutcome.PASS,
        step=step,
        ended=clock,
        seconds=8.6 + number % 13 / 10,
        code=code,
        written=True,
        timings={"identify": 0.4, "claim": 0.004, "write": 7.8, "verify": 0.3, "reset": 0.1},
        evidence={"baud": 921600, "key": KEY},
    )


def fill(path: Path, units: int) -> None:
    """Write a manifest of so many units: two records each."""
    filling.fill(path, STATION, _entries(units))


def _entries(units: int) -> Iterator[AnyEntry]:
    clock = Ticking()

    def stamp(**fields: str) -> dict[str, Any]:
        return {"at": utc(clock()), "nonce": new_nonce(), "station": STATION, **fields}

    written = 1
    for number in range(units):
        batch = batch_of(number)
        if number % BATCH_UNITS == 0:
            yield BatchOpened(
                **stamp(batch=batch, product_id=PRODUCT),
                profile=PROFILE,
                release_digest=DIGEST,
                key=KEY,
                quantity=BATCH_UNITS,
            )
            written += 1
        unit = {"batch": batch, "product_id": PRODUCT, "unit_id": str(unit_mac(number))}
        facts = attempt_facts(attempt(number, clock.now))
        yield Intent(**stamp(**unit), attempt=facts)
        outcome = result_facts(result(number, clock.now))
        yield OutcomeEntry(**stamp(**unit), attempt=None, intent=written, result=outcome)
        written += 2


def open_batch(ledger: Ledger, batch: str) -> None:
    """A batch of the usual size."""
    ledger.open_batch(
        batch,
        BatchTerms(
            profile=PROFILE,
            release_digest=DIGEST,
            product_id=PRODUCT,
            key=KEY,
            quantity=BATCH_UNITS,
        ),
    )


@dataclass(frozen=True)
class Servers:
    """PostgreSQL of our own, or why there is none."""

    server: Any
    why_no_server: str

    def copy(self, path: Path) -> str:
        """The same manifest on the server; its URL."""
        url = str(self.server.database())
        source = reading_engine(manifest_place(path))
        target = writing_engine(manifest_place(url))
        with source.connect() as rows, target.begin() as made:
            tables.create(made)
            made.exec_driver_sql("DELETE FROM about")
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

    if why := postgres.why_no_server():
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
