"""Whatever is edited, removed, inserted or moved is found, and the first bad place is named."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from burner.manifest.checks import walk, walkers
from burner.manifest.checks.verify import Verdict, size, verify
from burner.manifest.ledger import Ledger
from burner.manifest.local.marks import MarkFile
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.hand import edit
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch


def verdict(path: Path) -> Verdict:
    with Reader.open(path) as reader:
        return verify(reader)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stations, a batch with every kind of ending, names early and late."""
    path = tmp_path_factory.mktemp("written") / "manifest.db"
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, planned=20)
        for unit in range(1, 7):
            burned(one, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
        for unit in range(7, 12):
            burned(two, unit, batch="WO1", station="line2")
        burned(two, 3, batch="WO1", station="line2")
        late = an_attempt(20, name=None, batch="WO1")
        one.begin(late)
        late = replace(late, device_name="plug-20", ids={**late.ids, "imei": "861234567890123"})
        one.bind(late)
        one.finish(late, a_result())
        burned(one, 21, ids={"mac": "7c:df:a1:00:00:15", "label": "SN-21"}, name="SN-21")
        one.begin(an_attempt(22, batch="WO1"))
    return path


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "copy.db"))


def test_an_honest_manifest_agrees(written: Path) -> None:
    found = verdict(written)
    assert found.flaw is None
    assert found.warnings == ()
    with Reader.open(written) as reader:
        assert size(reader) == found.records == 31


def test_every_connection_that_a_check_opens_is_closed_again(written: Path) -> None:
    """Python 3.13 warns about one that nobody closed, and our settings make that an error."""
    opened: list[object] = []
    closed: list[object] = []
    note = {"connect": lambda driver, _: opened.append(driver)}
    note["close"] = lambda driver, _: closed.append(driver)
    for name, function in note.items():
        event.listen(Pool, name, function)
    try:
        verdict(written)
    finally:
        for name, function in note.items():
            event.remove(Pool, name, function)
    assert opened
    assert {id(each) for each in opened} == {id(each) for each in closed}


EDITS: dict[str, tuple[str, str]] = {
    "a column": (
        "UPDATE records SET outcome = 'PASS' WHERE chain = 1 AND outcome = 'FAIL'",
        "station line1, record 7: a column",
    ),
    "a body": (
        "UPDATE records SET body = replace(body, 'E501', 'E502') WHERE outcome = 'FAIL'",
        "station line1, record 7: does not fit",
    ),
    "body and column": (
        "UPDATE records SET body = replace(body, 'FAIL', 'PASS'), outcome = 'PASS' "
        "WHERE outcome = 'FAIL'",
        "station line1, record 7: does not fit",
    ),
    "the last hash": (
        "UPDATE records SET hash = 'x' || substr(hash, 2) WHERE chain = 1 AND seq = 19",
        "station line1, record 19: does not fit",
    ),
    "a removed record": (
        "DELETE FROM records WHERE chain = 1 AND seq = 5",
        "station line1, record 6: record 5 is missing",
    ),
    "a swapped station": (
        "UPDATE chains SET station = 'line9' WHERE chain = 2",
        "station line9, record 1: does not fit",
    ),
    "another manifest": ("UPDATE about SET value = 'x' WHERE key = 'manifest'", "manifest x"),
    "a name given away": (
        "UPDATE claims SET unit_id = '7c:df:a1:00:00:99' WHERE device_name = '7cdfa1000005'",
        "station line1, record 10: did not take the name 7cdfa1000005 for 7c:df:a1:00:00:99",
    ),
    "a name set free": (
        "DELETE FROM claims WHERE device_name = '7cdfa1000005'",
        "station line1, record 10: its claim",
    ),
    "a name invented": (
        "INSERT INTO claims VALUES ('x', 'p', 'u', 1, 3)",
        "station line1, record",
    ),
    "a place set free": (
        "DELETE FROM places WHERE unit_id = '7c:df:a1:00:00:05'",
        "station line1, record 10: unit 7c:df:a1:00:00:05 has lost its place",
    ),
    "an OPEN place passed": (
        "UPDATE places SET state = 'pass' WHERE state = 'work'",
        "ended otherwise than the place of 7c:df:a1:00:00:16",
    ),
    "a larger batch": ("UPDATE batches SET planned = 99", "was opened for something else"),
    "a recount": ("UPDATE batches SET taken = 3", "counts 3 places"),
    "a closed batch": ("UPDATE batches SET state = 'closed'", "is not closed"),
    "an IMEI": ("UPDATE ids SET value = '1' WHERE value LIKE '86%'", "its ID 861234567890123"),
    "a chain beside": (
        "UPDATE ids SET chain = 7 WHERE value = 'SN-21'",
        "its ID SN-21 is not in the table of IDs",
    ),
}


@pytest.mark.parametrize(("statement", "place"), EDITS.values(), ids=EDITS)
def test_an_edit_is_found_and_its_place_named(copy: Path, statement: str, place: str) -> None:
    edit(copy, statement)
    assert place in str(verdict(copy).flaw)


def test_two_records_that_changed_places_are_found(copy: Path) -> None:
    edit(
        copy,
        "UPDATE records SET seq = 1000 WHERE chain = 1 AND seq = 4",
        "UPDATE records SET seq = 4 WHERE chain = 1 AND seq = 6",
        "UPDATE records SET seq = 6 WHERE chain = 1 AND seq = 1000",
    )
    assert str(verdict(copy).flaw).startswith("station line1, record 4:")


def test_a_tail_cut_off_is_found_where_it_was_written(copy: Path) -> None:
    edit(copy, "DELETE FROM records WHERE chain = 2 AND seq >= 9", "DELETE FROM ids")
    flaw = verdict(copy).flaw
    assert str(flaw).startswith("station line2, record 9: cut off from here")


def test_a_chain_written_anew_is_found_where_it_was_written(copy: Path, path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
        mark = MarkFile(ledger.manifest, "line1")
        real = mark.read()
        assert real is not None
        mark.write(replace(real, hash="0" * 64))
        mark.close()
    assert "written anew" in str(verdict(path).flaw)


def test_a_missing_guard_is_told(copy: Path) -> None:
    database = sqlite3.connect(copy)
    database.execute("DROP TRIGGER records_keep_UPDATE")
    database.commit()
    database.close()
    found = verdict(copy)
    assert found.flaw is None
    assert "records_keep_UPDATE" in found.warnings[0]


def test_a_long_chain_is_walked_by_several_processes(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "STRETCH", 3)
    seen: list[int] = []
    with Reader.open(written) as reader:
        found = verify(reader, seen.append)
    assert found.flaw is None
    assert found.records == sum(seen) == 31


def test_walkers_take_no_module_from_the_current_folder(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.setattr(walk, "STRETCH", 3)
    where = written.absolute()
    monkeypatch.chdir(tmp_path)
    assert verdict(where).flaw is None


@pytest.mark.parametrize("seq", range(5, 10))
def test_an_edit_is_found_wherever_a_stretch_begins(
    copy: Path, monkeypatch: pytest.MonkeyPatch, seq: int
) -> None:
    monkeypatch.setattr(walk, "STRETCH", 3)
    monkeypatch.setattr(walkers, "MOST", 1)
    edit(copy, f"UPDATE records SET body = replace(body, 'li', 'wu') WHERE seq = {seq}")
    assert str(verdict(copy).flaw).startswith(f"station line1, record {seq}: does not fit")
    edit(copy, f"DELETE FROM records WHERE chain = 1 AND seq = {seq}")
    assert str(verdict(copy).flaw).startswith(f"station line1, record {seq + 1}: record {seq} is")
