"""Intent before the first byte, outcome after, nothing ever changed."""

import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from burner.errors import BurnerError
from burner.manifest.checks.verify import verify
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Filter, Reader
from burner.model import Outcome
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch


def refused(code: str, detail: str = "") -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:.*{re.escape(detail)}")


def elements(path: Path, **wanted: str) -> list[dict[str, object]]:
    with Reader.open(path) as reader:
        return list(reader.elements(Filter(**wanted)))  # type: ignore[arg-type]


def test_an_attempt_is_on_disk_before_its_outcome(ledger: Ledger, path: Path) -> None:
    attempt = an_attempt(1, batch="WO1")
    ledger.begin(attempt)
    (element,) = elements(path)
    assert (element["outcome"], element["unit_id"]) == ("OPEN", attempt.unit_id)
    record = ledger.finish(attempt, a_result())
    (element,) = elements(path)
    assert (element["outcome"], element["seq"]) == ("PASS", record.seq)
    assert element["seconds"] == 12.345


def test_a_commit_is_synced_to_disk(ledger: Ledger) -> None:
    connection = ledger.writer._connection
    assert connection is not None
    raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA synchronous").fetchone() == (2,)
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_records_cannot_be_changed_or_removed(ledger: Ledger, path: Path) -> None:
    burned(ledger)
    other = sqlite3.connect(path)
    for statement in ("UPDATE records SET outcome = 'PASS'", "DELETE FROM records"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


def test_a_name_belongs_to_the_unit_that_took_it_first(ledger: Ledger) -> None:
    burned(ledger, 1, name="plug-1", slot="7")
    with refused("E450") as caught:
        ledger.begin(an_attempt(2, name="plug-1"))
    for part in ("7c:df:a1:00:00:01", "2025-01-31", "line1 #7"):
        assert part in caught.value.detail


def test_a_unit_may_take_its_own_name_again(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, Outcome.FAIL, name="plug-1")
    burned(ledger, 1, name="plug-1")
    assert [e["outcome"] for e in elements(path)] == ["FAIL", "PASS"]


def test_the_same_name_in_another_product_is_another_name(ledger: Ledger) -> None:
    burned(ledger, 1, name="plug-1")
    burned(ledger, 2, name="plug-1", product_id="OTHERPROD1")


def test_a_refused_begin_leaves_nothing_behind(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, name="plug-1")
    stranger = an_attempt(2, name="plug-1", batch="WO1")
    with refused("E450"):
        ledger.begin(stranger)
    ledger.finish(stranger, a_result(Outcome.FAIL, code="E450"))
    for unit in (3, 4, 5):
        burned(ledger, unit, batch="WO1")
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None
        batch = reader.batch("WO1")
        assert batch is not None
        assert batch.taken == 3


def test_a_name_may_come_after_the_boot(ledger: Ledger, path: Path) -> None:
    attempt = an_attempt(1, name=None)
    ledger.begin(attempt)
    attempt = replace(attempt, device_name="plug-9", ids={**attempt.ids, "imei": "861234567890123"})
    ledger.bind(attempt)
    record = ledger.finish(attempt, a_result())
    (element,) = elements(path)
    assert element["device_name"] == "plug-9"
    assert element["records"] == [record.seq, record.seq + 1, record.seq + 2]
    with Reader.open(path) as reader:
        assert reader.find("861234567890123") == (attempt.unit_id,)
        assert reader.find("plug-9") == (attempt.unit_id,)
        assert reader.find("7C-DF-A1-00-00-01") == (attempt.unit_id,)
        assert verify(reader).flaw is None


def test_a_late_name_of_another_unit_is_refused_and_the_attempt_can_still_end(
    ledger: Ledger, path: Path
) -> None:
    burned(ledger, 1, name="plug-1")
    attempt = an_attempt(2, name=None)
    ledger.begin(attempt)
    with refused("E450"):
        ledger.bind(replace(attempt, device_name="plug-1"))
    ledger.finish(replace(attempt, device_name="plug-1"), a_result(Outcome.FAIL, code="E450"))
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None


def test_nothing_passes_without_its_intent(ledger: Ledger) -> None:
    with refused("E716"):
        ledger.finish(an_attempt(1), a_result())


def test_nothing_passes_with_a_name_that_was_not_claimed(ledger: Ledger) -> None:
    attempt = an_attempt(1, name=None)
    ledger.begin(attempt)
    with refused("E716"):
        ledger.finish(replace(attempt, device_name="plug-1"), a_result())


def test_a_dead_slot_is_recorded_and_counts_no_unit(ledger: Ledger, path: Path) -> None:
    dead = an_attempt(1, name=None, silicon=None, ids={}, regions=(), batch="WO1")
    ledger.finish(dead, a_result(Outcome.ERROR, code="E301"))
    (element,) = elements(path)
    assert (element["outcome"], element["unit_id"], element["chip"]) == ("ERROR", "", "")
    with Reader.open(path) as reader:
        batch = reader.batch("WO1")
        assert batch is not None
        assert batch.taken == 0
        assert verify(reader).flaw is None


def test_a_place_is_kept_by_pass_and_open_and_given_back_by_the_rest(
    ledger: Ledger, path: Path
) -> None:
    burned(ledger, 1, batch="WO1")
    for outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED):
        burned(ledger, 2, outcome, batch="WO1")
    waiting = an_attempt(3, batch="WO1")
    ledger.begin(waiting)
    burned(ledger, 4, batch="WO1")
    with refused("E452") as caught:
        ledger.begin(an_attempt(5, batch="WO1"))
    assert waiting.unit_id in caught.value.detail
    ledger.finish(waiting, a_result())
    with refused("E451"):
        ledger.begin(an_attempt(5, batch="WO1"))
    burned(ledger, 1, batch="WO1")
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None


