"""One unit the whole way: an ESP in memory, the real release, the real manifest."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from burner.burn import comparison, verify
from burner.burn.burn import burn
from burner.burn.job import AskLabel, AttemptRequest
from burner.core.attempt import Outcome, Step
from burner.core.errors import BurnerError
from burner.core.secrets.search import REMOVED
from burner.core.secrets.secret import Secret
from burner.core.segments import RegionClass
from burner.core.silicon import Security
from burner.core.unit_events import NotBegun, UnitNamed
from burner.identity.naming import NameSettings
from burner.identity.settings import ImeiSettings, LabelSettings, SerialSettings
from burner.manifest.reading.unit_search import unit_ids_matching
from burner.release.release import Release
from tests.burn.one_slot import IMEI, NAME, SECRET, Line, boot_lines, ended, plug
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


def test_a_good_unit_goes_the_whole_way_in_order(line: Line) -> None:
    record = line.burn(FakeDevice(FakeBoard(prints=boot_lines())))
    assert ended(record) == (Outcome.PASS, "")
    assert line.steps == [step for step in Step if step is not Step.TEST]
    assert UnitNamed("1", "60:55:f9:00:00:01", NAME) in line.events
    assert record.result.written
    assert record.result.evidence["firmware_device_name"] == NAME


def test_the_record_names_every_region_that_was_burned(line: Line, release: Release) -> None:
    record = line.burn(FakeDevice(FakeBoard(prints=boot_lines())))
    assert record.attempt.regions == tuple(s.region() for s in release.segments)
    assert record.attempt.versions["esptool"] == "fake"


def test_the_configuration_is_written_last(line: Line) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines()))
    line.burn(device)
    writes = [call.removeprefix("write ") for call in device.calls if call.startswith("write")]
    kinds = {r.name: r.kind for r in line.job.release.layout.segments.values()}
    assert writes[-1] == "fctry"
    assert kinds[writes[0]] is RegionClass.BLANK


def test_a_wrong_chip_is_on_record_with_its_mac(line: Line) -> None:
    record = line.burn(FakeDevice(FakeBoard(chip="esp32")))
    assert record.attempt.unit_id == "60:55:f9:00:00:01"
    assert record.result.detail == "found esp32, the profile is for esp32c3"


@pytest.mark.parametrize(
    ("board", "code"),
    [
        (FakeBoard(chip="esp32"), "E401"),
        (FakeBoard(flash_size=2 << 20), "E402"),
        (FakeBoard(flash_size=8 << 20), "E402"),
        (FakeBoard(security=Security(flash_encryption=True)), "E403"),
        (FakeBoard(security=Security(secure_boot=True)), "E403"),
        (FakeBoard(security=Security(secure_download=True)), "E404"),
        (FakeBoard(revision="v0.2"), "E405"),
        (FakeBoard(mac="00:00:00:00:00:00"), "E410"),
    ],
)
def test_a_part_that_must_not_be_burned_is_stopped_before_the_first_erase(
    line: Line, board: FakeBoard, code: str
) -> None:
    before = bytes(board.flash.bytes)
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, code)
    assert bytes(board.flash.bytes) == before


@pytest.mark.parametrize(("name", "end"), [(NAME, Outcome.PASS), ("ANOTHER", Outcome.FAIL)])
def test_a_firmware_that_prints_the_secret_is_on_record_however_the_unit_ends(
    line: Line, name: str, end: Outcome
) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines(name=name)))
    device.printed_secret = True
    record = line.burn(device)
    assert (record.result.outcome, record.result.warnings) == (end, ("E625",))


def test_no_remark_on_what_was_read_back_holds_the_secret(line: Line) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines()))
    secret = SECRET.reveal().decode()
    device.fails("read", BurnerError("E607", f"key {secret[:15]!r} lacks a part"))
    record = line.burn(device)
    assert record.result.detail == f"key '{REMOVED}' lacks a part"


def test_a_record_has_no_warnings_where_nothing_was_seen(line: Line) -> None:
    assert line.burn(FakeDevice(FakeBoard(prints=boot_lines()))).result.warnings == ()


@pytest.mark.parametrize(
    ("prints", "code"),
    [
        (boot_lines(name="ANOTHER"), "E603"),
        (boot_lines(product_id="AAAAAAAAAA"), "E604"),
        (lambda _: ("ESP-ROM:fake",), "E605"),
        (lambda _: (), "E605"),
    ],
)
def test_firmware_that_does_not_say_what_was_burned_fails_the_unit(
    line: Line, prints: Callable[[FakeBoard], Sequence[str]], code: str
) -> None:
    record = line.burn(FakeDevice(FakeBoard(prints=prints)))
    assert ended(record) == (Outcome.FAIL, code)
    assert record.result.step is Step.PROVE


def test_a_configuration_that_reads_back_wrong_fails_the_unit(line: Line) -> None:
    class Forgetful(FakeDevice):
        def read(self, offset: int, size: int) -> bytes:
            return b"\xff" * size

    record = line.burn(Forgetful(FakeBoard(prints=boot_lines())))
    assert ended(record) == (Outcome.FAIL, "E606")


def test_another_key_read_back_than_was_burned_fails_the_unit(line: Line) -> None:
    other = plug(Secret(b"anotherSecretProductKey4"))
    (theirs,) = (segment for segment in other.segments if segment.confidential)

    class Swapped(FakeDevice):
        def read(self, offset: int, size: int) -> bytes:
            start = offset - theirs.offset
            return theirs.data[start : start + size]

    assert ended(line.burn(Swapped(FakeBoard(prints=boot_lines())))) == (Outcome.FAIL, "E602")


def test_a_bad_station_is_an_error_and_a_person_who_stops_it_an_abort(line: Line) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines()))
    device.fails("write", "E902")
    assert ended(line.burn(device)) == (Outcome.ERROR, "E902")
    device.fails("write", "E902")
    assert ended(line.burn(device, aborted="yes")) == (Outcome.ABORTED, "E458")


def test_a_bug_of_ours_is_recorded_too(line: Line) -> None:
    device = FakeDevice(FakeBoard())
    device.fails("identify", RuntimeError("oh"))
    record = line.burn(device)
    assert ended(record) == (Outcome.ERROR, "E901")
    assert "RuntimeError" in record.result.detail


def test_a_manifest_that_cannot_be_written_stops_the_burn_before_the_first_byte(
    line: Line,
) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines()))
    line.ledger.close()
    with pytest.raises(BurnerError, match="E7"):
        line.burn(device)
    assert not [call for call in device.calls if call.startswith("write")]


def answers_imei(imei: str) -> Callable[[bytes], bytes]:
    replies = {b"AT\r\n": b"\r\nOK\r\n", b"AT+CGSN\r\n": f"\r\n{imei}\r\n\r\nOK\r\n".encode()}
    return lambda sent: replies.get(sent, b"\r\nERROR\r\n")


def after_boot(line: Line) -> None:
    """The product's name is the IMEI of a modem behind the chip."""
    imei = ImeiSettings(port="esp", when="after", settle_s=0.01, answer_s=0.1)
    identity = line.job.release.profile.identity.model_copy(update={"imei": imei})
    line.with_profile(identity=identity, name=NameSettings(template="{imei}"))


