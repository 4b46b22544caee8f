"""Attempts and results for tests of the manifest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from burner.core.attempt import Attempt, Outcome, Record, Result, Step
from burner.core.segments import Region
from burner.core.silicon import Mac, Silicon
from burner.manifest.entries.entry import Entry
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.verify.database import verify
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger

E = TypeVar("E", bound=Entry)
START = datetime(2025, 1, 31, 8, 0, 0, tzinfo=UTC)
_numbers: Iterator[int] = count(1)


class Ticking:
    """A clock that goes on by a second each time it is read."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


KEY = "0123456789abcdef"
"""Fingerprint of the product key."""


def unit_mac(number: int) -> Mac:
    return Mac(bytes.fromhex("7cdfa1") + number.to_bytes(3, "big"))


REGIONS = tuple(
    Region(name, offset, size, sha256=f"{offset:064x}", md5=f"{offset:032x}")
    for name, offset, size in (
        ("bootloader", 0, 20_000),
        ("partition-table", 0xC000, 3072),
        ("fctry", 0xD000, 0x6000),
        ("ota_0", 0x20000, 900_000),
    )
)


def an_attempt(unit: int = 1, *, name: str | None = "", batch: str = "", **changes: Any) -> Attempt:
    """An attempt on unit number `unit`; its name is its MAC unless given (None: not yet known)."""
    mac = unit_mac(unit)
    derived = mac.octets.hex() if name == "" else name or ""
    attempt = Attempt(
        id=f"{next(_numbers):032x}",
        station="line1",
        slot="3",
        operator="li",
        batch=batch,
        profile="plug-c3 1.2.0",
        release_digest="ab" * 32,
        product_id="S3EUVBRJLB",
        started=START,
        versions={"burner": "0.1.0", "esptool": "5.6.0"},
        silicon=Silicon("esp32c3", "v0.4", mac, 0x164020, 4 << 20, fingerprint=f"{unit:016x}"),
        device_name=derived,
        ids={"mac": str(mac)},
        regions=REGIONS,
        key=KEY,
    )
    return replace(attempt, **changes)


def a_result(outcome: Outcome = Outcome.PASS, **changes: Any) -> Result:
    result = Result(
        outcome=outcome,
        step=Step.PROVE if outcome is Outcome.PASS else Step.WRITE,
        ended=START + timedelta(seconds=12),
        seconds=12.345,
        code="" if outcome is Outcome.PASS else "E501",
        written=True,
        timings={"identify": 0.5, "write": 9.25},
        evidence={"baud": 921600, "key": KEY},
    )
    return replace(result, **changes)


def open_batch(
    ledger: Ledger,
    batch: str = "WO1",
    quantity: int | None = None,
    release_quantity: int | None = None,
    **terms: Any,
) -> None:
    facts = {
        "profile": "plug-c3 1.2.0",
        "release_digest": "ab" * 32,
        "product_id": "S3EUVBRJLB",
        "key": KEY,
    }
    opened = BatchTerms(quantity=quantity, **{**facts, **terms})
    ledger.open_batch(batch, opened, release_quantity=release_quantity)


def a_ledger(folder: Path, station: str = "line1", name: str = "manifest.db", **how: Any) -> Ledger:
    """A ledger over a SQLite file, with a clock that ticks."""
    folder.mkdir(parents=True, exist_ok=True)
    return Ledger.open(folder / name, station, Ticking(), **how)


def burned(
    ledger: Ledger,
    unit: int = 1,
    outcome: Outcome = Outcome.PASS,
    *,
    bind: str = "",
    challenged: bool = False,
    **changes: Any,
) -> Record:
    """One attempt from intent to outcome.

    `bind`: the name that a unit without one tells late. `challenged`: it answered the station.
    """
    attempt = an_attempt(unit, station=ledger.writer.station, **changes)
    ledger.begin(attempt)
    if not attempt.device_name:
        attempt = replace(attempt, device_name=bind or f"late-{unit}")
        ledger.bind(attempt)
    evidence = {"challenge": "answered"} if challenged else {}
    return ledger.finish(
        attempt, a_result(outcome, evidence={"baud": 921600, "key": KEY, **evidence})
    )


def records_of(reader: ManifestReader, kind: type[E]) -> dict[int, E]:
    """Number → record, of each record of a kind in our log."""
    size = reader.size()
    with reader.connection() as connection:
        entries = {number: entry_at(connection, number) for number in range(size)}
    return {number: entry for number, entry in entries.items() if isinstance(entry, kind)}


def flaws(reader: ManifestReader) -> list[str]:
    """What verify finds, without what this computer remembers; empty: all agrees."""
    with reader.connection() as connection:
        result = verify(connection)
    return [f"{r.code} {r.check}: {r.place}" for r in result.results.values() if r.code]
