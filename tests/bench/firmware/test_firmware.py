"""What a booted chip prints is what is really in its flash, and it writes what firmware writes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from esp_idf_nvs_partition_gen import nvs_partition_gen
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.firmware import first_boot
from burner.bench.firmware.secret_forms import FORMS
from burner.bench.silicon.nor_flash import SECTOR, NorFlash
from burner.bench.unit.unit_spec import FaultKind, FirmwareBehaviour, SimFault, TextPlace, UnitSpec
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.core.silicon import Mac
from burner.flash import otadata
from burner.flash.partition_table import Partition, parse_binary
from burner.provisioning.nvs_reader import read_nvs
from burner.provisioning.nvs_writer import write_nvs
from burner.release.opening import open_release
from burner.release.release import Release
from tests.bench.host import Host
from tests.secret_shapes import leaks

PROFILES = Path(__file__).parents[3] / "profiles"
SECRET = "8XzjN8rfgFVGDTNTUGau4snA"
UNIT = UnitSpec(mac=Mac.parse("58:cf:79:0a:0b:0c"))


def release(name: str, monkeypatch: pytest.MonkeyPatch) -> Release:
    monkeypatch.setenv(name.upper().replace("-", "_") + "_SECRET", SECRET)
    return open_release(PROFILES / f"{name}.yaml")


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> tuple[Segment, ...]:
    return release("plug-c3", monkeypatch).payload("ignored")


def burned(unit: UnitSpec, segments: Sequence[Segment]) -> Host:
    host = Host(unit)
    host.reset_into_download()
    for segment in segments:
        host.chip.silicon.flash.program(segment.offset, segment.data)
    return host


def without(segments: Sequence[Segment], name: str) -> list[Segment]:
    return [segment for segment in segments if segment.name != name]


def boot_log(host: Host) -> str:
    return host.reset_into_app().decode()


def test_the_firmware_names_its_product_and_itself_and_never_the_secret(
    plug: tuple[Segment, ...],
) -> None:
    log = boot_log(burned(UNIT, plug))
    assert "Project name:     plug-c3" in log
    assert "App version:      1.2.0" in log
    assert "product_id=7QKX2MPD0C device_name=58CF790A0B0C" in log
    assert SECRET not in log


def test_a_name_in_the_configuration_comes_before_the_silicons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segments = release("sensor-esp32", monkeypatch).payload("sensor-7")
    log = boot_log(burned(replace(UNIT, chip="esp32"), segments))
    assert "product_id=H3T9WZ4LEA device_name=sensor-7" in log


@pytest.mark.parametrize(
    ("template", "name"),
    [("{mac}", "58cf790a0b0c"), ("plug-{softap}", "plug-58CF790A0B0D"), ("me", "me")],
)
def test_a_firmware_may_derive_another_name_than_the_profile(
    template: str, name: str, plug: tuple[Segment, ...]
) -> None:
    unit = replace(UNIT, firmware=FirmwareBehaviour(device_name=template))
    assert f"device_name={name}\r\n" in boot_log(burned(unit, plug))


def test_a_firmware_prints_further_lines_or_nothing_at_all(plug: tuple[Segment, ...]) -> None:
    unit = replace(UNIT, firmware=FirmwareBehaviour(lines=("IMEI=490154203237518",)))
    assert boot_log(burned(unit, plug)).endswith("IMEI=490154203237518\r\n")
    silent = replace(UNIT, firmware=FirmwareBehaviour(prints=False))
    assert "product_id" not in boot_log(burned(silent, plug))


def test_a_key_compiled_into_the_application_or_kept_as_a_struct_is_found(
    plug: tuple[Segment, ...],
) -> None:
    places = (
        TextPlace("product_id", "fctry", 4, 11),
        TextPlace("product_secret", "fctry", 15, 33),
        TextPlace("device_name", "fctry", 48, 49),
    )
    struct = (
        b"\x01\0\0\0ABCDEFGHIJ\0" + SECRET.encode().ljust(33, b"\0") + b"plug-7".ljust(49, b"\0")
    )
    segments = [*without(plug, "fctry"), Segment("fctry", 0x15000, struct)]
    raw = replace(UNIT, firmware=FirmwareBehaviour(executed=False, texts=places))
    log = boot_log(burned(raw, segments))
    assert "product_id=ABCDEFGHIJ device_name=plug-7" in log
    assert SECRET not in log
    in_app = tuple(replace(place, partition="ota_0", offset=0) for place in places[:1])
    compiled_in = replace(UNIT, firmware=FirmwareBehaviour(executed=False, texts=in_app))
    assert "no product configuration" in boot_log(burned(compiled_in, without(plug, "fctry")))


def test_an_application_at_its_own_rate_is_noise_at_another(plug: tuple[Segment, ...]) -> None:
    host = burned(replace(UNIT, firmware=FirmwareBehaviour(baud=74880)), plug)
    assert "product_id" not in host.reset_into_app().decode("latin-1")
    host.baud(74880)
    assert "product_id" in host.reset_into_app().decode("latin-1")


@pytest.mark.parametrize("missing", ["", "bootloader", "partition-table", "app", "fctry"])
def test_the_program_and_the_model_say_the_same_to_a_station(
    missing: str, plug: tuple[Segment, ...]
) -> None:
    pytest.importorskip("unicorn")
    awaited = re.compile(r"(?:Project name|App version): +\S+|product_id=.*|no product conf\w+")
    heard = []
    for executed in (True, False):
        unit = replace(UNIT, firmware=FirmwareBehaviour(executed=executed))
        host = burned(unit, without(plug, missing))
        heard.append(awaited.findall(boot_log(host)))
        assert host.chip.flash_boot.record
        assert host.chip.flash_boot.record.executed is (executed and missing != "bootloader")
    assert heard[0] == heard[1]


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("bootloader", "invalid header: 0xffffffff"),
        ("partition-table", "load partition table error"),
        ("app", "image at 0x20000 has invalid magic byte"),
        ("fctry", "no product configuration"),
    ],
)
def test_what_is_missing_is_missed(missing: str, says: str, plug: tuple[Segment, ...]) -> None:
    assert says in boot_log(burned(UNIT, without(plug, missing)))


def test_an_empty_chip_says_what_an_empty_chip_says() -> None:
    assert boot_log(Host(UNIT)).endswith("invalid header: 0xffffffff\r\n")


def test_a_damaged_application_does_not_start(plug: tuple[Segment, ...]) -> None:
    host = burned(UNIT, plug)
    host.chip.silicon.flash.program(0x20000 + 0x1000, bytes(16))
    log = boot_log(host)
    assert "image is corrupt" in log
    assert "product_id" not in log


def test_an_application_for_another_chip_does_not_start(
    plug: tuple[Segment, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = next(s for s in release("sensor-esp32", monkeypatch).segments if s.name == "app")
    foreign = [*without(plug, "app"), replace(other, offset=0x20000)]
    assert "mismatch chip ID" in boot_log(burned(UNIT, foreign))


@pytest.mark.parametrize("kind", [FaultKind.ENCRYPTED, FaultKind.SECURE_BOOT])
def test_a_locked_chip_does_not_start_plain_images(
    kind: FaultKind, plug: tuple[Segment, ...]
) -> None:
    log = boot_log(burned(replace(UNIT, faults=(SimFault(kind),)), plug))
    assert "Project name" not in log


def test_a_stale_key_is_another_than_was_burned_from_the_first_start_on(
    plug: tuple[Segment, ...],
) -> None:
    host = burned(replace(UNIT, faults=(SimFault(FaultKind.STALE_KEY),)), plug)
    for _ in range(2):
        assert "product_id=7QKX2MPD0C device_name=58CF790A0B0C" in boot_log(host)
        values = read_nvs(host.chip.silicon.flash.read(0x15000, 0x4000))
        assert values["qcloud-key", "product_secret"] == "StaleKeyStaleKeyStaleKey"


def test_a_stale_key_may_be_one_of_another_product(plug: tuple[Segment, ...]) -> None:
    model = replace(UNIT, firmware=replace(UNIT.firmware, executed=False))
    for product_id in ("OLDPRODUCT", "a1B2", "6a323b6b0000000000000000"):
        fault = SimFault(FaultKind.STALE_KEY, product_id=product_id)
        host = burned(replace(model, faults=(fault,)), plug)
        assert f"product_id={product_id} device_name=58CF790A0B0C" in boot_log(host)
    values = read_nvs(host.chip.silicon.flash.read(0x15000, 0x4000))
    assert values["qcloud-key", "product_secret"] == SECRET


def test_without_a_key_in_nvs_nothing_is_stale(plug: tuple[Segment, ...]) -> None:
    host = burned(replace(UNIT, faults=(SimFault(FaultKind.STALE_KEY),)), without(plug, "fctry"))
    assert "no product configuration" in boot_log(host)


def test_otadata_decides_which_slot_is_booted(plug: tuple[Segment, ...]) -> None:
    host = burned(UNIT, plug)
    host.chip.silicon.flash.program(0x1D000, first_boot.ota_entry(1))
    host.chip.silicon.flash.program(0x1E000, first_boot.ota_entry(2))
    assert "image at 0x1f0000 has invalid magic byte" in boot_log(host)


def test_a_bootloader_that_rolls_back_starts_an_update_once(plug: tuple[Segment, ...]) -> None:
    host = burned(replace(UNIT, firmware=FirmwareBehaviour(rollback=True)), plug)
    flash = host.chip.silicon.flash
    flash.program(0x1D000, otadata.ota_entry(1, otadata.OtaState.VALID))
    flash.program(0x1E000, otadata.ota_entry(2, otadata.OtaState.NEW))
    flash.program(0x1F0000, flash.read(0x20000, 0x100000))
    places = [boot_log(host).partition("at offset ")[2][:8] for _ in range(3)]
    assert places == ["0x1f0000", "0x20000\r", "0x20000\r"]
    assert flash.read(0x1E000, 32) == otadata.ota_entry(2, otadata.OtaState.ABORTED)


def test_a_firmware_that_moves_its_key_stores_it_before_it_erases_it(
    plug: tuple[Segment, ...],
) -> None:
    host = burned(replace(UNIT, firmware=FirmwareBehaviour(moves_key=True)), plug)
    flash = host.chip.silicon.flash
    line = "product_id=7QKX2MPD0C device_name=58CF790A0B0C"
    assert line in boot_log(host)
    assert flash.is_blank(0x15000, 0x4000)
    values = read_nvs(flash.read(0xD000, 0x8000))
    assert values["own_key", "product_secret"] == SECRET
    assert values["phy", "cal_version"] == 0x0A00
    assert line in boot_log(host)


def test_a_key_that_was_burned_anew_counts_before_the_one_that_was_moved(
    plug: tuple[Segment, ...],
) -> None:
    host = burned(replace(UNIT, firmware=FirmwareBehaviour(moves_key=True)), plug)
    flash = host.chip.silicon.flash
    boot_log(host)
    (key,) = (segment for segment in plug if segment.confidential)
    values = {("qcloud-key", "product_id"): ("string", "NEWPRODUCT")}
    values["qcloud-key", "product_secret"] = ("string", "another")
    flash.program(key.offset, write_nvs(0x4000, values))
    assert "product_id=NEWPRODUCT" in boot_log(host)
    assert "product_id=NEWPRODUCT" in boot_log(host)


def test_the_first_boot_changes_the_mutable_regions_and_no_other(
    plug: tuple[Segment, ...],
) -> None:
    host = burned(replace(UNIT, firmware=FirmwareBehaviour(executed=False)), plug)
    flash = host.chip.silicon.flash
    before = flash.read(0, flash.size)
    boot_log(host)
    after = flash.read(0, flash.size)
    changed = {
        at
        for at in range(0, flash.size, SECTOR)
        if after[at : at + SECTOR] != before[at : at + SECTOR]
    }
    assert changed == {0xD000, 0x1D000}
    assert read_nvs(after[0xD000:0x15000])["phy", "cal_version"] == 0x0A00
    boot_log(host)
    assert flash.read(0, flash.size) == after


NVS = Partition("nvs", 1, 2, 0x9000, 0x4000)


def nvs_with(count: int) -> bytes:
    """The bytes of an NVS partition with so many numbers in it, by Espressif's generator."""
    stream = BytesIO()
    room = NVS.size - SECTOR
    with nvs_partition_gen.nvs_open(
        stream, room, nvs_partition_gen.Page.VERSION2, False, None, False
    ) as nvs:
        nvs.write_namespace("own")
        for number in range(count):
            nvs.write_entry(f"key{number}", number, "u32", nvs.get_namespace_idx())
    return stream.getvalue()


