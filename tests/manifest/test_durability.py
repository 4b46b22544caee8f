"""What goes wrong with a disk, a lock, a copy or a version is told before the next unit."""

import multiprocessing
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLogFile, known_log
from burner.manifest.local.state_folder import as_file_name, state_folder
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store import engine
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import START, Ticking, a_result, an_attempt, burned, flaws, open_batch


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def raw(ledger: Ledger) -> sqlite3.Connection:
    """The writer's own connection."""
    connection = ledger.writer._connection
    assert connection is not None
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def agrees(path: Path) -> bool:
    with ManifestReader.open(path) as reader:
        return not flaws(reader)


def test_a_full_disk_stops_the_next_unit_and_the_station_goes_on_after(
    ledger: Ledger, path: Path
) -> None:
    raw(ledger).execute("PRAGMA max_page_count = 1")
    big = an_attempt(1, batch="WO1", versions={"padding": "x" * 50_000})
    with refused("E705"):
        ledger.begin(big)
    raw(ledger).execute("PRAGMA max_page_count = 1000000")
    burned(ledger, 1, batch="WO1")
    assert agrees(path)


def test_an_outcome_that_did_not_fit_can_be_written_again(ledger: Ledger, path: Path) -> None:
    attempt = an_attempt(1)
    ledger.begin(attempt)
    result = a_result(Outcome.FAIL, detail="x" * 50_000)
    raw(ledger).execute("PRAGMA max_page_count = 1")
    with refused("E705"):
        ledger.finish(attempt, result)
    raw(ledger).execute("PRAGMA max_page_count = 1000000")
    ledger.finish(attempt, result)
    assert agrees(path)


