"""Units that come back, as the line meets them: over the bench, whose units keep their flash."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from burner.bench.process import BenchProcess
from burner.cli.main import root
from burner.core.errors import BurnerError
from burner.flash import otadata
from tests.images import app_image, write_product
from tests.runs import Running, start, until_begun
from tests.runs import burn as burn_apart

BENCH = "sim:1,keep=flash"
BOOTS = "{expect: ['App version: +1.0', 'product_id=S3EUVBRJLB'], timeout_s: 2}"
MUTABLE = "{{kind: nvs, preset: esp-qcloud, class: mutable, extra: [{}]}}"
REGION = "{{key: region, type: string, value: {}}}"
OTA_1, OTADATA, NVS, FCTRY = 0x110000, 0xD000, 0x9000, 0x210000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def burner(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a command."""
    ran = CliRunner().invoke(root, arguments, standalone_mode=False)
    assert ran.exception is None, (ran.exception, ran.output)
    return int(ran.return_value or 0), ran.output


def burn(
    source: Path, *arguments: str, batch: str = "WO-1", bench: str = BENCH
) -> Mapping[str, Any]:
    """Burn the unit; its end, as a script reads it."""
    command = ("burn", str(source), "--bench", bench, "--batch", batch, "--operator", "li")
    _, output = burner(*command, *arguments, "--yes", "--json")
    events: list[dict[str, Any]]
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == "finished"][-1]


def end(finished: Mapping[str, Any]) -> tuple[str, str, bool, bool]:
    return (finished["outcome"], finished["code"], finished["known"], finished["written"])


WRITTEN, KNOWN = ("PASS", "", False, True), ("PASS", "", True, False)


def refused(code: str) -> tuple[str, str, bool, bool]:
    return ("FAIL", code, False, False)


def records() -> list[dict[str, Any]]:
    _, output = burner("manifest", "list", "--json")
    return list(json.loads(output))


def flash(folder: Path) -> Path:
    (kept,) = (folder / "flash").glob("*.flash")
    return kept


def put(folder: Path, offset: int, data: bytes) -> None:
    with flash(folder).open("r+b") as cells:
        cells.seek(offset)
        cells.write(data)


def verified(source: Path, *arguments: str) -> bool:
    _, output = burner("verify", str(source), "--bench", BENCH, *arguments, "--json")
    (unit,) = json.loads(output)
    return bool(unit["good"])


def says(folder: Path, text: str) -> bool:
    return text.encode() in flash(folder).read_bytes()


def a_strangers(folder: Path) -> None:
    """Other firmware in the second slot, selected by otadata, and somebody's Wi-Fi."""
    put(folder, OTA_1, app_image("other firmware"))
    put(folder, OTADATA, otadata.ota_entry(2))
    put(folder, NVS, b"strangers-wifi-password")


# -- seen: a PASS that was inferred ----------------------------------------------------------------


@pytest.mark.parametrize("why", ["another manifest", "a void"])
def test_a_foreign_unit_whose_frozen_regions_match_is_written_whole(folder: Path, why: str) -> None:
    source = write_product(folder, boot=BOOTS)
    assert end(burn(source)) == WRITTEN
    a_strangers(folder)
    other = ("--manifest", "other.db") if why == "another manifest" else ()
    if not other:
        (unit,) = {record["unit_id"] for record in records()}
        by_anna = ("--operator", "anna", "--reason", "a trial")
        assert burner("unit", "void", unit, *by_anna)[0] == 0
    assert end(burn(source, *other)) == WRITTEN
    assert not says(folder, "strangers-wifi-password")
    assert verified(source, *other)


def test_a_mutable_carrier_of_a_release_that_failed_is_not_taken_for_the_next_ones(
    folder: Path,
) -> None:
    usa = write_product(
        folder, carrier=MUTABLE.format(REGION.format("usa")), boot="{expect: [never], timeout_s: 1}"
    )
    assert end(burn(usa)) == ("FAIL", "E605", False, True)
    china = write_product(folder, carrier=MUTABLE.format(REGION.format("china")))
    assert end(burn(china, batch="WO-2")) == WRITTEN
    assert (says(folder, "china"), says(folder, "usa")) == (True, False)


IMAGES = (
    "[{name: bootloader, file: bootloader.bin, offset: 0},"
    " {name: app, file: app.bin, partition: ota_0, class: mutable}]"
)


def version(folder: Path, number: str, **replaced: str) -> Path:
    product = "{{name: blinky, version: {}, id: S3EUVBRJLB, secret: file:secret.txt}}"
    app = app_image(f"firmware {number}")
    return write_product(folder, app=app, images=IMAGES, product=product.format(number), **replaced)


