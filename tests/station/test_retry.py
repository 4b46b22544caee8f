"""The retry policy and the baud ladder."""

import pytest

from burner.core.errors import table
from burner.station.slots.retry import RUNGS, again, next_baud, tries

RETRIED = [code for code, row in table().items() if row.retry]
FINAL = [code for code, row in table().items() if not row.retry]


@pytest.mark.parametrize("code", FINAL)
def test_a_code_that_trying_again_cannot_help_is_final(code: str) -> None:
    assert not again(code, 1)


@pytest.mark.parametrize("code", RETRIED)
def test_every_retry_comes_to_an_end(code: str) -> None:
    tried = [number for number in range(1, 20) if again(code, number)]
    assert tried == list(range(1, len(tried) + 1))
    assert 1 <= len(tried) <= 3


@pytest.mark.parametrize("code", table())
def test_how_often_a_unit_is_tried_is_told_by_its_code(code: str) -> None:
    assert tries(code) == 1 + sum(again(code, number) for number in range(1, 20))


def test_a_link_error_takes_one_rung_down() -> None:
    assert next_baud("E601", 921_600) == 460_800


def test_a_rate_between_two_rungs_steps_to_the_next_slower_one() -> None:
    assert next_baud("E601", 1_000_000) == 921_600


def test_the_ladder_ends_at_its_lowest_rung() -> None:
    assert next_baud("E601", RUNGS[-1]) == RUNGS[-1]


def test_what_is_not_the_links_fault_keeps_its_rate() -> None:
    assert next_baud("E902", 921_600) == 921_600


def test_no_code_of_a_test_is_tried_again_since_each_test_has_its_own_tries() -> None:
    of_tests = [code for code in table() if "E640" <= code <= "E658"]
    assert len(of_tests) > 10
    assert {code for code in of_tests if again(code, 1)} == set()
