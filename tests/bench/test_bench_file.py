"""SPEC strings and bench files, right and wrong."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.bench_file import read_spec
from burner.bench.firmware.executed import why_modelled
from burner.bench.unit.modem_spec import ModemSpec
from burner.bench.unit.unit_spec import MB, TIME_OFF, FaultKind, FaultStep
from burner.core.errors import BurnerError
from burner.identity.imei_checks import luhn_ok


def written(folder: Path, text: str) -> str:
    path = folder / "bench.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refused(spec: str) -> BurnerError:
    with pytest.raises(BurnerError) as error:
        read_spec(spec)
    return error.value


def test_a_bare_number_of_slots_is_a_bench_of_equal_boards_without_time() -> None:
    spec = read_spec("sim:8")
    assert (spec.slots, len(spec.boards)) == (8, 8)
    assert {board.unit.timing for board in spec.boards} == {TIME_OFF}
    assert {board.unit.chip for board in spec.boards} == {"esp32c3"}


def test_every_board_has_a_mac_of_its_own() -> None:
    boards = read_spec("sim:64,seed=3").boards
    assert len({board.unit.mac for board in boards}) == 64


def test_the_same_seed_gives_the_same_macs_and_another_seed_others() -> None:
    once, again, other = (read_spec(f"sim:4,seed={seed}").boards for seed in (7, 7, 8))
    assert [b.unit.mac for b in once] == [b.unit.mac for b in again]
    assert {b.unit.mac for b in once}.isdisjoint(b.unit.mac for b in other)


def test_settings_follow_after_commas() -> None:
    unit = read_spec("sim:2,chip=esp32c6,baud=921600,seed=7,flash=8MB").boards[1].unit
    assert (unit.chip, unit.flash_size) == ("esp32c6", 8 * MB)
    assert unit.timing.uart
    assert unit.timing.baud_limit == 921600


@pytest.mark.parametrize("setting", ["time=model", "baud=115200", "usb=600K", "md5=3.3"])
def test_whatever_needs_time_turns_modelled_time_on(setting: str) -> None:
    assert read_spec(f"sim:1,{setting}").boards[0].unit.timing.boot_s > 0


def test_native_usb_and_a_slow_digest() -> None:
    timing = read_spec("sim:1,usb=600000,md5=3.3").boards[0].unit.timing
    assert (timing.usb_bytes_per_s, timing.md5_s_per_mb) == (600_000, 3.3)


def test_a_kept_flash_is_a_file_named_by_the_mac(tmp_path: Path) -> None:
    unit = read_spec(f"sim:1,keep={tmp_path}").boards[0].unit
    assert unit.flash_file == tmp_path / f"{unit.mac.octets.hex()}.flash"


def test_every_cellular_unit_has_a_sound_imei_of_its_own() -> None:
    boards = read_spec("sim:20,modem=quectel").boards
    imeis = [board.unit.modem.imei for board in boards if board.unit.modem]
    assert len(set(imeis)) == 20
    assert all(luhn_ok(imei) for imei in imeis)
    assert boards[0].ports == ("esp", "modem")


def test_a_file_names_units_and_faults_and_the_pattern_repeats(tmp_path: Path) -> None:
    spec = read_spec(
        written(
            tmp_path,
            """
slots: 4
boards: 16
seed: 3
units:
  - repeat: 7
  - faults:
      - {kind: unplug, at_byte: 200K, once: true}
      - {kind: hang, step: md5}
""",
        )
    )
    assert (spec.slots, len(spec.boards)) == (4, 16)
    faulty = [board.number for board in spec.boards if board.unit.faults]
    assert faulty == [8, 16]
    unplug, hang = spec.boards[7].unit.faults
    assert (unplug.kind, unplug.at_byte, unplug.once) == (FaultKind.UNPLUG, 200 * 1024, True)
    assert (hang.kind, hang.step) == (FaultKind.HANG, FaultStep.MD5)


def test_units_of_a_file_differ_from_the_bench_where_they_say_so(tmp_path: Path) -> None:
    text = """
slots: 3
chip: esp32
keep: flash
units:
  - {mac: "24:0a:c4:00:00:10", flash: 16MB, revision: [3, 0]}
  - {chip: esp32s3, firmware: {lines: ["SN=1"], rollback: true}, renumbers: true}
  - {modem: {kind: simcom, imei: "0", noise: true}}
"""
    first, second, third = read_spec(written(tmp_path, text)).boards
    assert str(first.unit.mac) == "24:0a:c4:00:00:10"
    assert (first.unit.flash_size, first.unit.revision) == (16 * MB, (3, 0))
    assert first.unit.flash_file == tmp_path / "flash" / "240ac4000010.flash"
    assert (second.unit.chip, second.unit.firmware.lines) == ("esp32s3", ("SN=1",))
    assert (first.renumbers, second.renumbers) == (False, True)
    assert [board.unit.firmware.rollback for board in (first, second)] == [False, True]
    assert third.unit.modem == ModemSpec(kind="simcom", imei="0", noise=True)


def test_a_borrowed_mac_is_that_of_the_first_board_unless_another_is_named(tmp_path: Path) -> None:
    text = "slots: 2\nunits: [{}, {faults: [{kind: same-mac}]}]"
    first, second = read_spec(written(tmp_path, text)).boards
    assert second.unit.as_built().mac == first.unit.mac
    assert second.unit.mac != first.unit.mac
    assert second.unit.flash_unique_id != first.unit.flash_unique_id


@pytest.mark.parametrize(
    "spec", ["", "sim", "8", "sim:", "sim:x", "sim:0", "sim:999", "sim:2,", "sim:2,chip", "no.yaml"]
)
def test_a_spec_of_no_known_form_is_refused(spec: str) -> None:
    assert refused(spec).code == "E190"


@pytest.mark.parametrize(
    ("spec", "code", "allowed"),
    [
        ("sim:1,chip=esp99", "E192", "esp32c3"),
        ("sim:1,flash=3MB", "E192", "4MB"),
        ("sim:1,time=fast", "E190", "model"),
        ("sim:1,baud=x", "E190", "whole number"),
        ("sim:1,time=off,baud=921600", "E192", "time: model"),
        ("sim:1,modem=nokia", "E190", "quectel"),
        ("sim:1,units=3", "E190", "sim:SLOTS"),
        ("sim:1,seed=1,seed=2", "E190", "once"),
        ("sim:1,speed=2", "E190", "baud"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(spec: str, code: str, allowed: str) -> None:
    (finding,) = refused(spec).findings
    assert finding.code == code
    assert allowed in finding.allowed


def test_all_mistakes_of_a_file_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    text = """slots: 2
chip: esp99
units:
  - {mac: zz, repeat: 1}
  - faults:
      - {kind: gremlin}
  - {modem: {kind: quectel, ime: 3}}
  - {firmware: {baud: 0}}
