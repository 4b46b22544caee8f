"""A batch that waits for the cloud platform: its preflight, and its names."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from burner.core.check_verdict import CheckVerdict
from burner.manifest.entries.cloud_kinds import PreflightFact, ReconciledDifference
from burner.manifest.reading.cloud_records import burned_devices
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.cloud_records import (
    record_confirmed_names,
    record_preflight,
    record_proof,
    record_reconciliation,
)
from burner.manifest.writing.ledger import Ledger
from tests.cli.commands.test_manifest_desk import WHO, origin_key
from tests.cli.desk import at_desk, refused, run
from tests.images import PRODUCT_ID, write_product
from tests.in_process import Completed, run_burner

HUB = "tencent-hub"
STATION = ("--operator", "wang", "--station", "line1")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at_desk(tmp_path, monkeypatch)
    return tmp_path


def preflight(
    verdict: CheckVerdict, code: str = "", quantity: int = 100, endpoint: str = ""
) -> None:
    checks = [
        PreflightFact(check="product", verdict=CheckVerdict.GOOD, found="plug"),
        PreflightFact(check="register-limit", verdict=verdict, code=code, found="100 of 2350"),
    ]
    with Ledger.open("manifest.db", "desk") as ledger:
        row = ledger.reader.batch("WO1")
        assert row is not None
        record_preflight(
            *(ledger, "WO1", checks),
            platform=HUB,
            source="api",
            endpoint=endpoint,
            key=row.key,
            quantity=quantity,
        )


def confirm(*names: str, endpoint: str = "") -> None:
    with Ledger.open("manifest.db", "desk") as ledger:
        record_confirmed_names(
            ledger, PRODUCT_ID, names, platform=HUB, how="created", endpoint=endpoint
        )


def burn(folder: Path, product: Path, *arguments: str) -> Completed:
    at_bench = ("--bench", "sim:2", "--batch", "WO1", "--operator", "li", "--json")
    return run_burner(folder, "burn", product, *at_bench, *arguments)


def ends(done: Completed) -> Sequence[tuple[str, str, bool]]:
    """Outcome, code, and whether anything was written, of each unit."""
    units = json.loads(done.stdout.splitlines()[-1])["units"]
    return [(unit["outcome"], unit["code"], unit["written"]) for unit in units]


def test_burn_is_refused_before_a_good_preflight(here: Path) -> None:
    product = write_product(here, registration="{preflight: required}")
    done = burn(here, product)
    assert (done.returncode, "E816" in done.stdout + done.stderr) == (4, True)
    assert not done.stdout.count("step"), "no slot has begun"
    waits = run("batch", "status", "WO1").stdout
    assert "preflight       required, and not done yet" in waits
    preflight(CheckVerdict.BAD, "E809")
    done = burn(here, product)
    assert (done.returncode, "E817" in done.stdout + done.stderr) == (4, True)
    status = run("batch", "status", "WO1").stdout
    assert "preflight       not good  " in status
    assert "  ✓ the product  plug\n" in status
    assert "  ✗ devices that it may create by itself  100 of 2350  E809" in status
    preflight(CheckVerdict.GOOD)
    assert ends(burn(here, product)) == [("PASS", "", True)] * 2
    cloud = json.loads(run("batch", "status", "WO1", "--json").stdout)["evidence"]["cloud"]
    assert (cloud["preflight_required"], cloud["preflight"]["good"]) == (True, True)
    assert "under a good preflight" not in run("batch", "status", "WO1").stdout
    preflight(CheckVerdict.UNKNOWN)
    begun = "attempts begun before it, under a good preflight: 2; since then: 0"
    assert begun in run("batch", "status", "WO1").stdout
    run("manifest", "verify")


def test_the_status_says_who_answered_for_the_platform(here: Path) -> None:
    product = write_product(here, registration="{names: created-before}")
    run("batch", "open", str(product), *STATION, "--batch", "WO1")
    preflight(CheckVerdict.GOOD, endpoint="vm.factory:18444")
    confirm("a", "b", endpoint="vm.factory:18444")
    confirm("b")
    compare(3, endpoint="vm.factory:18444")
    status = run("batch", "status", "WO1").stdout
    assert status.count("asked at vm.factory:18444, not at the platform's own address") == 3
    assert "  1 of them: asked at vm.factory" in status
    evidence = json.loads(run("batch", "status", "WO1", "--json").stdout)["evidence"]
    assert evidence["cloud"]["preflight"]["endpoint"] == "vm.factory:18444"


def test_a_batch_may_ask_for_a_preflight_that_its_release_does_not_ask_for(here: Path) -> None:
    product = str(write_product(here))
    opening = ("batch", "open", product, *STATION, "--batch", "WO1")
    said = run(*opening, "--preflight", "required").stdout
    assert "It takes no unit before a good preflight of the cloud platform." in said
    run(*opening)  # continued: it keeps its terms
    run(*opening, "--preflight", "required")
    run(*opening[:-1], "WO2")
    with refused("E730"):
        run(*opening[:-1], "WO2", "--preflight", "required")
    status = run_burner(here, "batch", "status", "WO1", env={"BURNER_LANG": "zh"}).stdout
    assert "云平台预检" in status


def test_a_unit_whose_name_is_not_confirmed_stays_untouched_until_it_is(here: Path) -> None:
    product = write_product(here, registration="{names: created-before}")
    assert ends(burn(here, product)) == [("ERROR", "E818", False)] * 2
    listed = json.loads(run("manifest", "list", "--json").stdout)
    names = sorted(row["device_name"] for row in listed)
    with refused("E871"):
        run("cloud", "prove", str(product), "--unit", names[0], "--station", "desk")
    status = run("batch", "status", "WO1").stdout
    assert f"2 units wait until their names are created: {names[0]}, {names[1]}" in status
    run("cloud", "names", str(product), "--batch", "WO1", "-o", "names.csv")
    assert names == sorted(Path("names-001.csv").read_text(encoding="utf-8").split()[1:])
    confirm(*names)
    assert "wait until" not in run("batch", "status", "WO1").stdout
    assert ends(burn(here, product)) == [("PASS", "", True)] * 2
    status = json.loads(run("batch", "status", "WO1", "--json").stdout)
    assert (status["pass"], status["names_not_confirmed"]) == (2, 0)
    run("manifest", "verify")
    run("batch", "close", "WO1", *WHO)
    run("manifest", "verify", "WO1", "--key", origin_key())


def test_names_that_are_created_afterwards_are_counted_at_status_and_close(here: Path) -> None:
    product = write_product(here, registration="{names: created-after}")
    burn(here, product)
    with ManifestReader.open("manifest.db") as reader:
        first, second = burned_devices(reader, PRODUCT_ID)
    confirm(first.name)
    status = run("batch", "status", "WO1")
    assert "1 good unit has a name that the cloud platform is not known to have" in status.stderr
    assert "cloud names     created after the units are made; 1 confirmed" in status.stdout
    closed = run("batch", "close", "WO1", *WHO)
    assert "1 good unit has a name" in closed.stderr
    statement = Path("WO1/statement.txt").read_text(encoding="utf-8")
    assert "  cloud names    created after the units are made; 1 confirmed" in statement
    assert "  names_not_confirmed 1\n" in statement
    (life,) = json.loads(run("unit", "show", first.unit_id, "--json").stdout)
    assert life["confirmed_names"] == [first.name]
    (life,) = json.loads(run("unit", "show", second.unit_id, "--json").stdout)
    assert life["confirmed_names"] == []


def test_unit_show_has_a_proved_registration_and_the_last_difference(here: Path) -> None:
    burn(here, write_product(here))
    with Ledger.open("manifest.db", "desk") as ledger:
        device, _ = burned_devices(ledger.reader, PRODUCT_ID)
        record_proof(
            *(ledger, device.unit_id),
            product_id=PRODUCT_ID,
            device_name=device.name,
            platform=HUB,
            host="ap-guangzhou.gateway.tencentdevices.com",
            registered=True,
            credentials="key",
            operator="li",
        )
    compare(1, device.unit_id)
    shown = run("unit", "show", device.unit_id)
    assert "registered, key" in shown.stdout
    assert "not-registered" in shown.stderr
    run("manifest", "verify")


def test_unit_show_has_no_difference_that_a_later_comparison_of_the_unit_does_not_have(
    here: Path,
) -> None:
    product = write_product(here)
    burn(here, product)
    run("batch", "open", str(product), *STATION, "--batch", "WO2")
    with ManifestReader.open("manifest.db") as reader:
        unit_id = next(burned_devices(reader, PRODUCT_ID)).unit_id

    def differs() -> str:
        return run("unit", "show", unit_id).stderr

    compare(1, unit_id)
    compare(0, batch="WO2")
    assert "not-registered" in differs(), "the later comparison is of another batch"
    compare(0)
    assert differs() == ""
    compare(1, unit_id, batch="WO1")
    assert "not-registered" in differs()
    compare(0, batch="WO1")
    assert differs() == ""
    compare(3, "00:00:00:00:00:01")
    assert "may be one of 2 differences that are not listed there" in differs()


def compare(differences: int, *units: str, batch: str = "", endpoint: str = "") -> None:
    """Put a comparison on record that lists these units."""
    with Ledger.open("manifest.db", "desk") as ledger:
        record_reconciliation(
            *(ledger, PRODUCT_ID),
            platform=HUB,
            source="api",
            compared={"burned": 2},
            differences={"not-registered": differences},
            table="ab" * 32,
            first=[ReconciledDifference(kind="not-registered", unit_id=one) for one in units],
            endpoint=endpoint,
            batch=batch,
        )
