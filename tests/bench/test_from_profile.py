"""A bench that knows the product: chip, flash, the name's rule, the line of a serial number."""

from pathlib import Path

import pytest

from burner.bench.firmware import own_name
from burner.bench.from_profile import defaults_of, serial_line
from burner.bench.spec import read_spec
from burner.bench.unit import MB, UnitSpec
from burner.cli import main
from burner.errors import BurnerError
from burner.identity import find_serial
from burner.identity_settings import SerialSettings
from tests.images import write_product

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
    found = []
    for number in (1, 2, 13):
        printed = serial_line(settings, number)
        assert printed is not None
        found.append(find_serial([printed], settings))
    assert len(set(found)) == 3


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
