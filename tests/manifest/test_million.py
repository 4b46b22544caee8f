"""A manifest of 10^6 units, as a factory has it after a year; a short form in every run."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from burner.manifest.entries.attempts import attempt_facts, result_facts
from burner.manifest.entries.entry import new_nonce
from burner.manifest.entries.kinds import AnyEntry, Intent, OutcomeEntry
from burner.manifest.entries.values import utc
from burner.manifest.exchange.certificate import certificate
from burner.manifest.writing.ledger import Ledger
from tests.manifest.filling import fill
from tests.manifest.records import START, a_result, an_attempt, burned, flaws, unit_mac


def entries(units: int) -> Iterator[AnyEntry]:
    """Units that passed, two records each."""
    facts, result = attempt_facts(an_attempt()), result_facts(a_result())
    for unit in range(units):
        mac = unit_mac(unit)
        same: dict[str, Any] = {
            "at": utc(START),
            "product_id": "S3EUVBRJLB",
            "station": "line1",
            "unit_id": str(mac),
        }
        name = msgspec.structs.replace(facts, device_name=mac.octets.hex(), id=f"{unit:032x}")
        yield Intent(**same, nonce=new_nonce(), attempt=name)
        yield OutcomeEntry(
            **same, nonce=new_nonce(), attempt=None, intent=2 * unit + 1, result=result
        )


def seconds_of_processor(path: Path) -> float:
    """What a station needs until it may begin, the files being in memory."""
    Ledger.open(path, "line1").close()
    before = time.process_time()
    Ledger.open(path, "line1").close()
    return time.process_time() - before


def test_a_manifest_that_was_filled_is_what_stations_would_have_left(path: Path) -> None:
    fill(path, "line1", entries(300))
    with Ledger.open(path, "line1") as ledger:
        assert ledger.writer.size == 601
        burned(ledger, 300)
        assert certificate(ledger.reader, unit_mac(7).octets.hex()).index == 16
        assert flaws(ledger.reader) == []


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_million_units_open_within_a_second_and_each_is_certified_in_a_tenth(path: Path) -> None:
    fill(path, "line1", entries(1_000_000))
    assert seconds_of_processor(path) < 1
    with Ledger.open(path, "line1") as ledger:
        before = time.process_time()
        for unit in range(0, 1_000_000, 100_000):
            certificate(ledger.reader, unit_mac(unit).octets.hex())
        assert time.process_time() - before < 1