def test_a_name_from_a_modem_behind_the_chip_binds_after_the_boot(line: Line) -> None:
    after_boot(line)
    device = FakeDevice(FakeBoard(prints=boot_lines(name=IMEI)), {"esp": answers_imei(IMEI)})
    record = line.burn(device)
    assert ended(record) == (Outcome.PASS, "")
    assert record.attempt.device_name == IMEI
    assert record.attempt.ids["imei"] == IMEI
    assert line.steps.index(Step.NAME) > line.steps.index(Step.RESET)


def test_a_second_unit_with_the_same_imei_gets_no_name(line: Line) -> None:
    after_boot(line)
    line.burn(FakeDevice(FakeBoard(prints=boot_lines(name=IMEI)), {"esp": answers_imei(IMEI)}))
    twin = FakeBoard(mac="60:55:f9:00:00:02", prints=boot_lines(name=IMEI))
    record = line.burn(FakeDevice(twin, {"esp": answers_imei(IMEI)}))
    assert ended(record) == (Outcome.FAIL, "E426")


def test_an_imei_that_comes_after_an_early_name_is_claimed_too(line: Line) -> None:
    imei = ImeiSettings(port="esp", when="after", settle_s=0.01, answer_s=0.1)
    identity = line.job.release.profile.identity.model_copy(update={"imei": imei})
    line.with_profile(identity=identity)
    answers = {"esp": answers_imei(IMEI)}
    assert ended(line.burn(FakeDevice(FakeBoard(prints=boot_lines()), answers))) == (
        Outcome.PASS,
        "",
    )
    with line.ledger.reader.connection() as connection:
        assert unit_ids_matching(connection, IMEI) == ("60:55:f9:00:00:01",)
    twin = FakeBoard(mac="60:55:f9:00:00:02", prints=boot_lines(name="6055F9000002"))
    assert ended(line.burn(FakeDevice(twin, answers))) == (Outcome.FAIL, "E426")


def test_an_imei_with_a_wrong_check_digit_fails_the_unit(line: Line) -> None:
    after_boot(line)
    record = line.burn(FakeDevice(FakeBoard(), {"esp": answers_imei("490154203237519")}))
    assert ended(record) == (Outcome.FAIL, "E421")


def test_a_serial_number_that_the_firmware_prints_is_recorded(line: Line) -> None:
    serial = SerialSettings(source="firmware", line=r"sn=(\w+)", pattern=r"A\d{4}")
    identity = line.job.release.profile.identity.model_copy(update={"serial": serial})
    line.with_profile(identity=identity)
    prints = (*boot_lines()(FakeBoard()), "sn=A0042")
    record = line.burn(FakeDevice(FakeBoard(prints=lambda _: prints)))
    assert record.attempt.ids["serial"] == "A0042"


