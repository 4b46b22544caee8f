"""Which values are good: exactly at, just inside and just outside of a limit."""

from dataclasses import replace
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.good_values import is_good, number_of
from burner.core.measurements import Measurement
from burner.core.record_limits import MAX_VALUE

numbers = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9
)


def of(value: str, **limits: str) -> Measurement:
    return replace(Measurement("m", value), **limits)  # type: ignore[arg-type]


@given(limit=numbers, digits=st.integers(0, 40))
def test_a_limit_is_judged_to_the_last_digit(limit: Decimal, digits: int) -> None:
    step = Decimal(1).scaleb(-12 - digits)
    inside, outside = f"{_sum(limit, step)}", f"{_sum(limit, -step)}"
    assert is_good(of(f"{limit}", low=f"{limit}", high=f"{limit}"))
    assert is_good(of(inside, low=f"{limit}"))
    assert not is_good(of(outside, low=f"{limit}"))
    assert not is_good(of(inside, high=f"{limit}"))
    assert is_good(of(outside, high=f"{limit}"))


def _sum(a: Decimal, b: Decimal) -> Decimal:
    return Context(prec=200).add(a, b)


@given(low=numbers, high=numbers, value=numbers)
def test_good_is_what_lies_between_the_limits(low: Decimal, high: Decimal, value: Decimal) -> None:
    assert is_good(of(str(value), low=str(low), high=str(high))) == (low <= value <= high)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1_000",
        "١٢",
        " 1",
        "1\n",
        "0x10",
        "",
        "1,5",
        "1e9999",
        "--1",
    ],
)
def test_what_is_no_number_is_never_good_where_a_number_is_wanted(text: str) -> None:
    assert number_of(text) is None
    assert not is_good(of(text, unit="mA"))
    assert not is_good(of(text, low="-1e99"))
    assert not is_good(of(text, high="1e99"))


@pytest.mark.parametrize(
    "text", ["12.30", "-0", "+.5", "5.", "1e3", "1E-3", "0.1000000000000000000001"]
)
def test_a_number_may_be_written_in_every_usual_way(text: str) -> None:
    assert is_good(of(text, unit="mA"))


def test_a_limit_of_0_is_a_limit() -> None:
    assert not is_good(of("-1", low="0"))


def test_a_text_is_good_as_a_whole_only() -> None:
    assert is_good(of("RED", text="RED"))
    assert not is_good(of("RED ", text="RED"))
    assert is_good(of("R5", pattern="R[0-9]"))
    assert not is_good(of("xR5", pattern="R[0-9]"))
    assert not is_good(of("R5\n", pattern="R[0-9]"))


def test_a_value_that_nobody_limits_is_good_unless_it_is_too_long_for_a_record() -> None:
    assert is_good(of("anything"))
    assert not is_good(of("x" * (MAX_VALUE + 1)))
    assert not is_good(of("1" * (MAX_VALUE + 1), unit="mA"))