"""
    path = written(tmp_path, text)
    codes = {Path(f.place).name: f.code for f in refused(path).findings}
    assert codes == {
        "bench.yaml:2 chip": "E192",
        "bench.yaml:4 units[0].mac": "E192",
        "bench.yaml:6 units[1].faults[0].kind": "E191",
        "bench.yaml:7 units[2].modem.ime": "E191",
        "bench.yaml:8 units[3].firmware.baud": "E191",
    }


@pytest.mark.parametrize(
    ("unit", "keys"),
    [
        (
            "firmware: {naem: x}",
            "device_name, texts, lines, answers, prints, baud, rollback, moves_key",
        ),
        ("firmware: {texts: [{at: 3}]}", "value, partition, offset, size"),
        ("modem: {ime: 3}", "kind, imei, serial, baud"),
    ],
)
def test_a_wrong_key_is_answered_with_the_right_ones(tmp_path: Path, unit: str, keys: str) -> None:
    allowed = [
        f.allowed for f in refused(written(tmp_path, f"slots: 1\nunits: [{{{unit}}}]")).findings
    ]
    assert any(f"keys here: {keys}" in text for text in allowed), allowed


def test_lines_hold_the_number_of_the_board(tmp_path: Path) -> None:
    text = 'slots: 1\nboards: 3\nunits: [{firmware: {lines: ["SN=PLG{number:6}", "{number}/{x}"]}}]'
    boards = read_spec(written(tmp_path, text)).boards
    assert [b.unit.firmware.lines for b in boards[1:]] == [
        ("SN=PLG000002", "2/{x}"),
        ("SN=PLG000003", "3/{x}"),
    ]


def test_one_mac_for_several_units_is_refused(tmp_path: Path) -> None:
    text = 'slots: 2\nunits: [{mac: "24:0a:c4:00:00:10", repeat: 2}]'
    assert refused(written(tmp_path, text)).findings[0].code == "E192"


@given(st.text(max_size=40))
def test_any_text_is_a_spec_or_is_refused(text: str) -> None:
    with suppress(BurnerError):
        assert read_spec(f"sim:{text}").slots > 0


def test_a_form_of_the_secret_that_there_is_none_of_is_answered_with_the_right_ones(
    tmp_path: Path,
) -> None:
    text = "slots: 1\nunits: [{faults: [{kind: prints-secret, form: rot13}]}]\n"
    (finding,) = refused(written(tmp_path, text)).findings
    assert finding.code == "E192"
    assert "hex-dump" in finding.allowed


def test_a_bench_executes_unless_it_is_told_not_to() -> None:
    told = [read_spec(f"sim:1{what}").boards[0].unit.firmware for what in ("", ",execute=no")]
    assert [firmware.executed for firmware in told] == [True, False]


@pytest.mark.parametrize("product_id", ["OLDPRODUCT", "a1B2c3D4e5F", "6a323b6b0000000000000000"])
def test_a_stale_key_names_a_product_of_some_platform(product_id: str, tmp_path: Path) -> None:
    text = "slots: 1\nunits: [{faults: [{kind: stale-key, product_id: '%s'}]}]\n"
    unit = read_spec(written(tmp_path, text % product_id)).boards[0].unit
    assert unit.faults[0].product_id == product_id
    for bad in (f"{product_id}-", "YourProductKey", "id", "P" * 33):
        (finding,) = refused(written(tmp_path, text % bad)).findings
        assert finding.found == f"no ProductID: {bad}"


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        ("false", "the unit or the profile describes the firmware: challenge"),
        ("true", ""),  # as the profile
    ],
)
def test_the_model_speaks_for_a_unit_that_answers_the_challenge_otherwise_than_the_profile_says(
    challenge: str, why: str, tmp_path: Path
) -> None:
    text = f"slots: 1\nunits: [{{firmware: {{challenge: {challenge}}}}}]\n"
    unit = read_spec(written(tmp_path, text), Path("profiles/plug-c3.yaml")).boards[0].unit
    assert why_modelled(unit) == why


@pytest.mark.parametrize("value", ["no", "0", '"false"'])
def test_only_true_and_false_are_true_and_false(value: str, tmp_path: Path) -> None:
    text = f"slots: 1\nunits: [{{firmware: {{prints: {value}}}}}]\n"
    (finding,) = refused(written(tmp_path, text)).findings
    assert finding.place.endswith("bench.yaml:2 units[0].firmware.prints")
    assert finding.allowed == "true or false"
