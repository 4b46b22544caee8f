"""A bench that knows the product: chip, flash, the name's rule, the line of a serial number."""

from pathlib import Path

import pytest

from burner.bench.bench_file import read_spec
from burner.bench.firmware.firmware import own_name
from burner.bench.from_profile import defaults_of, serial_line
from burner.bench.unit.unit_spec import MB, TextPlace, UnitSpec
from burner.cli.main import main
from burner.core.errors import BurnerError
from burner.identity.serial_checks import find_serial
from burner.identity.settings import SerialSettings
from tests.images import app_image, write_product

PROFILES = Path(__file__).parents[2] / "profiles"
SENSOR = PROFILES / "sensor-esp32.yaml"


def unit(source: Path, spec: str = "sim:1") -> UnitSpec:
    return read_spec(spec, source).boards[0].unit


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ('{template: "PLUG-{mac}"}', "PLUG-{mac:X}"),
        ('{template: "{softap:-4}_x", case: lower}', "{softap_end}_x"),
        ('{template: "{mac}", separator: "-"}', "{dashed}"),
        ('{template: "b-{bluetooth}", universal_addresses: 2}', "b-{next:X}"),
    ],
)
def test_the_firmware_names_itself_by_the_profiles_rule(
    tmp_path: Path, name: str, called: str
) -> None:
    made = unit(write_product(tmp_path, name=name))
    mac = int.from_bytes(made.mac.octets, "big")
    wanted = {
        "PLUG-{mac:X}": f"PLUG-{mac:012X}",
        "{softap_end}_x": f"{mac + 1:012x}"[-4:] + "_x",
        "{dashed}": str(made.mac).upper().replace(":", "-"),
        "b-{next:X}": f"b-{mac + 1:012X}",
    }
    assert own_name(made) == wanted[called]


def test_a_release_file_says_it_as_its_profile_does(tmp_path: Path) -> None:
    path = write_product(tmp_path, name='{template: "PLUG-{mac}"}')
    built = tmp_path / "blinky.burn"
    with pytest.raises(SystemExit) as ended:
        main(["release", "build", str(path), "-o", str(built)])
    assert not ended.value.code
    assert unit(built) == unit(path)


def test_chip_flash_and_rate_are_the_profiles_unless_the_spec_says_otherwise(
    tmp_path: Path,
) -> None:
    path = write_product(
        tmp_path, chip="esp32c6", flash="{size: 8MB}", boot="{baud: 74880, expect: [ready]}"
    )
    made = unit(path)
    assert (made.chip, made.flash_size, made.firmware.baud) == ("esp32c6", 8 * MB, 74880)
    other = unit(path, "sim:1,chip=esp32s3,flash=2MB")
    assert (other.chip, other.flash_size) == ("esp32s3", 2 * MB)
    (tmp_path / "b.yaml").write_text("slots: 1\nunits: [{firmware: {lines: [ready]}}]")
    in_file = unit(path, str(tmp_path / "b.yaml"))
    assert (in_file.chip, in_file.firmware.baud, in_file.firmware.lines) == (
        "esp32c6",
        74880,
        ("ready",),
    )


RAW = """{kind: raw, partition: fctry, offset: 16, fields: [
  {name: magic, type: u32, value: 1}, {name: pid, type: "char[11]", key: product_id},
  {name: secret, type: "char[33]", key: product_secret}]}"""
PATCH = "{kind: patch, image: app, placeholders: {device_name: {text: YOUR_DEV_NAME}}}"
ARRAYS = ("PRODUCT_ID".ljust(10, "\0"), "YOUR_PRODUCT_SECRET".ljust(32, "\0"))


def test_a_build_keeps_its_key_where_the_carrier_puts_it(tmp_path: Path) -> None:
    assert unit(write_product(tmp_path, carrier=RAW)).firmware.texts == (
        TextPlace("product_id", "fctry", 20, 11),
        TextPlace("product_secret", "fctry", 31, 33),
    )
    app = app_image(*ARRAYS, "YOUR_DEV_NAME".ljust(48, "\0"))
    texts = unit(write_product(tmp_path, carrier=PATCH, app=app)).firmware.texts
    assert [(text.value, text.partition, text.size) for text in texts] == [
        ("product_id", "ota_0", 11),
        ("product_secret", "ota_0", 33),
        ("device_name", "ota_0", 49),
    ]
    assert app[texts[1].offset :].startswith(b"YOUR_PRODUCT_SECRET\0")


