"""The station file: places that outlive port names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import BurnerError
from burner.devices.ports import Port
from burner.station.fixture.station_file import (
    PortPlace,
    StationFile,
    load_station,
    place_of,
    to_yaml,
)


def listed(device: str, location: str = "", serial_number: str = "", vid: int = 0x10C4) -> Port:
    return Port(device, "CP2102", location, serial_number, vid, 0xEA60)


def station(text: str, tmp_path: Path) -> StationFile:
    path = tmp_path / "line.yaml"
    path.write_text(text, encoding="utf-8")
    return load_station(path)


TWO = """
burner: 1
station: line-3
slots:
  "1":
    esp: {location: 1-1.1}
    modem: {serial: M1}
  "2":
    esp: {location: 1-1.2}
"""
LISTED = (
    listed("/dev/ttyUSB0", "1-1.2"),
    listed("/dev/ttyUSB1", "1-1.1"),
    listed("/dev/ttyUSB2", "1-1.3", "M1"),
)


def test_a_slot_is_found_by_its_place_whatever_the_port_is_called(tmp_path: Path) -> None:
    line = station(TWO, tmp_path)
    assert line.port("1", "esp", LISTED) == "/dev/ttyUSB1"
    assert line.port("1", "modem", LISTED) == "/dev/ttyUSB2"
    renumbered = (listed("/dev/ttyACM9", "1-1.1"), listed("/dev/ttyUSB5", "1-2", "M1"))
    assert line.port("1", "esp", renumbered) == "/dev/ttyACM9"
    assert line.port("1", "modem", renumbered) == "/dev/ttyUSB5"


def test_an_empty_place_says_which_slot_and_where(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        station(TWO, tmp_path).port("2", "esp", LISTED[1:])
    assert refused.value.code == "E302"
    assert refused.value.detail == "slot 2 esp: no port at usb 1-1.2"


def test_a_port_that_the_slot_has_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        station(TWO, tmp_path).port("2", "modem", LISTED)
    assert refused.value.code == "E312"


def test_two_candidates_are_refused_never_guessed(tmp_path: Path) -> None:
    twins = (*LISTED, listed("/dev/ttyUSB9", "1-9", "M1"))
    with pytest.raises(BurnerError) as refused:
        station(TWO, tmp_path).port("1", "modem", twins)
    assert refused.value.code == "E197"
    assert "/dev/ttyUSB2, /dev/ttyUSB9" in refused.value.detail


def test_a_place_given_twice_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        station(TWO.replace("1-1.2", "1-1.1"), tmp_path)
    assert refused.value.code == "E196"
    assert "usb 1-1.1 occurs 2 times" in str(refused.value.findings[0])


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("{location: 1-1.2}", "{}"),
        ("{location: 1-1.2}", "{location: 1-1.2, url: COM3}"),
        ("{location: 1-1.2}", "{place: 1-1.2}"),
        ("slots:", "slot:"),
        ("line-3", "'line 3!'"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, broken: str, found: str) -> None:
    with pytest.raises(BurnerError) as refused:
        station(TWO.replace(broken, found), tmp_path)
    assert refused.value.code == "E195"
    assert refused.value.findings[0].place.startswith(f"{tmp_path / 'line.yaml'}:")


def test_a_rack_on_the_network_has_its_url_as_place(tmp_path: Path) -> None:
    line = station("slots: {a: {esp: {url: 'rfc2217://rack:4001'}}}", tmp_path)
    assert line.port("a", "esp", ()) == "rfc2217://rack:4001"


SCANNERS = """
scanner:
  prefixes: ["~"]
  quiet_ms: 300
  ports:
    - {location: 1-1.3, baud: 115200}
    - {url: "socket://10.0.0.9:2101"}
"""


def test_a_scanner_has_a_place_as_a_port_of_a_slot_has(tmp_path: Path) -> None:
    line = station(TWO + SCANNERS, tmp_path)
    assert line.scanner_port(0, LISTED) == "/dev/ttyUSB2"
    assert line.scanner_port(1, LISTED) == "socket://10.0.0.9:2101"
    assert (line.scanner.ports[0].baud, line.scanner.ports[1].baud) == (115200, 9600)
    assert station(to_yaml(line), tmp_path) == line
    with pytest.raises(BurnerError) as refused:
        line.scanner_port(0, LISTED[:2])
    assert (refused.value.code, refused.value.detail) == (
        "E302",
        "scanner 1: no port at usb 1-1.3",
    )


def test_hooks_are_programs_with_their_arguments(tmp_path: Path) -> None:
    line = station(TWO + 'hooks: {on_pass: ["{python}", "a b.py"], deadline_s: 5}\n', tmp_path)
    assert line.hooks.programs == {"on_pass": ("{python}", "a b.py")}
    assert station(to_yaml(line), tmp_path) == line


def test_a_fixture_says_how_many_there_are_of_what_its_slots_share(tmp_path: Path) -> None:
    line = station(TWO + "resources: {rf-box: 2}\n", tmp_path)
    assert line.resources == {"rf-box": 2}
    assert station(to_yaml(line), tmp_path) == line


def test_a_scanner_at_the_place_of_a_slot_is_refused(tmp_path: Path) -> None:
    scanner = "scanner: {ports: [{location: 1-1.2}]}\n"
    with pytest.raises(BurnerError) as refused:
        station(TWO + scanner, tmp_path)
    assert [finding.code for finding in refused.value.findings] == ["E196"]


def test_a_serial_number_that_only_this_port_has_is_its_place() -> None:
    port = listed("/dev/ttyUSB2", "1-1.3", "M1")
    assert place_of(port, LISTED, "serial") == PortPlace(serial="M1")
    assert place_of(port, LISTED, "location") == PortPlace(location="1-1.3")


def test_a_serial_number_of_two_adapters_is_no_place() -> None:
    port = listed("a", "1-1", "0001")
    assert place_of(port, (port, listed("b", "1-2", "0001")), "serial").location == "1-1"


def test_the_serial_number_of_native_usb_is_the_boards_and_no_place() -> None:
    port = listed("a", "1-1", "60:55:F9:00:00:01", vid=0x303A)
    assert place_of(port, (port,), "serial") == PortPlace(location="1-1")


def test_a_port_without_any_place_is_refused() -> None:
    with pytest.raises(BurnerError) as refused:
        place_of(listed("/dev/ttyS0"), (), "serial")
    assert refused.value.code == "E199"


WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,5}", fullmatch=True)
TEXTS = st.from_regex(r"[A-Za-z0-9:. -]{1,12}", fullmatch=True)
PLACES = st.builds(PortPlace, location=TEXTS) | st.builds(PortPlace, serial=TEXTS)


@given(
    st.dictionaries(WORDS, st.dictionaries(WORDS, PLACES, min_size=1), min_size=1),
    WORDS,
    st.none() | st.integers(1, 10**6),
)
def test_what_is_written_is_read_back_as_the_same(
    slots: dict[str, dict[str, PortPlace]], name: str, every: int | None
) -> None:
    from burner.core.yaml_document import parse
    from burner.core.yaml_schema import validate

    places = [place for ports in slots.values() for place in ports.values()]
    if len(set(places)) < len(places):
        return
    written = StationFile(station=name, checkpoint_every=every, slots=slots)
    read, findings = validate(parse(to_yaml(written), "line.yaml", "E195"), StationFile, "E195")
    assert not findings
    assert read == written
