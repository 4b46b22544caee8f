"""Which errors stand on the board, and in which order they are read."""

import re

import pytest

from burner.cli.board.troubles import STOPS_ALL, Rank, Trouble, named, rank, worst_first
from burner.core.errors import BurnerError, CodeText, table


def trouble(slot: str, code: str, detail: str = "", *, waits: bool = False) -> Trouble:
    return Trouble(BurnerError(code, detail), (slot,), waits)


def read(*troubles: Trouble) -> list[tuple[str, tuple[str, ...]]]:
    return [(trouble.error.code, trouble.slots) for trouble in worst_first(troubles)]


def test_what_stops_the_line_is_read_before_a_bad_unit_and_that_before_a_bad_slot() -> None:
    newest_last = [trouble(slot, code) for slot, code in zip("1234", SORTED[::-1], strict=True)]
    assert [code for code, _ in read(*newest_last)] == SORTED
    assert [code for code, _ in read(*newest_last[::-1])] == SORTED


SORTED = ["E711", "E601", "E301", "E441"]


def test_among_equals_the_newest_is_read_first() -> None:
    assert read(trouble("1", "E601"), trouble("2", "E605"), trouble("3", "E453")) == [
        ("E453", ("3",)),
        ("E605", ("2",)),
        ("E601", ("1",)),
    ]


def test_the_same_error_of_several_slots_is_read_once_and_is_as_new_as_its_newest() -> None:
    slots = [trouble(slot, "E601") for slot in ("10", "2", "9")]
    assert read(slots[0], slots[1], trouble("3", "E605"), slots[2]) == [
        ("E601", ("2", "9", "10")),
        ("E605", ("3",)),
    ]


def test_errors_whose_details_must_be_read_stay_apart() -> None:
    labels = [trouble("1", "E441", "mac: 01"), trouble("2", "E441", "mac: 02")]
    assert len(read(*labels)) == 2
    chips = [trouble("1", "E601", "at 0x1000"), trouble("2", "E601", "at 0x2000")]
    assert len(read(*chips)) == 1


def test_slots_that_stand_side_by_side_are_a_range() -> None:
    assert named(["10", "1", "3", "2", "7"], "en") == "1–3, 7, 10"
    assert named(["10", "1", "3", "2", "7"], "zh") == "1–3、7、10"
    assert named(["A2", "A1"], "en") == "A1, A2"


@pytest.mark.parametrize("row", table().values(), ids=lambda row: row.code)
def test_an_error_whose_remedy_is_to_stop_concerns_all_slots(row: CodeText) -> None:
    stopping = "^Stop (burning|this|the|and tell)|takes no more units|before the batch goes on"
    stops = bool(re.search(stopping, row.do))
    if row.code[1] in "3456":
        assert (row.code in STOPS_ALL) == stops
        assert (rank(row.code) is Rank.ALL_SLOTS) == stops


@pytest.mark.parametrize("row", table().values(), ids=lambda row: row.code)
def test_no_remedy_promises_what_the_station_does_by_itself(row: CodeText) -> None:
    """Whether it is tried again is of the moment; a remedy is what a person does at the end."""
    assert not re.search(r"station (tries|goes|waits|starts)|^Nothing: the|^Try again", row.do)
    assert not re.search("自动(重|降|继)|工作?站会|工位会", row.do_zh)
    if row.retry and row.code[:2] in ("E3", "E4", "E5", "E6"):
        assert "once more" not in row.do
        assert "一次；" not in row.do_zh