@pytest.fixture
def labelled(line: Line) -> Line:
    label = LabelSettings(pattern=r"MAC:(?P<mac>[0-9A-F]{6})")
    identity = line.job.release.profile.identity.model_copy(update={"label": label})
    line.with_profile(identity=identity)
    return line


def scanned(*labels: str) -> AskLabel:
    """An operator who scans these, one after the other."""
    left = iter(labels)
    return lambda _unit, _ids: next(left)


def test_a_label_that_does_not_agree_stops_the_unit_before_the_first_erase(labelled: Line) -> None:
    device = FakeDevice(FakeBoard(prints=boot_lines()))
    record = labelled.burn(device, ask_label=scanned("MAC:000002"))
    assert ended(record) == (Outcome.ERROR, "E441")
    assert not [call for call in device.calls if call.startswith("write")]
    record = labelled.burn(device, ask_label=scanned("MAC:000001"))
    assert ended(record) == (Outcome.PASS, "")
    assert record.attempt.ids["label"] == "MAC:000001"


def test_a_label_is_asked_for_once_the_unit_is_known_with_all_that_a_label_may_name(
    labelled: Line,
) -> None:
    asked: list[tuple[str, Mapping[str, str]]] = []

    def ask(unit_id: str, ids: Mapping[str, str]) -> str:
        asked.append((unit_id, ids))
        return "MAC:000001"

    labelled.burn(FakeDevice(FakeBoard(prints=boot_lines())), ask_label=ask)
    ((unit_id, ids),) = asked
    assert unit_id == ids["mac"] == "60:55:f9:00:00:01"
    assert ids["softap"] == "60:55:f9:00:00:02"


def test_a_unit_that_cannot_be_burned_needs_no_label(labelled: Line) -> None:
    device = FakeDevice(FakeBoard(chip="esp32c6"))
    assert ended(labelled.burn(device, ask_label=scanned())) == (Outcome.FAIL, "E401")


def test_where_nobody_can_be_asked_a_unit_without_its_label_is_an_error(labelled: Line) -> None:
    assert ended(labelled.burn(FakeDevice(FakeBoard()))) == (Outcome.ERROR, "E442")


def test_a_unit_that_leaves_before_its_label_is_scanned_is_not_on_record(labelled: Line) -> None:
    device = FakeDevice(FakeBoard())
    request = AttemptRequest("1", 921600, ask_label=lambda _unit, _ids: None)
    events = list(burn(labelled.job, device, labelled.ledger, request))
    assert events[-1] == NotBegun("1", "60:55:f9:00:00:01")
    assert list(labelled.ledger.reader.attempts_json()) == []
    assert device.calls == ["identify"]


def test_a_board_that_was_changed_while_its_label_was_looked_for_is_not_burned(
    labelled: Line,
) -> None:
    device = FakeDevice(FakeBoard())

    def changes_the_board(_unit: str, _ids: Mapping[str, str]) -> str:
        device.insert(FakeBoard(mac="60:55:f9:00:00:02"))
        return "MAC:000001"

    assert ended(labelled.burn(device, ask_label=changes_the_board)) == (Outcome.ERROR, "E457")
    assert not [call for call in device.calls if call.startswith("write")]


def test_a_prepared_label_that_was_refused_is_an_error_of_the_unit_it_was_for(
    labelled: Line,
) -> None:
    def refuses(_unit: str, _ids: Mapping[str, str]) -> str:
        raise BurnerError("E434", "MAC:000001")

    record = labelled.burn(FakeDevice(FakeBoard()), ask_label=refuses)
    assert ended(record) == (Outcome.ERROR, "E434")
    assert record.attempt.unit_id == "60:55:f9:00:00:01"


def test_a_burned_unit_is_verified_against_its_record(line: Line, release: Release) -> None:
    board = FakeBoard(prints=boot_lines())
    record = line.burn(FakeDevice(board))
    checks = verify.compare_with_record(FakeDevice(board), board.silicon, record, release)
    assert comparison.all_match(checks)
    assert {c.verdict for c in checks} == {
        comparison.ComparisonVerdict.SAME,
        comparison.ComparisonVerdict.LEFT_OUT,
    }
    board.flash.erase(0x20000, 0x1000)
    broken = verify.compare_with_record(FakeDevice(board), board.silicon, record, release)
    assert [c.what for c in broken if c.verdict is comparison.ComparisonVerdict.DIFFERS] == [
        "app at 0x20000"
    ]


def test_verify_finds_another_key_where_the_record_says_ours(line: Line, release: Release) -> None:
    board = FakeBoard(prints=boot_lines())
    record = line.burn(FakeDevice(board))
    other = plug(Secret(b"anotherSecretProductKey4"))
    board.flash.erase(0x15000, 0x4000)
    for segment in other.segments:
        if segment.confidential:
            board.flash.program(segment.offset, segment.data)
    checks = verify.compare_with_record(FakeDevice(board), board.silicon, record, release)
    assert checks[-1].verdict is comparison.ComparisonVerdict.DIFFERS