def test_a_mutable_application_is_written_over_an_older_one(folder: Path) -> None:
    assert end(burn(version(folder, "1.2.0"))) == WRITTEN
    newer = version(folder, "1.3.0")
    assert end(burn(newer, "--manifest", "other.db")) == WRITTEN
    assert (says(folder, "firmware 1.3.0"), says(folder, "firmware 1.2.0")) == (True, False)


def test_the_profile_decides_whether_a_good_unit_is_upgraded(folder: Path) -> None:
    burn(version(folder, "1.2.0"))
    refuses = version(folder, "1.3.0")
    assert end(burn(refuses, batch="WO-2")) == refused("E455")
    assert end(burn(refuses, "--rework", "please", batch="WO-2")) == refused("E455")
    upgrades = version(folder, "1.3.0", reburn="upgrade")
    assert end(burn(upgrades, batch="WO-3")) == WRITTEN
    assert says(folder, "firmware 1.3.0")
    assert end(burn(upgrades, batch="WO-3")) == KNOWN


def test_a_bootloader_that_rolls_back_never_starts_another_than_the_burned_application(
    folder: Path,
) -> None:
    """An update that waits for its confirmation: the bench's start would pass over ota_0."""
    spec = {"slots": 1, "keep": "flash", "units": [{"firmware": {"rollback": True}}]}
    (folder / "bench.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    source = write_product(folder, boot=BOOTS)
    assert end(burn(source, bench="bench.yaml")) == WRITTEN
    put(folder, OTA_1, app_image("an update, started once"))
    put(folder, OTADATA, otadata.ota_entry(2, otadata.OtaState.VALID).ljust(0x1000, b"\xff"))
    put(folder, OTADATA + 0x1000, otadata.ota_entry(3, otadata.OtaState.PENDING_VERIFY))
    assert not verified(source)
    assert end(burn(source, bench="bench.yaml")) == WRITTEN
    assert end(burn(source, bench="bench.yaml")) == KNOWN


# -- the key ---------------------------------------------------------------------------------------


def test_another_secret_needs_a_rework_and_a_batch_of_its_own(folder: Path) -> None:
    source = write_product(folder)
    burn(source)
    (folder / "secret.txt").write_text("anotherSecretProductKey4", encoding="utf-8")
    assert end(burn(source, batch="WO-2")) == refused("E462")
    ran = burn_apart(folder, "--bench", BENCH, "--batch", "WO-1", profile=source)
    assert (ran.status, "E463" in ran.errors) == (4, True), ran.errors
    assert end(burn(source, "--rework", "new key", batch="WO-2")) == WRITTEN
    assert end(burn(source, batch="WO-2")) == KNOWN


def carrier(kind: str, **more: str) -> str:
    settings: dict[str, dict[str, Any]] = {
        "nvs": {"kind": "nvs", "preset": "esp-qcloud"},
        "file": {"kind": "file", "partition": "store", "filesystem": "littlefs"},
        "raw": {
            "kind": "raw",
            "partition": "store",
            "fields": [
                {"name": "pid", "type": "char[11]", "key": "product_id"},
                {"name": "secret", "type": "char[33]", "key": "product_secret"},
            ],
        },
    }
    return json.dumps({**settings[kind], **more})


STORE = 0x214000
PLACES = {"nvs": (FCTRY, 0x4000), "file": (STORE, 0x10000), "raw": (STORE, 0x1000)}
TABLE = """\
nvs,      data, nvs,      0x9000,  0x4000
otadata,  data, ota,      0xd000,  0x2000
ota_0,    app,  ota_0,    0x10000, 1M
ota_1,    app,  ota_1,    ,        1M
fctry,    data, nvs,      ,        0x4000
store,    data, littlefs, ,        64K
"""


KINDS = ["nvs", *(pytest.param(kind, marks=pytest.mark.full) for kind in ("file", "raw"))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutable_carrier_whose_key_was_changed_is_written(folder: Path, kind: str) -> None:
    source = write_product(folder, table=TABLE, carrier=carrier(kind, **{"class": "mutable"}))
    burn(source)
    assert end(burn(source)) == KNOWN
    start, size = PLACES[kind]
    held = flash(folder).read_bytes()[start : start + size]
    put(folder, start, held.replace(b"S3EUVBRJLB", b"QQQQQQQQQQ"))
    assert not verified(source)
    assert end(burn(source)) == WRITTEN
    put(folder, start, b"\xff" * size)
    assert end(burn(source)) == WRITTEN
    assert verified(source)


@pytest.mark.parametrize("kind", KINDS)
def test_firmware_that_moves_its_key_leaves_a_known_unit(folder: Path, kind: str) -> None:
    source = write_product(
        folder, table=TABLE, carrier=carrier(kind, after_boot="moved"), boot=BOOTS
    )
    assert end(burn(source)) == WRITTEN
    start, size = PLACES[kind]
    assert flash(folder).read_bytes()[start : start + size] == b"\xff" * size
    assert says(folder, "S3EUVBRJLB")
    assert verified(source)
    assert end(burn(source)) == KNOWN
    put(folder, start, b"?" * 64)  # no product ID, so the firmware leaves it there
    assert not verified(source)
    assert end(burn(source)) == WRITTEN


def test_firmware_that_keeps_a_key_that_it_should_move_is_known_too(folder: Path) -> None:
    spec = {"slots": 1, "keep": "flash", "units": [{"firmware": {"moves_key": False}}]}
    (folder / "bench.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    source = write_product(folder, table=TABLE, carrier=carrier("nvs", after_boot="moved"))
    burn(source, bench="bench.yaml")
    start, size = PLACES["nvs"]
    held = flash(folder).read_bytes()[start : start + size]
    assert end(burn(source, bench="bench.yaml")) == KNOWN
    put(folder, start, held.replace(b"S3EUVBRJLB", b"QQQQQQQQQQ"))
    assert end(burn(source, bench="bench.yaml")) == WRITTEN


def test_an_at_firmware_is_asked_for_its_key(folder: Path) -> None:
    unit = {"modem": {"kind": "tencent-wifi", "port": "esp"}}
    spec = {"slots": 1, "keep": "flash", "units": [unit]}
    (folder / "bench.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    source = write_product(folder, carrier="{kind: at, ready_s: 3, answer_s: 3}")
    assert end(burn(source, bench="bench.yaml")) == WRITTEN
    assert end(burn(source, bench="bench.yaml")) == KNOWN
    (kept,) = (folder / "flash").glob("*.product")
    product = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps({**product, "name": "ANOTHER"}), encoding="utf-8")
    assert end(burn(source, bench="bench.yaml")) == WRITTEN
    kept.unlink()
    assert end(burn(source, bench="bench.yaml")) == WRITTEN


# -- scrapped --------------------------------------------------------------------------------------


def test_a_scrapped_unit_is_refused_with_the_reason_until_a_rework(folder: Path) -> None:
    source = write_product(folder)
    unit = burn(source)["unit_id"]
    by_anna = ("--operator", "anna", "--reason", "burnt antenna")
    assert burner("unit", "scrap", unit, *by_anna)[0] == 0
    finished = burn(source)
    assert end(finished) == refused("E464")
    assert finished["detail"] == "anna: burnt antenna"
    assert end(burn(source, "--rework", "new antenna")) == WRITTEN
    assert [record["rework"] for record in records()] == ["", "", "new antenna"]


@pytest.fixture
def keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this computer keeps its keys, for this test alone."""
    monkeypatch.setenv("BURNER_STATE", str(folder / "state"))
    return folder / "state"


def restored(keys: Path) -> str:
    """All keys are lost, a new log is begun: the origin of the old one."""
    rmtree(keys)
    who = ("--operator", "anna", "--station", "line1", "--reason", "keys lost")
    status, output = burner("manifest", "restore", *who)
    assert status == 0
    return output.splitlines()[0].split()[-1]


def test_a_scrap_outlives_the_log_in_which_it_was_said(folder: Path, keys: Path) -> None:
    source = write_product(folder)
    unit = burn(source)["unit_id"]
    by_anna = ("--operator", "anna", "--reason", "cracked")
    burner("unit", "scrap", unit, *by_anna)
    old = restored(keys)
    finished = burn(source, "--quantity", "5")
    assert end(finished) == refused("E464")
    assert finished["detail"] == f"anna: cracked, in the imported log {old}"
    burner("unit", "rework", unit, "--operator", "anna", "--reason", "new board")
    assert end(burn(source)) == WRITTEN
    assert burner("manifest", "verify")[0] == 0


def test_a_unit_of_an_imported_log_is_not_unknown(folder: Path, keys: Path) -> None:
    source = write_product(folder)
    unit = burn(source)["unit_id"]
    old = restored(keys)
    _, output = burner("verify", str(source), "--bench", BENCH)
    assert "This unit is known only from an imported log" in output
    assert f"{unit}: PASS in the imported log {old}" in output
    with pytest.raises(BurnerError, match=f"^E762: .*{unit}: PASS in the imported log {old}"):
        CliRunner().invoke(root, ["unit", "certificate", unit, "-o", "u"], catch_exceptions=False)
    (aside,) = folder.glob("manifest.db.*.old")
    burner("unit", "certificate", unit, "-o", "u", "--manifest", str(aside))
    assert (folder / "u").is_file()
    assert verified(source, "--manifest", str(aside))
    by_anna = ("--operator", "anna", "--reason", "cracked")
    assert burner("unit", "scrap", unit, *by_anna)[0] == 0
    assert end(burn(source)) == refused("E464")
    assert burner("manifest", "verify")[0] == 0


@pytest.mark.parametrize(
    ("corrections", "code", "english", "chinese"),
    [
        (("scrap",), "E464", "q: it is scrap", "q: it is scrap"),
        (("scrap", "void"), "E464", "q: it is scrap", "q: it is scrap"),
        (("void",), "E620", "voided by q: it is void", "已由 q 作废：it is void"),
        (
            ("scrap", "rework"),
            "E620",
            "rework declared: it is rework",
            "已声明返工：it is rework",
        ),
    ],
)
def test_verify_says_why_the_pass_of_a_unit_no_longer_counts(
    folder: Path, corrections: tuple[str, ...], code: str, english: str, chinese: str
) -> None:
    source = write_product(folder)
    unit = burn(source)["unit_id"]
    for what in corrections:
        burner("unit", what, unit, "--operator", "q", "--reason", f"it is {what}")
    for language, detail in (("en", english), ("zh", chinese)):
        status, output = burner("--lang", language, "verify", str(source), "--bench", BENCH)
        assert status == 1
        assert f"{code} " in output
        assert detail in output


def test_verify_compares_a_good_unit_for_which_a_rework_is_declared(folder: Path) -> None:
    source = write_product(folder)
    unit = burn(source)["unit_id"]
    burner("unit", "rework", unit, "--operator", "q", "--reason", "new antenna")
    assert verified(source)


# -- interrupted -----------------------------------------------------------------------------------


@pytest.fixture
def slow(folder: Path) -> Iterator[str]:
    """A bench of one whose unit takes some seconds."""
    with BenchProcess("sim:1,baud=115200") as bench:
        yield str(bench.ready["control"])


def slow_product(folder: Path, code: str = "x", **replaced: str) -> Path:
    app = app_image("".join(format(n, code) for n in range(8_000)))
    return write_product(folder, app=app, **replaced)


def in_mid_write(folder: Path, bench: str, source: Path, *arguments: str) -> Running:
    """A run whose unit is on record as OPEN, and being written."""
    running = start(folder, "--bench", bench, *arguments, profile=source)
    until_begun(running, folder)
    return running


def test_a_rework_that_kill_9_ended_is_continued_as_one(folder: Path, slow: str) -> None:
    source = slow_product(folder)
    assert burn_apart(folder, "--bench", slow, profile=source).status == 0
    in_mid_write(folder, slow, source, "--rework", "new antenna").kill()
    again = burn_apart(folder, "--bench", slow, profile=source)
    assert again.status == 0, again.errors
    ends = [(record["outcome"], record["rework"]) for record in records()]
    assert ends == [("PASS", ""), ("OPEN", "new antenna"), ("PASS", "new antenna")]
    assert burn_apart(folder, "--bench", slow, profile=source).units[0]["known"]


def test_a_rework_that_ctrl_c_twice_ended_is_continued_as_one(folder: Path, slow: str) -> None:
    source = slow_product(folder)
    assert burn_apart(folder, "--bench", slow, profile=source).status == 0
    running = in_mid_write(folder, slow, source, "--rework", "new antenna")
    running.interrupt_twice()
    running.end()
    again = burn_apart(folder, "--bench", slow, profile=source)
    assert again.status == 0, again.errors
    ends = [(record["outcome"], record["rework"]) for record in records()]
    assert ends == [("PASS", ""), ("ABORTED", "new antenna"), ("PASS", "new antenna")]


def test_an_upgrade_that_kill_9_ended_is_written_whole(folder: Path, slow: str) -> None:
    first = slow_product(folder)
    assert burn_apart(folder, "--bench", slow, profile=first).status == 0
    source = slow_product(folder, "o", reburn="upgrade")
    in_mid_write(folder, slow, source, "--batch", "WO-2").kill()
    again = burn_apart(folder, "--bench", slow, "--batch", "WO-2", profile=source)
    assert (again.status, again.units[0]["written"]) == (0, True), again.errors
    assert [record["outcome"] for record in records()] == ["PASS", "OPEN", "PASS"]
