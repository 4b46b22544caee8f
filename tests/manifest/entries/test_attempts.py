"""Results of the model are the same after they were written as a record and read."""

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from burner.core.attempt import Outcome
from burner.core.measurements import Measurement, TestOutcome, TestResult, TestTry
from burner.manifest.entries import attempts
from burner.manifest.entries.body import read, write
from burner.manifest.entries.kinds import OutcomeEntry
from tests.manifest.records import a_result

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SECONDS = st.integers(0, 10**6).map(lambda ms: ms / 1000)
_MEASURED = st.builds(Measurement, *(_TEXT,) * 7, good=st.booleans())
_MEASUREMENTS = st.lists(_MEASURED, max_size=3).map(tuple)
_OUTCOMES = st.sampled_from(TestOutcome)
_TRIES = st.builds(TestTry, st.integers(1, 9), _OUTCOMES, _TEXT, _TEXT, _SECONDS, _MEASUREMENTS)
_TESTS = st.builds(
    TestResult,
    *(_TEXT, _TEXT, _OUTCOMES, _TEXT, _TEXT, _SECONDS, _SECONDS, st.integers(1, 10), _TEXT, _TEXT),
    measurements=_MEASUREMENTS,
    earlier=st.lists(_TRIES, max_size=3).map(tuple),
)


@given(st.lists(_TESTS, max_size=3))
def test_tests_with_all_their_tries_are_read_as_they_were_written(tests: list[TestResult]) -> None:
    entry = OutcomeEntry(
        at="2025-01-31T08:00:00.000000Z",
        nonce="0f" * 16,
        station="line1",
        intent=1,
        attempt=None,
        result=attempts.result_facts(a_result(Outcome.FAIL, tests=tuple(tests))),
    )
    stored = cast("OutcomeEntry", read(write(entry)))
    assert stored == entry
    assert attempts.tests_of(stored.result) == tuple(tests)
