"""A list that a platform gives in pages, and that changes meanwhile."""

from collections.abc import Sequence

import pytest

from burner.cloud.management.api import DeviceOnPlatform
from burner.cloud.management.pages import DevicePage, pages
from burner.core.code import Code
from burner.core.errors import BurnerError


def names(*given: DevicePage) -> list[str]:
    """The names of all devices, where these pages come one after the other."""
    left = iter(given)
    return [one.name for page in pages(lambda _offset: next(left)) for one in page]


def devices(text: str) -> Sequence[DeviceOnPlatform]:
    return [DeviceOnPlatform(name) for name in text]


def test_pages_follow_until_the_list_is_whole() -> None:
    assert names((devices("abc"), 7), (devices("def"), 7), (devices("g"), 7)) == list("abcdefg")


def test_an_empty_list_is_one_call() -> None:
    assert names(([], 0)) == []


def test_a_device_that_comes_in_two_pages_is_one_device() -> None:
    assert names((devices("abc"), 5), (devices("cde"), 6)) == list("abcde")


def test_a_list_that_ends_before_its_number_is_no_list() -> None:
    with pytest.raises(BurnerError, match="ends at 3 of 7") as raised:
        names((devices("abc"), 7), ([], 7))
    assert raised.value.code == Code.API_ANSWER_UNREADABLE


def test_no_device_is_missed_where_one_before_it_is_deleted_meanwhile() -> None:
    listed, found, asked = "abcdefg", list[str](), list[int]()

    def page(offset: int) -> DevicePage:
        asked.append(offset)
        current = listed if len(asked) == 1 else listed[1:]
        return devices(current[offset : offset + 3]), len(current)

    found += [one.name for each in pages(page) for one in each]
    assert found == list(listed)
    assert asked == [0, 3, 2, 5]


def test_a_list_may_move_by_a_whole_page_while_it_is_read() -> None:
    first, again, rest = devices("cde"), devices("cde"), devices("fg")
    assert names((first, 5), (again, 8), (rest, 8)) == list("cdefg")


def test_the_last_of_a_list_may_be_deleted_before_its_page_comes() -> None:
    assert names((devices("abc"), 4), ([], 3), (devices("c"), 3)) == list("abc")


def test_a_list_that_brings_new_devices_for_ever_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burner.cloud.management.pages.MOST_PAGES", 50)
    with pytest.raises(BurnerError, match="no end"):
        for _ in pages(lambda offset: ([DeviceOnPlatform(f"n{offset}")], offset + 1000)):
            pass
