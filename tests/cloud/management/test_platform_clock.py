"""How far the clocks are apart, in words."""

import pytest

from burner.cloud.management.platform_clock import with_clock_error
from burner.core.code import Code
from burner.core.errors import BurnerError


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-16, "16 s behind"),
        (1200, "20 minutes ahead of"),
        (-7 * 3600, "7 hours behind"),
        (4 * 86400, "4 days ahead of"),
        (-4192913283 * 60, "years behind"),
    ],
)
def test_the_difference_is_in_the_unit_that_a_person_would_take(seconds: float, words: str) -> None:
    error = with_clock_error(BurnerError(Code.API_CLOCK_WRONG, "as it said"), seconds)
    assert error.detail == f"this computer is {words} the platform; as it said"