@given(st.integers(0, 300))
def test_what_firmware_adds_to_nvs_leaves_the_rest_readable(count: int) -> None:
    flash = NorFlash(UnitSpec(flash_size=1 << 20))
    flash.program(NVS.offset, nvs_with(count))
    before = read_nvs(flash.read(NVS.offset, NVS.size))
    first_boot.keep_calibration(flash, NVS)
    after = read_nvs(flash.read(NVS.offset, NVS.size))
    assert after == {**before, ("phy", "cal_version"): 0x0A00}


@given(st.binary(max_size=64))
def test_firmware_starts_with_whatever_stands_in_its_nvs(page: bytes) -> None:
    flash = NorFlash(UnitSpec(flash_size=1 << 20))
    flash.program(NVS.offset, page)
    first_boot.keep_calibration(flash, NVS)


def test_a_real_application_of_esp_idf_boots(shared_images: Path) -> None:
    folder = shared_images / "idf_hello_esp32c3"
    places = {
        0x0: folder / "bootloader" / "bootloader.bin",
        0x8000: folder / "partition_table" / "partition-table.bin",
        0x10000: folder / "hello_world.bin",
    }
    files = [Segment(path.name, offset, path.read_bytes()) for offset, path in places.items()]
    assert parse_binary(files[1].data).find("nvs")
    log = boot_log(burned(UNIT, files))
    assert "Project name:     hello_world" in log
    assert "no product configuration" in log


