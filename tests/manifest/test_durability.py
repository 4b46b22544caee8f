"""What goes wrong with a disk, a clock, a copy or a version is told before the next unit."""

import multiprocessing
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from burner.errors import BurnerError
from burner.manifest import database, migrations
from burner.manifest.checks.verify import verify
from burner.manifest.ledger import Ledger
from burner.manifest.local.state import state_folder
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.records import START, Ticking, a_result, an_attempt, burned, open_batch


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def raw(ledger: Ledger) -> sqlite3.Connection:
    """The writer's own connection."""
    connection = ledger.writer._connection
    assert connection is not None
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def agrees(path: Path) -> bool:
    with Reader.open(path) as reader:
        return verify(reader).flaw is None


def test_a_full_disk_stops_the_next_unit_and_the_station_goes_on_after(
    ledger: Ledger, path: Path
) -> None:
    raw(ledger).execute("PRAGMA max_page_count = 1")
    big = an_attempt(1, batch="WO1", versions={"padding": "x" * 200_000})
    with refused("E705"):
        ledger.begin(big)
    raw(ledger).execute("PRAGMA max_page_count = 1000000")
    burned(ledger, 1, batch="WO1")
    assert agrees(path)


def test_an_outcome_that_did_not_fit_can_be_written_again(ledger: Ledger, path: Path) -> None:
    attempt = an_attempt(1)
    ledger.begin(attempt)
    result = a_result(Outcome.FAIL, detail="x" * 200_000)
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


def test_a_lock_held_by_another_program_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
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
        Reader.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, just text\n" * 40, b"\x7fELF" * 100])
def test_a_file_of_something_else_is_refused_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for opening in (lambda: Ledger.open(path, "line1"), lambda: Reader.open(path)):
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


def test_a_damaged_file_is_told(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        for unit in range(30):
            burned(ledger, unit)
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = b"\xa5" * (len(data) - 4096 - 8192)
    path.write_bytes(data)
    with pytest.raises(BurnerError, match=r"^E70[28]:"):
        Ledger.open(path, "line1").close()
    with pytest.raises(BurnerError, match=r"^E708:"), Reader.open(path) as reader:
        verify(reader)


def test_a_reader_makes_no_file(path: Path) -> None:
    with refused("E701"):
        Reader.open(path)
    assert not path.exists()


def test_a_clock_that_went_backwards_stops_the_next_unit(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        attempt = an_attempt(1)
        ledger.begin(attempt)
        clock.now = START - timedelta(days=1)
        ledger.finish(attempt, a_result())
        with refused("E709"):
            ledger.begin(an_attempt(2))
    with refused("E709"), Ledger.open(path, "line1", clock) as ledger:
        ledger.begin(an_attempt(2))
    assert agrees(path)


def test_a_second_of_correction_by_a_time_server_is_no_trouble(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 1)
        clock.now -= timedelta(seconds=2)
        burned(ledger, 2)
    assert agrees(path)


def test_a_restored_old_copy_is_noticed(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    backup = shutil.copy(path, tmp_path / "backup.db")
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
    shutil.copy(backup, path)
    with refused("E710"):
        Ledger.open(path, "line1")


def test_a_chain_that_was_written_anew_and_longer_is_noticed(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    backup = shutil.copy(path, tmp_path / "backup.db")
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
    mark = next((state_folder() / "marks" / ledger.manifest).iterdir())
    true = mark.read_bytes()
    shutil.copy(backup, path)
    mark.unlink()
    with Ledger.open(path, "line1") as ledger:
        for unit in (3, 4):
            burned(ledger, unit)
    mark.write_bytes(true)
    with pytest.raises(BurnerError, match=r"^E710: .*record 4 is not the one that this station"):
        Ledger.open(path, "line1")


def test_a_state_folder_that_cannot_be_written_any_more_stops_the_first_unit(path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    mark = next((state_folder() / "marks" / ledger.manifest).iterdir())
    mark.unlink()
    mark.mkdir()
    with Ledger.open(path, "line1") as ledger, refused("E717"):
        ledger.begin(an_attempt(2))
    assert agrees(path)


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


def test_a_mark_that_cannot_be_written_stops_every_unit_until_it_can(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    with Ledger.open(path, "line1") as ledger:
        in_the_way = tmp_path / "state" / "marks"
        in_the_way.write_text("")
        ledger.begin(an_attempt(1))
        for unit in (2, 3, 4):
            with refused("E717"):
                ledger.begin(an_attempt(unit))
        in_the_way.unlink()
        burned(ledger, 5)


def test_the_state_folder_follows_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_folder().is_dir()
    monkeypatch.delenv("BURNER_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert state_folder() == tmp_path / "burner"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr("sys.platform", "win32")
    assert state_folder() == tmp_path / "burner"


def test_migrations_run_one_after_another_and_leave_the_new_version(path: Path) -> None:
    Ledger.open(path, "line1").close()
    where = database.place(path)
    engine = database.writing(where)
    done: list[int] = []
    steps = {1: lambda _: done.append(1), 2: lambda _: done.append(2)}
    with engine.connect() as connection, connection.begin():
        migrations.migrate(connection, 1, target=3, steps=steps)
        assert database.facts(connection)["schema"] == "3"
    engine.dispose()
    assert done == [1, 2]


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
        open_batch(ledger, planned=1)
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
