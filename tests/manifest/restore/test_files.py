"""The files of `restore`: who comes in between finds all as it was."""

from pathlib import Path

import pytest

from burner.manifest.reading.unit_history import UnitHistory
from burner.manifest.restore.files import (
    interrupted_set_aside,
    log_at_place,
    replace_log,
    stations_excluded,
    work_folder,
)
from burner.manifest.store.place import manifest_place
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import refused
from tests.manifest.records import a_ledger, burned, unit_mac

OLD = "manifest.db.1.old"


@pytest.fixture
def here(tmp_path: Path, own_state: Path) -> Path:
    """A manifest, and a new log that is to take its place."""
    for name in ("manifest.db", "new.db"):
        with a_ledger(tmp_path, name=name) as ledger:
            burned(ledger, 1)
    return tmp_path


def has_unit_2(ledger: Ledger) -> bool:
    return ledger.reader.unit(str(unit_mac(2))) != UnitHistory()


def test_a_record_that_came_in_before_the_file_is_moved_is_not_left_behind(here: Path) -> None:
    path = here / "manifest.db"
    copy = log_at_place(manifest_place(path))
    with a_ledger(here) as ledger:
        burned(ledger, 2)
    with refused("E707"):
        replace_log(here / "new.db", path, here / OLD, copy)
    with a_ledger(here) as ledger:
        assert has_unit_2(ledger)
    assert not [*here.glob(f"{OLD}*")]


def test_a_station_that_opened_the_file_before_it_is_moved_goes_on(here: Path) -> None:
    path = here / "manifest.db"
    copy = log_at_place(manifest_place(path))
    with a_ledger(here) as ledger:
        with refused("E707"):
            replace_log(here / "new.db", path, here / OLD, copy)
        burned(ledger, 2)
    with a_ledger(here) as ledger:
        assert has_unit_2(ledger)
    assert not [*here.glob(f"{OLD}*")]


def test_a_manifest_that_was_made_meanwhile_is_not_overwritten(here: Path) -> None:
    with refused("E707"):
        replace_log(here / "new.db", here / "manifest.db", None, None)


def test_a_named_copy_that_a_station_has_open_is_refused(here: Path) -> None:
    named = manifest_place(here / "manifest.db")
    with a_ledger(here), refused("E707"), stations_excluded(named, is_moved=False):
        pass
    with stations_excluded(named, is_moved=False), refused("E704"):
        a_ledger(here)
    a_ledger(here).close()


def test_what_was_put_aside_is_found_without_the_state_folder(here: Path) -> None:
    path = here / "gone.db"
    (here / "gone.db.1.old").touch()
    assert interrupted_set_aside(path, "burner/1") == here / "gone.db.1.old"
    assert interrupted_set_aside(path, "burner/2") is None
    assert interrupted_set_aside(path, "") is None
    folder = here / ".gone.db.restore"
    folder.mkdir()
    (folder / "new.db").touch()
    assert interrupted_set_aside(path, "") == here / "gone.db.1.old"
    (here / "gone.db.2.old").touch()
    assert interrupted_set_aside(path, "") is None


def test_a_fault_of_something_else_is_not_told_as_one_of_the_manifest(here: Path) -> None:
    with (
        pytest.raises(OSError, match="full"),
        work_folder(manifest_place(here / "manifest.db")) as folder,
    ):
        raise OSError(28, "full")
    assert not folder.exists()
