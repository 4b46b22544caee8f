"""Ports and slots in the order in which people count."""

import pytest

from burner.core.words.natural_order import natural_order


@pytest.mark.parametrize(
    "ordered",
    [
        ["1", "2", "10"],
        ["COM3", "COM9", "COM10"],
        ["1-1.2", "1-1.10", "1-2"],
        ["a", "a1", "b"],
        ["", "1"],
        ["01", "1"],
        ["²", "③"],
    ],
)
def test_numbers_in_a_text_are_compared_as_numbers(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=natural_order) == ordered
