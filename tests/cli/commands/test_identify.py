"""`burner identify` over the simulated bench: all IDs of all slots, and nothing written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from burner.bench.process import BenchProcess
from burner.bench.unit.unit_spec import VENDOR_PREFIXES, mac_for
from burner.cli.main import root
from burner.core.errors import table
from burner.core.silicon import Silicon
from burner.identity.interface_addresses import interface_macs
from burner.identity.mac_checks import IEEE802154
from tests.in_process import run_burner

BENCH = """
slots: 7
units:
  - {modem: quectel}
  - {modem: {kind: simcom, imei: "490154203237518", noise: true, late_s: 0.2}}
  - {modem: {kind: fibocom, imei: "490154203237519"}}
  - {chip: esp32c6, modem: {kind: bc26, imei: "490154203237518"}}
  - {modem: {silent: true}}
  - {modem: tencent, faults: [{kind: blank-mac}]}
  - {faults: [{kind: dead}]}
"""
PROFILE = """
name: {template: "M-{imei}"}
identity:
  imei: {timeout_s: 3, answer_s: 0.5, bauds: [115200]}
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BenchProcess]:
    path = tmp_path_factory.mktemp("bench") / "bench.yaml"
    path.write_text(BENCH)
    with BenchProcess(str(path)) as running:
        yield running


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    plug = Path(__file__).parents[3] / "profiles" / "plug-c3.yaml"
    text = plug.read_text(encoding="utf-8").split("\nname:")[0] + PROFILE
    path = tmp_path / "cellular.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def identify(tmp_path: Path, *args: object) -> Result:
    command = ["identify", *map(str, args), "--logs", str(tmp_path / "logs")]
    return CliRunner().invoke(root, command, standalone_mode=False)


def ports(bench: BenchProcess, *slots: str) -> list[str]:
    chosen = [bench.slots[slot] for slot in slots or bench.slots]
    return [
        word
        for slot in chosen
        for word in ("--port", ",".join(f"{name}={url}" for name, url in slot.items()))
    ]


def rows(result: Result) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(result.output)
    return answer


def test_every_unit_tells_its_ids_and_its_name_or_what_is_wrong(
    bench: BenchProcess, profile: Path, tmp_path: Path
) -> None:
    result = identify(tmp_path, profile, "--json", *ports(bench))
    assert result.return_value == 1
    seen = rows(result)
    assert [[p["code"] for p in row["problems"]] for row in seen] == [
        [],
        [],
        ["E421", "E167"],
        ["E401"],
        ["E330", "E167"],
        ["E410"],
        ["E301"],
    ]
    assert seen[0]["device_name"] == f"M-{seen[0]['ids']['imei']}"
    assert seen[1]["device_name"] == "M-490154203237518"
    assert all(table()[p["code"]].says == p["says"] for row in seen for p in row["problems"])


def test_without_a_profile_whatever_chip_answers_is_read(
    bench: BenchProcess, tmp_path: Path
) -> None:
    result = identify(tmp_path, "--json", *ports(bench, "1", "2", "4"))
    plug, twin, other = rows(result)
    assert (plug["chip"], other["chip"]) == ("esp32c3", "esp32c6")
    assert plug["ids"] == {"mac": plug["unit_id"], "imei": plug["ids"]["imei"]}
    assert plug["addresses"]["softap"] > plug["addresses"]["station"]
    assert other["ids"]["eui64"][9:14] == "ff:fe"
    assert other["ids"]["mac"] == other["unit_id"] == bench.boards["4"]["mac"]
    assert plug["device_name"] == ""
    # slots 2 and 4 hold modems of one IMEI
    assert [p["code"] for p in twin["problems"]] == ["E426"]
    assert other["problems"][0]["detail"] == "490154203237518: slots 2, 3"


def test_a_unit_in_order_ends_well_and_people_get_a_table(
    bench: BenchProcess, profile: Path, tmp_path: Path
) -> None:
    result = identify(tmp_path, profile, *ports(bench, "1"))
    assert result.return_value == 0
    assert re.search(r"1 +esp32c3 v0\.4 .* M-\d{15} +OK", result.output)


def test_a_look_changes_nothing_in_the_flash(tmp_path: Path) -> None:
    result = identify(tmp_path, "--bench", f"sim:1,keep={tmp_path / 'flash'}")
    assert result.return_value == 0
    (flash,) = (tmp_path / "flash").glob("*.flash")
    assert set(flash.read_bytes()) <= {0xFF}


@pytest.mark.full
@pytest.mark.parametrize("chip", sorted(VENDOR_PREFIXES))
def test_every_chip_of_the_bench_tells_its_base_mac_and_the_documented_addresses(
    tmp_path: Path, chip: str
) -> None:
    result = identify(tmp_path, "--json", "--bench", f"sim:1,chip={chip},seed=5")
    (seen,) = rows(result)
    base = mac_for(5, 0, chip)
    assert (seen["chip"], seen["unit_id"]) == (chip, str(base))
    expected = interface_macs(Silicon(chip, "", base, 0, 0))
    assert seen["addresses"] == {source: str(mac) for source, mac in expected.items()}
    assert ("eui64" in seen["ids"]) == (chip in IEEE802154)


def test_units_that_tell_nothing_have_no_table_of_addresses(
    bench: BenchProcess, tmp_path: Path
) -> None:
    result = identify(tmp_path, *ports(bench, "7"))
    assert result.return_value == 1
    assert "E301" in result.output
    assert "Addresses" not in result.output


def test_a_label_belongs_to_one_unit(bench: BenchProcess, tmp_path: Path) -> None:
    result = CliRunner().invoke(root, ["identify", *ports(bench, "1", "2"), "--label", "x"])
    assert result.exit_code == 2


def test_slots_must_be_named(tmp_path: Path) -> None:
    assert CliRunner().invoke(root, ["identify"]).exit_code == 2


def test_a_private_key_is_no_product_secret_that_a_label_could_be_compared_with(
    tmp_path: Path,
) -> None:
    key = tmp_path / "station.age"
    key.write_text("AGE-SECRET-KEY-1" + "Q" * 58)
    key.chmod(0o600)
    for label in ("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2"):
        secret = ("--secret", f"file:{key}", "--label", label)
        ran = run_burner(tmp_path, "identify", "--bench", "sim:1", *secret)
        assert (ran.returncode, "E156" in ran.stderr) == (3, True), ran.stderr
        assert "removed" not in ran.stdout + ran.stderr
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("option", ["--bench", "--station-file"])
def test_a_private_key_in_place_of_a_bench_or_station_file_is_not_shown(
    tmp_path: Path, option: str
) -> None:
    for name, text in (("x.age", "AGE-SECRET-KEY-1QQ"), ("x.pem", "-----BEGIN KEY-----\nQQ")):
        (tmp_path / name).write_text(text)
        ran = run_burner(tmp_path, "identify", option, name)
        assert (ran.returncode, "found text" in ran.stderr) == (3, True), ran.stderr
        assert "QQ" not in ran.stdout + ran.stderr