def test_a_product_that_cannot_be_patched_says_nothing_of_its_arrays(tmp_path: Path) -> None:
    assert unit(write_product(tmp_path, carrier=PATCH)).firmware.texts == ()


def test_an_at_firmware_speaks_where_and_how_the_carrier_expects_it(tmp_path: Path) -> None:
    carrier = "{kind: at, port: modem, baud: 9600}"
    modem = unit(write_product(tmp_path, carrier=carrier)).modem
    assert modem
    assert (modem.kind, modem.port, modem.baud) == ("tencent-wifi", "modem", 9600)
    behind = "{imei: {port: esp, when: after}}"
    modem = unit(write_product(tmp_path, carrier="{kind: at}", identity=behind)).modem
    assert modem
    assert (modem.kind, modem.port) == ("tencent", "esp")
    other = unit(write_product(tmp_path, carrier="{kind: at}"), "sim:1,modem=quectel").modem
    assert other
    assert other.kind == "quectel"


@pytest.mark.parametrize(("after_boot", "moves"), [("moved", True), ("kept", False)])
def test_the_firmware_moves_its_key_where_the_profile_says_so(
    tmp_path: Path, after_boot: str, moves: bool
) -> None:
    carrier = f"{{kind: nvs, preset: esp-qcloud, after_boot: {after_boot}}}"
    assert unit(write_product(tmp_path, carrier=carrier)).firmware.moves_key is moves


@pytest.mark.parametrize(
    ("carrier", "texts"),
    [(RAW, ()), ("{kind: at}", ()), (PATCH, (*ARRAYS, "YOUR_DEV_NAME".ljust(48, "\0")))],
)
def test_a_bench_without_a_file_starts_units_of_every_carrier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carrier: str, texts: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    boot = "{product_id: 'product_id=(\\w+)', device_name: 'device_name=([\\w-]+)', timeout_s: 3}"
    path = write_product(tmp_path, carrier=carrier, app=app_image(*texts), boot=boot)
    with pytest.raises(SystemExit) as ended:
        main(["burn", str(path), "--bench", "sim:2", "--yes"])
    assert not ended.value.code


@pytest.mark.parametrize("text", ["", "burner: 1", "- [", None])
def test_a_source_that_cannot_be_read_changes_nothing(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "p.yaml"
    if text is not None:
        path.write_text(text)
    assert read_spec("sim:1", path) == read_spec("sim:1")
    assert defaults_of(None) == defaults_of(path)


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        (r"SN=(\w+)", r"[A-Za-z0-9_-]{1,48}"),
        (r"serial=(PLG[0-9]{6})", r"PLG[0-9]{6}"),
        (r"^S/N:\s*([0-9]{10})$", r"[0-9]{10}"),
        (r"\[id\] (\S+) ok", r"LAMP-[0-9]{4}"),
        (r"(\d{8})", r"\d{8}"),
    ],
)
def test_every_board_prints_a_serial_number_of_its_own_as_the_profile_wants_it(
    line: str, pattern: str
) -> None:
    settings = SerialSettings(source="firmware", line=line, pattern=pattern)
    texts = []
    for number in (1, 2, 13):
        printed = serial_line(settings, number)
        assert printed is not None
        texts.append(find_serial([printed], settings))
    assert len(set(texts)) == 3


def test_a_serial_number_that_nothing_simple_matches_is_left_to_the_file() -> None:
    settings = SerialSettings(source="firmware", line="SN=([A-F]{4})", pattern="[A-F]{4}")
    assert serial_line(settings, 1) is None


def test_a_firmware_cannot_know_what_stands_on_a_label(tmp_path: Path) -> None:
    path = write_product(
        tmp_path,
        name='{template: "P-{serial}"}',
        identity='{serial: {source: label}, label: {pattern: "(?P<serial>[0-9]+)"}}',
    )
    with pytest.raises(BurnerError, match="E167"):
        own_name(unit(path))
