"""Reading every ID of a unit: what when, through which port, and the look that notes all faults."""

import pytest

from burner.bench.modem.modem import SimModem
from burner.bench.unit.modem_spec import ModemSpec
from burner.burn import identify
from burner.burn.identify import Identification, IdentifyRules
from burner.core.errors import BurnerError
from burner.devices.device import ANY_CHIP, ConnectPlan
from burner.identity.naming import NameSettings
from burner.identity.settings import IdentitySettings
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

MAC = "60:55:f9:00:00:01"
IMEI = "490154203237518"
PLAN = ConnectPlan(ANY_CHIP, 115200)


def modem(**fields: object) -> object:
    """A simulated modem as the answering function of a fake line."""
    part = SimModem(ModemSpec(**fields))  # type: ignore[arg-type]

    def answer(sent: bytes) -> bytes:
        part.receive(sent, 0.0)
        return part.take(1e9)

    return answer


def slot(board: FakeBoard | None = None, **modems: object) -> FakeDevice:
    return FakeDevice(board or FakeBoard(mac=MAC), modems)  # type: ignore[arg-type]


def settings(**fields: object) -> IdentitySettings:
    return IdentitySettings.model_validate(fields)


def rules(template: str = "{mac}", label: str = "", **identity: object) -> IdentifyRules:
    name = NameSettings(template=template)
    return IdentifyRules(ConnectPlan("esp32c3", 115200), settings(**identity), name, label)


def codes(seen: Identification) -> list[str]:
    return [problem.code for problem in seen.problems]


def test_the_ids_of_silicon_label_and_modem_are_read_before_the_write() -> None:
    device = slot(FakeBoard(mac=MAC, eui64="60:55:f9:ff:fe:00:00:01"), modem=modem())
    rule = settings(
        imei={},
        label={"pattern": r"(?P<serial>\w+) (?P<mac>\w+) (?P<imei>\d+)"},
        serial={"source": "label"},
    )
    read = identify.read_before_write(device, rule, device.identify(PLAN))
    assert identify.add_label(read, rule, "SN1 000001 3237518", {}) == {
        "mac": MAC,
        "eui64": "60:55:f9:ff:fe:00:00:01",
        "label": "SN1 000001 3237518",
        "serial": "SN1",
        "imei": IMEI,
    }


def test_a_label_of_another_unit_stops_before_anything_is_written() -> None:
    device = slot()
    rule = settings(label={"pattern": "(?P<mac>.+)"})
    read = identify.read_before_write(device, rule, device.identify(PLAN))
    with pytest.raises(BurnerError, match="E441"):
        identify.add_label(read, rule, "605.5F9.000.002", {})
    with pytest.raises(BurnerError, match="E442"):
        identify.add_label(read, rule, "", {})
    assert device.calls == ["identify"]


def test_a_label_may_name_an_address_that_is_derived_from_the_mac() -> None:
    rule = settings(label={"pattern": "(?P<softap>.+)"})
    also = {"softap": "60:55:f9:00:00:02"}
    assert identify.add_label({"mac": MAC}, rule, "000002", also) == {
        "mac": MAC,
        "label": "000002",
    }
    with pytest.raises(BurnerError, match="E441"):
        identify.add_label({"mac": MAC}, rule, "000001", also)


def test_what_only_the_booted_unit_tells_is_read_after_the_boot() -> None:
    device = slot(esp=modem())
    rule = settings(
        imei={"port": "esp", "when": "after"},
        serial={"source": "firmware", "line": "serial=(.+)"},
        label={"pattern": "(?P<imei>.+)"},
    )
    read = identify.read_before_write(device, rule, device.identify(PLAN))
    before = identify.add_label(read, rule, "7518", {})
    assert "imei" not in before
    after = identify.read_after_boot(device, rule, ["boot", "serial=PLG1"], before)
    assert (after["imei"], after["serial"], after["mac"]) == (IMEI, "PLG1", MAC)
    wrong = identify.add_label(read, rule, "7519", {})
    with pytest.raises(BurnerError, match="E441"):
        identify.read_after_boot(device, rule, ["serial=PLG1"], wrong)


def test_a_modem_can_keep_the_serial_number() -> None:
    device = slot(modem=modem(serial="D1A2"))
    rule = settings(serial={"source": "modem"})
    assert identify.read_before_write(device, rule, device.identify(PLAN))["serial"] == "D1A2"


# -- the look ---------------------------------------------------------------------------------


def test_a_look_reads_all_of_a_unit_and_leaves_it_running() -> None:
    device = slot(modem=modem())
    seen = identify.identify_unit(device, rules("{imei}-{softap:-2}", imei={}))
    assert codes(seen) == []
    assert seen.device_name == f"{IMEI}-02"
    assert str(seen.addresses["bluetooth"]) == "60:55:f9:00:00:03"
    assert seen.ids == {"mac": MAC, "imei": IMEI}
    assert device.calls == ["identify", "line modem", "boot"]


def test_a_look_notes_everything_that_is_wrong() -> None:
    device = slot(FakeBoard(mac="00:00:00:00:00:00"), modem=modem(imei="490154203237519"))
    seen = identify.identify_unit(
        device, rules("{mac}-{imei}", imei={}, serial={"source": "label"})
    )
    assert codes(seen) == ["E410", "E442", "E421", "E167"]
    assert seen.device_name == ""


def test_a_look_at_an_empty_slot_notes_that() -> None:
    assert codes(identify.identify_unit(FakeDevice(), rules())) == ["E301"]


def test_a_look_at_the_wrong_chip_notes_that() -> None:
    seen = identify.identify_unit(slot(FakeBoard(chip="esp32", mac=MAC)), rules())
    assert codes(seen) == ["E401"]
    assert seen.problems[0].detail == "found esp32, the profile is for esp32c3"
    assert seen.ids == {"mac": MAC}


def test_a_look_without_a_profile_takes_any_chip_and_makes_no_name() -> None:
    seen = identify.identify_unit(
        slot(FakeBoard(chip="esp32s2", mac=MAC)), IdentifyRules(PLAN, settings())
    )
    assert seen.silicon
    assert set(seen.addresses) == {"mac", "station", "softap", "ethernet"}
    assert (seen.device_name, codes(seen)) == ("", [])


def test_a_look_listens_for_the_serial_number_that_the_firmware_prints() -> None:
    board = FakeBoard(mac=MAC, prints=lambda _: ("hello", "serial=PLG7", "bye"))
    seen = identify.identify_unit(
        slot(board), rules("{serial}", serial={"source": "firmware", "line": "=(.+)"})
    )
    assert seen.device_name == "PLG7"


def test_a_look_writes_nothing() -> None:
    device = slot(modem=modem())
    identify.identify_unit(device, rules("{imei}", imei={}, serial={"source": "modem"}))
    assert not any(call.startswith(("write", "read", "matches")) for call in device.calls)
