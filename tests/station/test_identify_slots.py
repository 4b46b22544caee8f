"""Units in several slots, compared with each other."""

from burner.station.identify_slots import identify_slots, rules_of_any_unit
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


def test_two_units_with_one_mac_are_both_suspect_and_name_each_others_slots() -> None:
    macs = {"1": "60:55:f9:00:00:01", "2": "60:55:f9:00:00:02", "3": "60:55:f9:00:00:01"}
    devices = {slot: FakeDevice(FakeBoard(mac=mac)) for slot, mac in macs.items()}
    units = identify_slots(devices, dict.fromkeys(devices, rules_of_any_unit(with_modem=False)))
    assert [(p.code, p.detail) for p in units["1"].problems] == [
        ("E456", "60:55:f9:00:00:01: slots 1, 3")
    ]
    assert units["2"].problems == []
    assert [p.code for p in units["3"].problems] == ["E456"]
