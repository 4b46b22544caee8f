"""otadata: which application starts, by the bytes that ESP-IDF writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.firmware import firmware
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import FirmwareBehaviour, UnitSpec
from burner.core.segments import RegionClass, Segment
from burner.flash import otadata
from burner.flash.layout import Layout
from burner.flash.partition_table import PartitionTable, parse_csv

TWO_SLOTS = """\
otadata, data, ota,   0xd000,  0x2000
ota_1,   app,  ota_1, 0x110000, 1M
ota_0,   app,  ota_0, 0x10000,  1M
"""
WITH_FACTORY = TWO_SLOTS.replace("0x10000, ", "0x210000,") + "app, app, factory, 0x10000, 1M\n"
FIRST_BOOT = bytes.fromhex("01000000" + "ff" * 20 + "ffffffff" + "9a984347")
"""What an ESP32's bootloader wrote into blank otadata."""


def table(csv: str = TWO_SLOTS) -> PartitionTable:
    return parse_csv(csv, "partitions.csv", "esp32c3", 0x8000)


def written(first: bytes = b"", second: bytes = b"") -> bytes:
    return first.ljust(0x1000, b"\xff") + second.ljust(0x1000, b"\xff")


def starts(data: bytes, csv: str = TWO_SLOTS) -> str:
    application = otadata.starting_application(table(csv), data)
    return application.name if application else ""


def test_an_entry_is_what_the_bootloader_writes() -> None:
    assert otadata.ota_entry(1) == FIRST_BOOT


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ((), "ota_0"),
        ((1,), "ota_0"),
        ((2,), "ota_1"),
        ((1, 2), "ota_1"),
        ((3, 2), "ota_0"),
        ((3, 4), "ota_1"),
        ((0xFFFFFFFF,), "ota_0"),
        ((0,), "ota_1"),
    ],
)
def test_the_highest_number_selects_the_slot(entries: tuple[int, ...], name: str) -> None:
    assert starts(written(*map(otadata.ota_entry, entries))) == name


@pytest.mark.parametrize(("state", "name"), [(2, "ota_1"), (3, "ota_0"), (4, "ota_0")])
def test_an_application_that_did_not_prove_itself_is_passed_over(state: int, name: str) -> None:
    assert starts(written(otadata.ota_entry(1), otadata.ota_entry(2, state))) == name


NEW, PENDING, VALID, INVALID, ABORTED, UNDEFINED = otadata.OtaState


def may_start(data: bytes, csv: str = TWO_SLOTS) -> list[str]:
    return [application.name for application in otadata.possible_applications(table(csv), data)]


@pytest.mark.parametrize(
    ("states", "names"),
    [
        ((VALID, VALID), ["ota_1"]),
        ((UNDEFINED, UNDEFINED), ["ota_1"]),
        ((VALID, NEW), ["ota_1", "ota_0"]),
        ((VALID, PENDING), ["ota_1", "ota_0"]),
        ((VALID, INVALID), ["ota_1", "ota_0"]),
        ((VALID, ABORTED), ["ota_1", "ota_0"]),
        ((PENDING, VALID), ["ota_1"]),
        ((NEW, ABORTED), ["ota_1", "ota_0"]),
        ((NEW, NEW), ["ota_1", "ota_0"]),
    ],
)
def test_an_update_that_is_not_confirmed_starts_with_some_bootloaders_only(
    states: tuple[int, int], names: list[str]
) -> None:
    first, second = states
    assert may_start(written(otadata.ota_entry(1, first), otadata.ota_entry(2, second))) == names


def test_an_entry_alone_that_is_not_confirmed_may_leave_the_factory_application() -> None:
    assert may_start(written(otadata.ota_entry(1, PENDING)), WITH_FACTORY) == ["ota_0", "app"]


def test_three_bootloaders_may_start_two_applications_in_turn() -> None:
    """The first and the last alone agree."""
    data = written(otadata.ota_entry(3, ABORTED), otadata.ota_entry(2, NEW))
    assert may_start(data) == ["ota_0", "ota_1"]


def test_two_new_entries_are_started_one_after_the_other_before_the_first_slot() -> None:
    """The first start and the third are of the same slot, the second is not."""
    data = written(otadata.ota_entry(3, NEW), otadata.ota_entry(2, NEW))
    assert may_start(data) == ["ota_0", "ota_1"]
    assert may_start(data, WITH_FACTORY) == ["ota_0", "ota_1", "app"]


def test_an_entry_with_a_wrong_crc_does_not_count() -> None:
    damaged = bytearray(written(otadata.ota_entry(1), otadata.ota_entry(2)))
    damaged[0x1000] = 4
    assert starts(bytes(damaged)) == "ota_0"


def test_without_an_entry_the_factory_application_starts() -> None:
    assert starts(written(), WITH_FACTORY) == "app"
    assert starts(written(otadata.ota_entry(2)), WITH_FACTORY) == "ota_1"


def test_a_table_without_slots_or_without_applications_has_what_it_has() -> None:
    assert starts(written(otadata.ota_entry(2)), "app, app, factory, 0x10000, 1M\n") == "app"
    assert starts(b"", "nvs, data, nvs, 0x9000, 0x4000\n") == ""


def test_a_layout_says_what_starts_in_a_unit_that_holds_it() -> None:
    selects_the_second = Segment("ota", 0xD000, otadata.ota_entry(2), RegionClass.MUTABLE)
    segments = {"ota": selects_the_second}
    selected = otadata.burned_application(Layout("esp32c3", 4 << 20, table(), segments))
    left_alone = otadata.burned_application(Layout("esp32c3", 4 << 20, table(), {}))
    assert (selected and selected.name, left_alone and left_alone.name) == ("ota_1", "ota_0")


NUMBERS = st.integers(0, 9) | st.just(0xFFFFFFFF)
entries = st.one_of(
    st.just(b""),
    st.binary(min_size=32, max_size=32),
    st.builds(otadata.ota_entry, NUMBERS, st.sampled_from((0, 1, 2, 3, 4, 0xFFFFFFFF))),
)


@given(entries, entries, st.sampled_from((TWO_SLOTS, WITH_FACTORY)))
def test_the_simulated_bootloader_starts_the_same(first: bytes, second: bytes, csv: str) -> None:
    flash = NorFlash(UnitSpec())
    flash.program(0xD000, written(first, second))
    assert firmware._slot(flash, table(csv)).name == starts(written(first, second), csv)


@given(entries, entries, st.sampled_from((TWO_SLOTS, WITH_FACTORY)))
def test_no_bootloader_of_the_bench_starts_another_than_the_possible_applications(
    first: bytes, second: bytes, csv: str
) -> None:
    possible = may_start(written(first, second), csv)
    for rollback in (True, False):
        flash = NorFlash(UnitSpec())
        flash.program(0xD000, written(first, second))
        started = {
            firmware._selected(flash, table(csv), FirmwareBehaviour(rollback=rollback)).name
            for _ in range(4)
        }
        assert started <= set(possible)


@given(st.binary(max_size=0x1100))
def test_any_bytes_start_some_application(data: bytes) -> None:
    assert starts(data) in ("ota_0", "ota_1")