def test_an_esp8266_without_a_partition_table_runs_the_image_at_zero(shared_images: Path) -> None:
    data = (shared_images / "esp8266_deepsleep.bin").read_bytes()
    log = boot_log(burned(replace(UNIT, chip="esp8266"), [Segment("app", 0, data)]))
    assert "the image at 0x0 is the application itself" in log


@pytest.mark.parametrize("form", ["plain", "base64-1", "hex-dump", "utf-16le"])
def test_the_fault_prints_secret_prints_it_before_and_after_all_else(
    plug: tuple[Segment, ...], form: str
) -> None:
    fault = SimFault(FaultKind.PRINTS_SECRET, form=form)
    log = burned(replace(UNIT, faults=(fault,)), plug).reset_into_app()
    printed = FORMS[form](SECRET.encode())
    assert log.count(printed) == 2
    assert log.index(printed) < log.index(b"device_name=") < log.rindex(printed)


def test_the_fault_prints_secret_prints_nothing_without_a_key(plug: tuple[Segment, ...]) -> None:
    unit = replace(UNIT, faults=(SimFault(FaultKind.PRINTS_SECRET),))
    keyless = [segment for segment in plug if not segment.confidential]
    assert b"plain: " not in burned(unit, keyless).reset_into_app()
    assert b"plain: " not in Host(unit).reset_into_app()


def test_every_form_that_the_bench_prints_is_one_that_is_searched_for() -> None:
    for name, form in FORMS.items():
        stream = SecretSearch(Secret(SECRET.encode())).stream()
        lines = form(SECRET.encode()).decode("utf-8", "replace").split("\r\n")
        shown = "".join(map(stream.clean_line, lines)).encode()
        assert stream.found, name
        assert leaks(shown, SECRET) == [], name
