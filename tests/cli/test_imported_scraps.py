"""A scrap in another log is final here too, until that log, or somebody here, ends it."""

import json
from pathlib import Path
from shutil import rmtree

import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger
from tests.cli.commands.test_manifest_desk import WHO, WHY, origin_key
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import a_result, an_attempt, burned, open_batch

UNITS = {number: f"7cdfa100000{number}" for number in (1, 2, 3)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two other logs, each with three good units; ours burned unit 3 itself."""
    at_desk(tmp_path, monkeypatch)
    for name in ("one.db", "two.db"):
        with Ledger.open(name, "line1") as ledger:
            for number in UNITS:
                burned(ledger, number)
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 3)
    return tmp_path


def correct(what: str, number: int, manifest: str = "manifest.db") -> None:
    run("unit", what, UNITS[number], *WHO, *WHY, "--manifest", manifest)


def take_in(name: str) -> None:
    run("manifest", "export", "--format", "log", "-o", "other.log", "--manifest", name)
    run("manifest", "import", "other.log", "--key", origin_key(name), *WHO)
    run("manifest", "verify")


def is_refused(number: int) -> bool:
    with Ledger.open("manifest.db", "line1") as ledger:
        try:
            burned(ledger, number)
        except BurnerError as error:
            return error.code == "E464"
    return False


def test_what_another_log_scrapped_is_not_burned_and_what_ours_says_stands(here: Path) -> None:
    correct("scrap", 1, "one.db")
    correct("scrap", 3, "one.db")
    take_in("one.db")
    with ManifestReader.open("manifest.db") as reader:
        assert "wang: dropped, in the imported log" in reader.unit("7c:df:a1:00:00:01").scrapped
    with Ledger.open("manifest.db", "line1") as ledger:
        with refused("E464"):
            burned(ledger, 1)
        burned(ledger, 2)
        burned(ledger, 3)
    assert "scrap" in run("unit", "show", UNITS[1]).stdout
    with refused("E760"):
        run("unit", "certificate", UNITS[1], "-o", "u")
    run("report")
    run("manifest", "verify")


def test_a_scrapped_unit_that_comes_back_is_no_unit_of_the_batch(here: Path) -> None:
    correct("scrap", 1, "one.db")
    take_in("one.db")
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 2, batch="WO1")
        refusal = a_result(Outcome.FAIL, code="E464", written=False)
        ledger.finish(an_attempt(1, batch="WO1"), refusal)
    status = json.loads(run("batch", "status", "WO1", "--json").stdout)
    report = json.loads(run("report", "--batch", "WO1", "--json").stdout)
    assert (status["pass"], status["failed"], status["scrap"]) == (1, 0, 0)
    assert (report["units"]["total"], report["units"]["passed"]) == (1, 1)


def test_a_rework_in_the_other_log_ends_its_scrap_but_not_one_of_a_third(here: Path) -> None:
    for name in ("one.db", "two.db"):
        correct("scrap", 1, name)
        correct("scrap", 2, "one.db")
        take_in(name)
    correct("rework", 1, "one.db")
    correct("rework", 2, "one.db")
    take_in("one.db")
    assert is_refused(1)
    assert not is_refused(2)
    run("manifest", "verify")


def test_a_rework_here_ends_it_and_a_longer_import_does_not_bring_it_back(here: Path) -> None:
    correct("scrap", 1, "one.db")
    take_in("one.db")
    correct("rework", 1)
    correct("scrap", 2, "one.db")
    take_in("one.db")
    assert not is_refused(1)
    assert is_refused(2)
    with refused("E762"):
        correct("void", 2)
    run("manifest", "export", "--format", "log", "-o", "ours.log")
    run("manifest", "verify", "ours.log", "--key", origin_key())


def test_a_correction_of_a_unit_that_only_an_imported_log_knows_is_our_first_word(
    here: Path,
) -> None:
    take_in("one.db")
    with refused("E762"):
        correct("void", 1)
    correct("scrap", 1)
    assert is_refused(1)
    correct("rework", 2)
    with Ledger.open("manifest.db", "line1") as ledger:
        assert ledger.unit("7c:df:a1:00:00:02", "S3EUVBRJLB").declared_rework == "dropped"
        burned(ledger, 2)
    run("manifest", "verify")


def test_names_and_scraps_outlive_a_second_restore(here: Path) -> None:
    correct("scrap", 1, "one.db")
    take_in("one.db")
    for _ in range(2):
        rmtree(here / "state")
        run("manifest", "restore", *WHO, "--reason", "keys lost")
        with Ledger.open("manifest.db", "line1") as ledger, refused("E450"):
            burned(ledger, 9, name=UNITS[2])
        assert is_refused(1)
        run("manifest", "verify")
    run("manifest", "list")
