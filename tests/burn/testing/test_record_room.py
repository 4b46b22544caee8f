"""Earlier tries are on record as far as there is room: the newest ones first."""

from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from burner.burn.testing.record_room import (
    LEFT_OUT,
    last_tries_fit,
    with_earlier_tries_that_fit,
)
from burner.core.canonical_json import canonical
from burner.core.measurements import Measurement, TestOutcome, TestResult, TestTry
from burner.core.record_limits import MAX_MEASURED, MAX_SIZE


def tried(number: int, values: int, detail: str = "bad") -> TestTry:
    measured = tuple(Measurement(f"v{n}", "1", good=False) for n in range(values))
    return TestTry(number, TestOutcome.FAIL, "E655", detail, 0.5, measured)


def result(name: str, values: int, *earlier: TestTry) -> TestResult:
    measured = tuple(Measurement(f"v{n}", "1") for n in range(values))
    outcome, tries = TestOutcome.PASS, len(earlier) + 1
    return TestResult(
        name, "run", outcome, tries=tries, measurements=measured, earlier=tuple(earlier)
    )


def size(results: tuple[TestResult, ...]) -> int:
    return sum(len(canonical(asdict(r))) for r in results)


def test_the_newest_earlier_tries_keep_their_values() -> None:
    results = (
        result("a", 100, tried(1, 80), tried(2, 40)),
        result("b", 100, tried(1, 50)),
    )
    a, b = with_earlier_tries_that_fit(results)
    assert (a.measurements, b) == (results[0].measurements, results[1])
    assert a.earlier == (replace(tried(1, 0), detail=LEFT_OUT), tried(2, 40))


def test_where_there_is_no_room_for_outcomes_either_the_oldest_tries_are_left_out() -> None:
    tries = tuple(tried(number, 0, "坏" * 500) for number in range(1, 10))
    results = tuple(result(f"t{n}", 5, *tries) for n in range(50))
    kept = with_earlier_tries_that_fit(results)
    assert kept[0].earlier == ()
    assert kept[-1].earlier[-1].number == 9
    assert [test.tries for test in kept] == [10] * 50


COMMAS = 300
"""Bytes between tries, at most."""
_TRIES = st.lists(st.tuples(st.integers(0, 100), st.text(max_size=500)), max_size=9)
_RESULTS = st.lists(st.tuples(st.integers(0, 60), _TRIES), max_size=12)


@given(_RESULTS)
def test_a_record_never_has_more_than_it_has_room_for(
    tests: list[tuple[int, list[tuple[int, str]]]],
) -> None:
    results = tuple(
        result(f"t{at}", values, *(tried(n, *one) for n, one in enumerate(tries, 1)))
        for at, (values, tries) in enumerate(tests)
    )
    if not last_tries_fit(results):
        return
    kept = with_earlier_tries_that_fit(results)
    values = sum(len(r.measurements) + sum(len(t.measurements) for t in r.earlier) for r in kept)
    assert values <= MAX_MEASURED
    assert size(kept) <= MAX_SIZE + COMMAS
    assert [replace(r, earlier=()) for r in kept] == [replace(r, earlier=()) for r in results]
    for before, after in zip(results, kept, strict=True):
        numbers = [t.number for t in after.earlier]
        assert numbers == list(range(before.tries - len(numbers), before.tries))
        had_values = [t for t in after.earlier if before.earlier[t.number - 1].measurements]
        is_short = [t.detail == LEFT_OUT for t in had_values]
        assert is_short == sorted(is_short, reverse=True), "the oldest tries lose their values"
    assert with_earlier_tries_that_fit(kept) == kept
