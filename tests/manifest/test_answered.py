"""What a person answers for: a manifest that is gone, a clock that had run ahead."""

from datetime import timedelta
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import answers
from burner.manifest.chain import Kind
from burner.manifest.checks.verify import verify
from burner.manifest.database import place, writing
from burner.manifest.ledger import Ledger
from burner.manifest.local.remembered import Remembered
from burner.manifest.reader import Reader
from burner.manifest.writer import Clock, Writer
from tests.manifest.postgres import Server
from tests.manifest.records import START, Ticking, burned

LATER = START.replace(year=2099)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own."""
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def gone(path: Path) -> None:
    for file in path.parent.glob("manifest.db*"):
        file.unlink()


def agrees(path: Path) -> bool:
    with Reader.open(path) as reader:
        return verify(reader).flaw is None


def used(path: Path, clock: Clock | None = None) -> str:
    """A unit in the manifest at a path; whose identity it is."""
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 1)
        return ledger.manifest


# -- a manifest that is gone -----------------------------------------------------------------------


def test_a_manifest_that_vanished_is_not_replaced_by_an_empty_one(path: Path) -> None:
    before = used(path)
    gone(path)
    with pytest.raises(BurnerError, match=f"^E710: .*{before}.*line1 up to record 2.*none"):
        Ledger.open(path, "line1")
    assert not path.exists()
    with refused("E710"):
        Ledger.open(path, "line2")


def test_an_empty_file_in_the_place_of_a_manifest_is_refused(path: Path) -> None:
    used(path)
    gone(path)
    path.touch()
    with refused("E710"):
        Ledger.open(path, "line1")


def test_another_manifest_in_the_place_of_one_is_refused(path: Path, tmp_path: Path) -> None:
    before = used(path)
    other = used(tmp_path / "other.db")
    gone(path)
    (tmp_path / "other.db").rename(path)
    with pytest.raises(BurnerError, match=f"^E710: .*{before}.*{other}"):
        Ledger.open(path, "line1")


def test_a_manifest_that_comes_back_is_gone_on_with(path: Path, tmp_path: Path) -> None:
    used(path)
    path.rename(tmp_path / "away.db")
    with refused("E710"):
        Ledger.open(path, "line1")
    (tmp_path / "away.db").rename(path)
    used(path)
    assert agrees(path)


def test_a_new_manifest_begins_when_somebody_answers_for_the_old_one(path: Path) -> None:
    before = used(path)
    gone(path)
    with Writer(place(path), "line1", accept_new=True) as writer:
        assert answers.new_manifest(writer, "wang", "disk died") == before
    with Ledger.open(path, "line2") as ledger, ledger.reader.connection() as connection:
        said = connection.exec_driver_sql("SELECT kind, body FROM records").one()
    assert said[0] == Kind.BEGUN
    assert f'"instead_of":"{before}"' in said[1]
    assert '"seq":2' in said[1]
    assert used(path) != before
    assert agrees(path)


def test_nobody_answers_for_a_new_manifest_where_none_is_missing(path: Path) -> None:
    used(path)
    with Writer(place(path), "line1", accept_new=True) as writer, refused("E732"):
        answers.new_manifest(writer, "wang", "no reason")


def test_a_manifest_that_was_never_written_may_be_removed(path: Path) -> None:
    Ledger.open(path, "line1").close()
    gone(path)
    used(path)


def test_a_manifest_that_moved_is_met_at_its_new_place(path: Path, tmp_path: Path) -> None:
    before = used(path)
    path.rename(tmp_path / "moved.db")
    assert used(tmp_path / "moved.db") == before
    assert used(tmp_path / "new.db") != before


def test_a_state_folder_copied_to_another_computer_misses_nothing_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(path)
    gone(path)
    monkeypatch.setattr("platform.node", lambda: "another")
    used(path)


def test_a_bench_misses_no_manifest_and_is_not_missed(path: Path) -> None:
    with Ledger.open(path, "line1", remembers=False) as ledger:
        burned(ledger)
    gone(path)
    used(path)
    gone(path)
    with Ledger.open(path, "line1", remembers=False) as ledger:
        burned(ledger)
    with refused("E710"):
        Ledger.open(path, "line1")


def test_a_database_that_a_server_has_lost_is_not_filled_anew(server: Server) -> None:
    url = server.database()
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
    engine = writing(place(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    with refused("E710"):
        Ledger.open(url, "line1")
    with Writer(place(url), "line1", accept_new=True) as writer:
        answers.new_manifest(writer, "wang", "restored from nothing")
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
    engine.dispose()


def test_the_place_of_a_server_is_known_without_its_password() -> None:
    first = Remembered(place("postgresql://li:1234@server/factory"))
    second = Remembered(place("postgresql+psycopg://wu:5678@server/factory"))
    assert first._path == second._path
    assert first._path != Remembered(place("postgresql://li:1234@server/other"))._path
    assert "1234" not in first._name


# -- a clock that had run ahead --------------------------------------------------------------------


def test_a_clock_that_had_run_ahead_locks_the_station_until_somebody_answers(path: Path) -> None:
    used(path, Ticking(LATER))
    clock = Ticking(START + timedelta(days=1))
    with Ledger.open(path, "line1", clock) as ledger:
        with refused("E709"):
            burned(ledger, 2)
        was, now = answers.clock(ledger.writer, "wang", "battery changed")
        assert was.startswith("2099")
        assert now.startswith("2025-02-01")
        burned(ledger, 2)
        with ledger.reader.connection() as connection:
            rows = connection.exec_driver_sql("SELECT at, kind, body FROM records ORDER BY seq")
            moments = [(row[0][:4], row[1]) for row in rows]
    assert moments == [
        ("2099", "intent"),
        ("2099", "outcome"),
        ("2025", "clock"),
        ("2025", "intent"),
        ("2025", "outcome"),
    ]
    assert agrees(path)
    used(path, clock)


def test_the_record_of_a_clock_says_the_moment_before_it(path: Path) -> None:
    used(path, Ticking(LATER))
    with Ledger.open(path, "line1", Ticking()) as ledger:
        was, _ = answers.clock(ledger.writer, "wang", "battery changed")
        query = "SELECT at, body FROM records WHERE seq IN (2, 3) ORDER BY seq"
        with ledger.reader.connection() as connection:
            last, said = connection.exec_driver_sql(query).all()
    assert was == last[0]
    assert f'"was":"{was}"' in said[1]


def test_a_clock_that_is_right_needs_no_answer(path: Path) -> None:
    used(path, Ticking())
    with Ledger.open(path, "line1", Ticking(LATER)) as ledger:
        with refused("E732"):
            answers.clock(ledger.writer, "wang", "nothing")
        with refused("E731"):
            answers.clock(ledger.writer, "", "nothing")
