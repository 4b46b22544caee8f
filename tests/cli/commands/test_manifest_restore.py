"""`burner manifest restore`: interrupted anywhere nothing is lost, and no station is overrun."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from shutil import copy, copytree, rmtree

import pytest
from filelock import FileLock

from burner.core.errors import BurnerError
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import burned, open_batch

WHO = ("--operator", "wang", "--station", "line1")
WHY = ("--reason", "disk died")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An older copy is in place: it lacks unit 2."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
    run("manifest", "backup", "older.db")
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 2, batch="WO1")
    copy("older.db", "manifest.db")
    return tmp_path


def check_restored(manifest: str = "manifest.db") -> None:
    """The name of unit 1 came in, and the station goes on."""
    with Ledger.open(manifest, "line1") as ledger:
        with refused("E450"):
            burned(ledger, 5, name="7cdfa1000001")
        burned(ledger, 6)
    run("manifest", "verify", "--manifest", manifest)


def old_origin() -> str:
    with ManifestReader.open("older.db") as reader:
        return reader.origin


def test_what_was_there_lies_beside_it_and_nothing_else_is_left(here: Path) -> None:
    output = run("manifest", "restore", *WHO, *WHY).stdout
    assert "lost: at least 2 records" in output
    left = {path.name for path in here.iterdir() if not path.name.endswith(".lock")}
    aside = f"manifest.db.{old_origin().partition('/')[2]}.old"
    assert left == {"manifest.db", "older.db", "state", aside}
    assert (here / aside).read_bytes()[100:] == (here / "older.db").read_bytes()[100:]
    check_restored()


def test_interrupted_before_the_new_log_stands_in_its_place_it_is_run_again(here: Path) -> None:
    (here / "manifest.db").rename(f"manifest.db.{old_origin().partition('/')[2]}.old")
    (here / ".manifest.db.restore").mkdir()
    (here / ".manifest.db.restore" / "new.db").write_bytes(b"half")
    assert "4 records came in" in run("manifest", "restore", *WHO, *WHY).stdout
    assert not (here / ".manifest.db.restore").exists()
    check_restored()


def test_interrupted_before_this_computer_noted_the_new_log_it_is_run_again(here: Path) -> None:
    copytree(here / "state" / "places", here / "before")
    run("manifest", "restore", *WHO, *WHY)
    rmtree(here / "state" / "places")
    (here / "before").rename(here / "state" / "places")
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    assert "was begun already in place of" in run("manifest", "restore", *WHO, *WHY).stdout
    check_restored()
    with refused("E732"):
        run("manifest", "restore", *WHO, *WHY)


POWER_CUT = """
import os, sys
from pathlib import Path
from burner.cli.main import root
rename = Path.replace
Path.replace = lambda self, to: os._exit(9) if self.name == "new.db" else rename(self, to)
root(sys.argv[1:])
"""


def test_a_power_cut_costs_nothing_where_this_computer_had_forgotten_all(here: Path) -> None:
    rmtree(here / "state")
    cut = subprocess.run(
        [sys.executable, "-c", POWER_CUT, "manifest", "restore", *WHO, *WHY], check=False
    )
    assert cut.returncode == 9
    assert not (here / "manifest.db").exists()
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    assert "4 records came in" in run("manifest", "restore", *WHO, *WHY).stdout
    check_restored()


def test_another_computer_takes_up_a_restore_that_was_interrupted_elsewhere(here: Path) -> None:
    (here / "manifest.db").rename(f"manifest.db.{old_origin().partition('/')[2]}.old")
    (here / ".manifest.db.restore").mkdir()
    (here / ".manifest.db.restore" / "new.db").touch()
    rmtree(here / "state")
    assert "4 records came in" in run("manifest", "restore", *WHO, *WHY).stdout
    check_restored()


def test_two_at_once_do_not_disturb_each_other(here: Path) -> None:
    (here / ".manifest.db.restore").mkdir()
    new = here / ".manifest.db.restore" / "new.db"
    new.write_bytes(b"of the first one")
    with (
        FileLock(here / ".manifest.db.restore.lock"),
        pytest.raises(BurnerError, match=r"^E707: .*another restore is at work"),
    ):
        run("manifest", "restore", *WHO, *WHY)
    assert new.read_bytes() == b"of the first one"
    run("manifest", "restore", *WHO, *WHY)
    check_restored()


def test_another_computer_goes_on_with_the_log_that_one_station_began(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(here / "state", here / "there")
    run("manifest", "restore", *WHO, *WHY)
    new = json.loads(run("key", "show", "--json").stdout)["origin"]
    monkeypatch.setenv("BURNER_STATE", str(here / "there"))
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    assert f"log {new} was begun already" in run("manifest", "restore", *WHO, *WHY).stdout
    with Ledger.open("manifest.db", "line1") as ledger:
        assert ledger.origin == new
        burned(ledger, 6)


def test_another_computer_is_told_what_it_knows_to_be_lost(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other, batch in (("elsewhere", "WO2"), ("here", "WO3")):
        copytree(here / "state", here / other)
        rmtree(here / other / "logs")
        monkeypatch.setenv("BURNER_STATE", str(here / other))
        copy("older.db", "manifest.db")
        with Ledger.open("manifest.db", "line1") as ledger:
            open_batch(ledger, batch)
    monkeypatch.setenv("BURNER_STATE", str(here / "state"))
    run("manifest", "restore", *WHO, *WHY)
    monkeypatch.setenv("BURNER_STATE", str(here / "here"))
    assert (
        "No record that this computer knows of is lost."
        in run("manifest", "restore", *WHO, *WHY).stdout
    )
    monkeypatch.setenv("BURNER_STATE", str(here / "elsewhere"))
    output = run("manifest", "restore", *WHO, *WHY).stdout
    assert "The copy was continued elsewhere" in output
    assert "lost: at least 1 record;" in output


def test_a_manifest_that_a_station_has_open_is_not_taken_away_from_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in here.iterdir())
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        busy = Ledger.open("manifest.db", "line2")
    with busy, refused("E707"):
        run("manifest", "restore", *WHO, *WHY)
    assert {*before} <= {path.name for path in here.iterdir()}
    assert not list(here.glob("*.old"))
    run("manifest", "restore", *WHO, *WHY)
    check_restored()


def test_a_backup_that_lies_elsewhere_is_named(here: Path) -> None:
    for file in here.glob("manifest.db*"):
        file.unlink()
    output = run("manifest", "restore", "--old", "older.db", *WHO, *WHY).stdout
    assert "4 records came in from older.db" in output
    assert "lost: at least 2 records" in output
    check_restored()
    with refused("E736"), Ledger.open("other.db", "line1"):
        run("manifest", "restore", "--manifest", "other.db", "--old", "older.db", *WHO, *WHY)


def test_a_named_backup_stays_as_it_is_to_the_byte(here: Path) -> None:
    copy("manifest.db", "wal.db")
    with closing(sqlite3.connect("wal.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    before = (here / "wal.db").read_bytes()
    with refused("E736"):
        run("manifest", "restore", "--old", "wal.db", *WHO, *WHY)
    (here / "manifest.db").unlink()
    run("manifest", "restore", "--old", "wal.db", *WHO, *WHY)
    assert (here / "wal.db").read_bytes() == before
    check_restored()


def test_a_named_copy_that_is_whole_is_to_be_put_in_its_place(here: Path) -> None:
    rmtree(here / "state" / "logs")
    (here / "manifest.db").unlink()
    with pytest.raises(BurnerError, match=r"^E732: .*put that copy in the place of the manifest"):
        run("manifest", "restore", "--old", "older.db", *WHO, *WHY)


def test_what_is_lost_of_a_copy_that_was_continued_elsewhere_is_not_claimed_to_be_exact(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(here / "state", here / "there")
    rmtree(here / "there" / "logs")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("BURNER_STATE", str(here / "there"))
        with Ledger.open("manifest.db", "line1") as ledger:  # 4 of the 6 records, and 1 of its own
            open_batch(ledger, "WO2")
    assert "lost: at least 1 record;" in run("manifest", "restore", *WHO, *WHY).stdout  # it is 2
    check_restored()


def test_a_reason_does_not_make_the_log_of_a_line_one_of_a_bench(here: Path) -> None:
    with refused("E754"):
        run("manifest", "restore", *WHO, "--reason", "disk died (simulated bench)")
    run("manifest", "restore", *WHO, *WHY)
    with ManifestReader.open("manifest.db") as reader:
        assert not reader.is_simulated()
