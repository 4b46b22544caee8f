"""Simulated units and real ones do not meet in one manifest."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree

import pytest

from burner.core.errors import BurnerError
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import run
from tests.manifest.records import burned
from tests.runs import PROFILE, burn, burner


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))


def test_a_bench_does_not_burn_into_the_manifest_of_a_line(tmp_path: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 1)
    before = Path("manifest.db").read_bytes()
    ran = burner(tmp_path, "burn", str(PROFILE), "--bench", "sim:1", "--yes")
    assert ran.returncode == 4
    assert "E753" in ran.stderr
    assert Path("manifest.db").read_bytes() == before
    assert burn(tmp_path, "--bench", "sim:1", "--manifest", "bench.db").status == 0


def test_a_bench_and_a_line_that_start_together_do_not_share_a_manifest() -> None:
    def start(simulated: bool) -> str:
        try:
            Ledger.open("manifest.db", f"line{simulated:d}", simulated=simulated).close()
        except BurnerError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(2) as together:
        one, other = sorted(together.map(start, (True, False)))
    assert one == ""
    assert other in ("E753", "E707")  # E707: the other one was making the file just then


def test_a_manifest_that_a_desk_began_is_one_of_real_units(tmp_path: Path) -> None:
    run("batch", "open", str(PROFILE), "--batch", "WO1", "--operator", "qa")
    ran = burner(tmp_path, "burn", str(PROFILE), "--bench", "sim:1", "--batch", "WO1", "--yes")
    assert ran.returncode == 4
    assert "manifest.db: of real units" in ran.stderr
    with Ledger.open("manifest.db", "line1", simulated=False) as ledger:
        burned(ledger, 1)


def test_a_desk_begins_a_manifest_of_simulated_units_for_the_bench(tmp_path: Path) -> None:
    opened = ("batch", "open", str(PROFILE), "--operator", "qa", "--batch")
    run(*opened, "WO1", "--simulated")
    assert burn(tmp_path, "--bench", "sim:1,execute=no", "--batch", "WO1").status == 0
    with pytest.raises(BurnerError, match="E753"):
        Ledger.open("manifest.db", "line2", simulated=False)
    with Ledger.open("real.db", "line1") as ledger:
        burned(ledger, 1)
    refused = burner(tmp_path, *opened, "WO2", "--simulated", "--manifest", "real.db")
    assert "real.db: of real units" in refused.stderr
    assert refused.returncode == 4


def test_a_line_does_not_burn_into_the_manifest_of_a_bench(tmp_path: Path) -> None:
    assert burn(tmp_path, "--bench", "sim:1", "--batch", "WO1").status == 0
    run("batch", "close", "WO1", "--operator", "qa")
    assert burn(tmp_path, "--bench", "sim:1,seed=2", "--batch", "WO2").status == 0
    rmtree(tmp_path / "state")
    run("manifest", "restore", "--operator", "qa", "--reason", "training")
    assert burn(tmp_path, "--bench", "sim:1,seed=3", "--batch", "WO3").status == 0
    ran = burner(tmp_path, "burn", str(PROFILE), "--port", "/dev/null", "--yes")
    assert ran.returncode == 4
    assert "E753" in ran.stderr


@pytest.mark.parametrize("simulated", [True, False])
def test_logs_of_simulated_and_of_real_units_are_not_imported_into_each_other(
    simulated: bool,
) -> None:
    with Ledger.open("one.db", "line1", simulated=simulated) as ledger:
        burned(ledger, 1)
        key = ledger.writer.origin_key
    Ledger.open("other.db", "desk", simulated=not simulated).close()
    run("manifest", "export", "--format", "log", "-o", "one.log", "--manifest", "one.db")
    args = ("manifest", "import", "one.log", "--key", key, "--operator", "qa", "--station", "desk")
    of = "a simulated bench" if simulated else "real units"
    with pytest.raises(BurnerError, match=f"E753.*one.log: of {of}"):
        run(*args, "--manifest", "other.db")
    Ledger.open("third.db", "desk", simulated=simulated).close()
    run(*args, "--manifest", "third.db")
