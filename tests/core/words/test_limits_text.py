"""Limits of a measured value in one short line."""

import pytest

from burner.core.measurements import Measurement
from burner.core.words.limits_text import limits_text


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"low": "10", "high": "14"}, "10 … 14"),
        ({"low": "10", "unit": "dBm"}, "≥ 10 dBm"),
        ({"high": "14"}, "≤ 14"),
        ({"text": "RED"}, "= RED"),
        ({"pattern": "R+"}, "~ R+"),
        ({"unit": "mA"}, ""),
    ],
)
def test_limits_are_said_in_signs_that_every_language_has(
    limits: dict[str, str], text: str
) -> None:
    assert limits_text(Measurement("x", "", **limits)) == text  # type: ignore[arg-type]