def test_a_manifest_that_turned_read_only_is_refused(ledger: Ledger, path: Path) -> None:
    raw(ledger).execute("PRAGMA query_only = ON")
    with refused("E706"):
        ledger.begin(an_attempt(1))
    raw(ledger).execute("PRAGMA query_only = OFF")
    burned(ledger, 1)
    assert agrees(path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with refused("E706"):
        Ledger.open(tmp_path / "nowhere" / "manifest.db", "line1")


def test_a_lock_held_by_another_program_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    with Ledger.open(path, "line1") as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with refused("E707"):
            ledger.begin(an_attempt(1))
        other.execute("ROLLBACK")
        other.close()
        burned(ledger, 1)


def test_a_newer_manifest_is_refused_untouched(path: Path) -> None:
    Ledger.open(path, "line1").close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE about SET value = '99' WHERE key = 'schema'")
    other.close()
    before = path.read_bytes()
    with refused("E703"):
        Ledger.open(path, "line1")
    with refused("E703"):
        ManifestReader.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, just text\n" * 40, b"\x7fELF" * 100])
def test_a_file_of_something_else_is_refused_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for opening in (lambda: Ledger.open(path, "line1"), lambda: ManifestReader.open(path)):
        with refused("E702"):
            opening()
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_untouched(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    with refused("E702"):
        Ledger.open(path, "line1")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]
    other.close()


def test_a_damaged_file_is_reported(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        for unit in range(30):
            burned(ledger, unit)
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = b"\xa5" * (len(data) - 4096 - 8192)
    path.write_bytes(data)
    with pytest.raises(BurnerError, match=r"^E70[28]:"):
        Ledger.open(path, "line1").close()
    with pytest.raises(BurnerError, match=r"^E708:"), ManifestReader.open(path) as reader:
        flaws(reader)


def test_a_reader_makes_no_file(path: Path) -> None:
    with refused("E701"):
        ManifestReader.open(path)
    assert not path.exists()


def test_an_old_copy_put_back_under_a_running_station_is_noticed(
    path: Path, tmp_path: Path
) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    backup = shutil.copy(path, tmp_path / "backup.db")
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
        other = sqlite3.connect(path)
        with sqlite3.connect(backup) as old:
            old.backup(other)
        old.close()
        other.close()
        with refused("E710"):
            ledger.begin(an_attempt(3))


def test_a_manifest_removed_under_a_running_station_is_noticed(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
        path.rename(path.with_name("elsewhere.db"))
        with refused("E710"):
            ledger.begin(an_attempt(2))


def test_a_state_folder_that_cannot_be_written_stops_the_first_unit(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "file"))
    with refused("E717"):
        Ledger.open(path, "line1")


@pytest.mark.skipif(sys.platform != "linux", reason="the place on Linux")
@pytest.mark.parametrize(
    ("xdg", "place"),
    [("/var/lib/line", "/var/lib/line/burner"), ("", "/home/op/.local/state/burner")],
)
def test_the_state_folder_stays_where_stations_have_it(
    monkeypatch: pytest.MonkeyPatch, xdg: str, place: str
) -> None:
    monkeypatch.delenv("BURNER_STATE")
    monkeypatch.setenv("HOME", "/home/op")
    monkeypatch.setenv("XDG_STATE_HOME", xdg)
    assert state_folder() == Path(place)


@pytest.mark.skipif(sys.platform != "linux", reason="users without a home")
def test_a_user_without_a_home_is_told_to_name_the_state_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    for name in ("BURNER_STATE", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with refused("E717"):
        state_folder()


def _die_in_mid_burn(path: Path, state: str) -> None:
    import os

    os.environ["BURNER_STATE"] = state
    ledger = Ledger.open(path, "line1")
    ledger.begin(an_attempt(1, batch="WO1"))
    os._exit(9)


def test_a_process_that_dies_leaves_its_intent_and_frees_its_station(
    path: Path, tmp_path: Path
) -> None:
    with Ledger.open(path, "line1") as ledger:
        open_batch(ledger, quantity=1)
    child = multiprocessing.get_context("spawn").Process(
        target=_die_in_mid_burn, args=(path, str(state_folder()))
    )
    child.start()
    child.join(30)
    assert child.exitcode == 9
    with Ledger.open(path, "line1") as ledger:
        assert ledger.unit(an_attempt(1).unit_id, "S3EUVBRJLB").open is not None
        burned(ledger, 1, batch="WO1")
    assert agrees(path)


def test_a_clock_that_goes_backwards_changes_nothing_of_the_order(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 1)
        clock.now = START - timedelta(days=1)
        burned(ledger, 2)
        numbers = [attempt["number"] for attempt in ledger.reader.attempts_json()]
    assert numbers == sorted(numbers)
    assert agrees(path)


def known_files(ledger: Ledger) -> Path:
    """Where this computer keeps the heads that it knows of the log."""
    return state_folder() / "logs" / as_file_name(ledger.origin)


def test_a_log_that_was_written_anew_and_longer_is_noticed(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
        known = known_files(ledger) / "line1"
    backup = shutil.copy(path, tmp_path / "backup.db")
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
    true = known.read_bytes()
    shutil.copy(backup, path)
    known.unlink()
    with Ledger.open(path, "line1") as ledger:
        for unit in (3, 4):
            burned(ledger, unit)
    known.write_bytes(true)
    with pytest.raises(BurnerError, match=r"^E710: .*not as known here"):
        Ledger.open(path, "line1")


def test_a_head_that_cannot_be_remembered_stops_every_unit_until_it_can(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
        known = known_files(ledger) / "line1"
    known.unlink()
    known.mkdir()
    with Ledger.open(path, "line1") as ledger:
        for unit in (2, 3):
            with refused("E717"):
                ledger.begin(an_attempt(unit))
        known.rmdir()
        burned(ledger, 4)
    assert agrees(path)


def test_a_lost_state_folder_is_made_anew_and_the_station_goes_on(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
        known = known_files(ledger)
    shutil.rmtree(known)
    shutil.rmtree(state_folder() / "places")
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
        assert (known / "line1").exists()
    assert agrees(path)


def test_a_key_that_was_lost_with_the_state_folder_may_not_write(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    shutil.rmtree(state_folder())
    with Ledger.open(path, "line1") as ledger, refused("E757"):
        burned(ledger, 2)
    assert agrees(path)


class _DiesError(BaseException):
    """In place of a process that dies."""


def test_a_crash_between_the_commit_and_the_note_of_it_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise _DiesError

    ledger = Ledger.open(path, "line1")
    attempt = an_attempt(1)
    with monkeypatch.context() as patch:
        patch.setattr(KnownLogFile, "write", dies)
        with pytest.raises(_DiesError):
            ledger.begin(attempt)
        known = known_log(ledger.origin)
        assert known is not None
        assert known.size == 1
    ledger.reader.close()
    ledger.writer.close()
    with Ledger.open(path, "line1") as again:
        assert again.unit(attempt.unit_id, attempt.product_id).open is not None
        burned(again, 1)
    assert agrees(path)


def test_two_stations_that_append_in_turn_hash_what_the_other_wrote(path: Path) -> None:
    with Ledger.open(path, "line1") as one, Ledger.open(path, "line2") as two:
        for unit in range(0, 12, 2):
            burned(one, unit)
            burned(two, unit + 1)
        assert one.writer.size == two.writer.size - 2
    assert agrees(path)


def test_what_another_station_wrote_and_somebody_edited_stops_the_next_unit(path: Path) -> None:
    with Ledger.open(path, "line1") as one, Ledger.open(path, "line2") as two:
        burned(one, 1)
        burned(two, 2)
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TRIGGER records_keep_UPDATE")
            last = "number = (SELECT max(number) FROM records)"
            other.execute(f"UPDATE records SET body = replace(body, 'li', 'wu') WHERE {last}")
            other.commit()
        with refused("E713"):
            burned(one, 3)
