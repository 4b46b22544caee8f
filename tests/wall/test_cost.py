"""What the wall view costs the stations: it finds what is new by an index."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from burner.manifest.entries.attempts import attempt_facts, result_facts
from burner.manifest.entries.entry import new_nonce
from burner.manifest.entries.kinds import AnyEntry, Intent, OutcomeEntry
from burner.manifest.entries.values import utc
from burner.manifest.reading.log_changes import changes_since
from burner.manifest.reading.outbox_backlog import count_messages
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_labels import label_counts_by_batch
from burner.manifest.writing.ledger import Ledger
from burner.wall.feed import ManifestFeed
from tests.manifest.filling import fill
from tests.manifest.records import a_ledger, a_result, an_attempt, burned, unit_mac

LARGE = ("attempts", "records", "units", "unit_labels", "outbox", "members")
"""Tables that grow with every unit."""


def test_what_is_new_is_found_without_reading_a_large_table(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        burned(ledger)
    statements: list[str] = []
    with ManifestReader.open(tmp_path / "manifest.db") as reader:
        with reader.connection() as connection:
            driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(statements.append)
        changes_since(reader, 1, [0])
        with reader.connection() as connection:
            count_messages(connection)
            label_counts_by_batch(connection, ["WO1", "WO2"], datetime.now(UTC))
        driver.set_trace_callback(None)
        selects = [text for text in statements if text.startswith("SELECT")]
        plans = [row[3] for text in selects for row in driver.execute(f"EXPLAIN QUERY PLAN {text}")]
    assert len(plans) > 5
    assert [plan for plan in plans if plan.split()[:2] in [["SCAN", name] for name in LARGE]] == []


def shift(units: int, slots: int) -> Iterator[AnyEntry]:
    """Units of the last eight hours that passed, two records each."""
    facts, result = attempt_facts(an_attempt()), result_facts(a_result())
    begin = datetime.now(UTC) - timedelta(hours=8)
    for unit in range(units):
        mac, at = unit_mac(unit), utc(begin + timedelta(hours=8) * unit / units)
        same: dict[str, Any] = {
            "at": at,
            "product_id": "S3EUVBRJLB",
            "station": f"line{unit % 4}",
            "unit_id": str(mac),
        }
        attempt = msgspec.structs.replace(
            facts,
            device_name=mac.octets.hex(),
            id=f"{unit:032x}",
            started=at,
            slot=str(unit // 4 % slots),
        )
        yield Intent(**same, nonce=new_nonce(), attempt=attempt)
        yield OutcomeEntry(
            **same, nonce=new_nonce(), attempt=None, intent=2 * unit + 1, result=result
        )


@pytest.mark.full
def test_a_poll_takes_milliseconds_at_a_hundred_thousand_records(tmp_path: Path) -> None:
    path = tmp_path / "manifest.db"
    fill(path, "line1", shift(50_000, 16))
    feed = ManifestFeed(str(path))
    feed.poll()
    with Ledger.open(path, "desk") as ledger:
        spent = []
        for unit in range(30):
            burned(ledger, 60_000 + unit, started=datetime.now(UTC))
            before = time.process_time()
            assert feed.poll().records == ledger.writer.size
            spent.append(time.process_time() - before)
    assert sorted(spent)[len(spent) // 2] < 0.015  # 4 ms on a computer that does nothing else