def test_a_unit_cannot_be_in_work_in_two_slots(ledger: Ledger) -> None:
    ledger.begin(an_attempt(1, slot="1"))
    with refused("E454"):
        ledger.begin(an_attempt(1, slot="2"))


def test_a_batch_is_opened_once_and_gone_on_with(ledger: Ledger) -> None:
    open_batch(ledger, planned=3)
    open_batch(ledger)
    with refused("E730", "batch WO1 was opened for another quantity (3; now 4)"):
        open_batch(ledger, planned=4)
    with refused(
        "E730",
        "batch WO1 was opened for another profile (plug-c3 1.2.0; now other 1), "
        "ProductID (S3EUVBRJLB; now X), release (abababababababab…; now cdcdcdcdcdcdcdcd…)",
    ):
        ledger.open_batch("WO1", profile="other 1", release_digest="cd" * 32, product_id="X")
    with refused("E459"):
        ledger.begin(an_attempt(1, batch="WO2"))


def test_an_open_attempt_stays_open_and_names_its_successor(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        open_batch(ledger, planned=1)
        ledger.begin(an_attempt(1, batch="WO1"))
    with Ledger.open(path, "line1", clock) as ledger:
        history = ledger.unit("7c:df:a1:00:00:01", "S3EUVBRJLB")
        assert history.open is not None
        assert history.passed is None
        record = burned(ledger, 1, batch="WO1")
        after = ledger.unit("7c:df:a1:00:00:01", "S3EUVBRJLB")
        assert after.open is None
        assert after.passed == after.last == record
    first, second = elements(path)
    assert first["outcome"] == "OPEN"
    assert first["superseded_by"] == {"seq": second["seq"], "station": "line1"}
    assert second["supersedes"] == [{"seq": first["seq"], "station": "line1"}]


def test_history_gives_back_what_was_recorded(ledger: Ledger) -> None:
    record = burned(ledger, 1)
    burned(ledger, 1, Outcome.ERROR, silicon=an_attempt(1).silicon)
    history = ledger.unit(record.attempt.unit_id, record.attempt.product_id)
    assert history.passed == record
    assert history.last is not None
    assert history.last.result.outcome is Outcome.ERROR
    assert ledger.unit(record.attempt.unit_id, "OTHERPROD1").last is None
    assert ledger.unit("", "").last is None


def test_another_board_under_a_known_mac_is_seen(ledger: Ledger) -> None:
    record = burned(ledger, 1)
    silicon = record.attempt.silicon
    assert silicon is not None
    burned(ledger, 1, Outcome.FAIL, silicon=replace(silicon, fingerprint="ff" * 8))
    history = ledger.unit(record.attempt.unit_id, record.attempt.product_id)
    assert history.fingerprints == ("0000000000000001", "ff" * 8)


def test_one_writer_per_station(ledger: Ledger, path: Path) -> None:
    with refused("E704"):
        Ledger.open(path, "line1")
    with Ledger.open(path, "line2") as second:
        burned(second, 2, station="line2")
    burned(ledger, 1)
    with Reader.open(path) as reader:
        assert [chain.station for chain in verify(reader).chains] == ["line1", "line2"]


def test_thirty_two_slots_share_one_ledger(ledger: Ledger, path: Path) -> None:
    with ThreadPoolExecutor(32) as slots:
        list(slots.map(lambda unit: burned(ledger, unit), range(64)))
    assert len({e["device_name"] for e in elements(path)}) == 64
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None


def test_filters_choose_attempts(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, batch="WO1")
    burned(ledger, 2, Outcome.FAIL)
    ledger.begin(an_attempt(3, batch="WO1"))
    assert [e["unit_id"][-1] for e in elements(path, batch="WO1")] == ["1", "3"]  # type: ignore[index]
    assert [e["outcome"] for e in elements(path, outcome="FAIL")] == ["FAIL"]
    assert [e["outcome"] for e in elements(path, outcome="OPEN")] == ["OPEN"]
    assert elements(path, product="OTHERPROD1") == []


def test_floats_and_odd_things_in_evidence_are_kept_as_text(ledger: Ledger, path: Path) -> None:
    attempt = an_attempt(1)
    ledger.begin(attempt)
    ledger.finish(attempt, a_result(evidence={"volts": 3.3, "said": b"\x00\xff", "n": {1: [2.5]}}))
    (element,) = elements(path)
    assert element["evidence"] == {"volts": "3.3", "said": "00ff", "n": {"1": ["2.5"]}}
    assert json.dumps(element)
