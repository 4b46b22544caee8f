"""Figures from attempts: each definition of docs/report.md as an example."""

from collections.abc import Iterable
from dataclasses import fields
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.manifest.reading.counted_attempts import CountedAttempt
from burner.report.figures.calendar import Calendar
from burner.report.figures.counting import count
from burner.report.figures.durations import Durations
from burner.report.figures.figures import Figures, Scope
from burner.report.figures.summing import figures, wilson
from tests.report.attempts import MONDAY_8_UTC, attempt

UTC = Calendar(zone=ZoneInfo("UTC"))


def figures_of(*rows: CountedAttempt) -> Figures:
    return figures(count(rows), Scope("m"), UTC)


def test_first_pass_yield_is_units_that_passed_at_their_first_attempt() -> None:
    result = figures_of(
        attempt(1),
        attempt(2, "FAIL"),
        attempt(2, try_number=2),
        attempt(3, "ERROR"),
        attempt(3),
        attempt(4, "FAIL"),
    )
    assert (result.units.first_pass, result.units.new) == (1, 4)
    assert result.units.first_pass_yield == 0.25
    assert result.units.final_yield == 0.75
    assert result.retries == 1


def test_attempts_that_touched_no_unit_count_no_unit() -> None:
    result = figures_of(
        attempt(0, "ERROR", code="E301"),
        attempt(1, "ERROR", began=False, code="E452"),
        attempt(2, "ABORTED", began=False),
        attempt(3),
    )
    assert (result.units.total, result.without_unit) == (1, 3)
    assert result.units.first_pass_yield == 1


def test_a_unit_that_is_refused_as_bad_before_any_erase_counts_as_failed() -> None:
    result = figures_of(attempt(1, "FAIL", began=False, code="E403"))
    assert (result.units.total, result.units.failed, result.units.first_pass_yield) == (1, 1, 0)


def test_a_scrapped_unit_that_comes_back_is_not_judged_again() -> None:
    result = figures_of(attempt(1, "FAIL", began=False, code="E464"), attempt(2))
    assert (result.units.total, result.without_unit, result.units.first_pass_yield) == (1, 1, 1)


def test_the_word_on_the_unit_decides_before_its_last_attempt() -> None:
    words = {"rework": "interrupted", "FAIL": "failed", "scrap": "scrapped", "PASS": "first_time"}
    for word, state in words.items():
        assert getattr(figures_of(attempt(1, status=word)).units, state) == 1


def test_where_nothing_is_said_of_a_unit_a_pass_stays_when_it_is_refused_untouched() -> None:
    result = figures_of(attempt(1), attempt(1, "FAIL", began=False, code="E403"))
    assert (result.units.passed, result.units.failed, result.without_unit) == (1, 0, 1)
    assert result.units.final_yield == 1


def test_boards_without_a_mac_are_different_boards() -> None:
    blank = attempt(1, "FAIL", unit_id="00:00:00:00:00:00", began=False, code="E410")
    assert figures_of(blank, blank, blank._replace(try_number=2)).units.total == 2


def test_a_unit_with_a_past_is_not_new_and_cannot_improve_first_pass_yield() -> None:
    result = figures_of(attempt(1, tried_before=True, rework="new flash"), attempt(2, "FAIL"))
    assert (result.units.new, result.units.first_pass_yield) == (1, 0)
    assert (result.units.later, result.units.first_time) == (1, 0)
    assert result.rework.reasons == {"new flash": 1}


def test_the_last_word_on_a_unit_decides_what_became_of_it() -> None:
    result = figures_of(
        attempt(1),
        attempt(1, "FAIL", rework="check"),
        attempt(2, "OPEN"),
        attempt(3, "OPEN"),
        attempt(3),
        attempt(4, status="scrap"),
        attempt(5, "ABORTED"),
        attempt(6, "FAIL"),
        attempt(6, "ERROR", began=False),
    )
    units = result.units
    assert (units.failed, units.open, units.later, units.scrapped) == (2, 1, 1, 1)
    assert (units.interrupted, units.first_time) == (1, 0)
    assert [unit.unit_id for unit in result.open_units] == [attempt(2).unit_id]
    assert units.attempts == {"1": 4, "2": 2, "3+": 0}


def test_the_same_board_under_two_products_is_two_units() -> None:
    assert figures_of(attempt(1), attempt(1, product_id="OTHER00000")).units.total == 2


def test_failures_are_a_pareto() -> None:
    result = figures_of(
        attempt(1, "FAIL", code="E601"),
        attempt(1, "FAIL", code="E601"),
        attempt(2, "FAIL", code="E601"),
        attempt(0, "ERROR", code="E301"),
    )
    first, second = result.failures
    assert (first.code, first.attempts, first.units, first.share) == ("E601", 3, 2, 0.75)
    assert (second.units, second.outcomes, second.cumulative) == (0, {"ERROR": 1}, 1)


def test_cycle_times_are_of_attempts_that_passed() -> None:
    result = figures_of(attempt(1), attempt(2, ms=14_000), attempt(3, "FAIL", ms=90_000))
    assert result.cycle
    assert (result.cycle.count, result.cycle.median_s, result.cycle.max_s) == (2, 12, 14)
    assert [(step.step, step.spread.median_s) for step in result.steps] == [
        ("identify", 1),
        ("write", 11),
    ]


def test_units_per_hour_counts_a_unit_once_and_leaves_breaks_out() -> None:
    later = MONDAY_8_UTC + 7200
    result = figures_of(
        attempt(1),
        attempt(1, rework="again", started=later),
        attempt(2, started=later + 24),
    )
    assert result.worked_s == 12 + 36
    assert result.per_hour == 2 / 48 * 3600
    assert [(span.name, span.good, span.worked_s) for span in result.hours] == [
        ("08:00", 1, 12),
        ("10:00", 1, 36),
    ]


def test_an_attempt_across_the_hour_counts_where_it_ended_and_both_hours_were_worked() -> None:
    result = figures_of(attempt(1, started=MONDAY_8_UTC - 5))
    assert [(span.name, span.good, span.worked_s) for span in result.hours] == [
        ("07:00", 0, 5),
        ("08:00", 1, 7),
    ]
    assert result.worked_s == 12


def test_shifts_have_yields_of_their_own() -> None:
    early, late = MONDAY_8_UTC, MONDAY_8_UTC + 7 * 3600
    result = figures_of(
        attempt(1, started=early),
        attempt(2, "FAIL", started=early),
        attempt(2, started=late),
        attempt(3, started=late),
    )
    assert [(s.name, s.first_pass_yield, s.good, s.good_first_time) for s in result.shifts] == [
        ("06:00–14:00", 0.5, 1, 1),
        ("14:00–22:00", 1, 2, 1),
    ]


def test_a_slot_far_below_the_others_is_marked_and_one_unlucky_unit_is_not() -> None:
    good = [attempt(u, slot="1") for u in range(1, 100)]
    bad = [attempt(u, "FAIL" if u % 2 else "PASS", slot="10") for u in range(100, 160)]
    unlucky = [attempt(200, "FAIL", slot="2")]
    result = figures_of(*good, *bad, *unlucky)
    assert [(place.slot, place.behind) for place in result.slots] == [
        ("1", False),
        ("2", False),
        ("10", True),
    ]


def test_stations_sum_up_their_slots() -> None:
    result = figures_of(attempt(1), attempt(2, "FAIL", slot="2"), attempt(3, station="line2"))
    assert [(p.station, p.new, p.first_pass) for p in result.stations] == [
        ("line1", 2, 1),
        ("line2", 1, 1),
    ]


def test_nothing_is_a_report_too() -> None:
    result = figures_of()
    assert (result.units.total, result.units.first_pass_yield, result.per_hour) == (0, None, None)
    assert (result.cycle, result.first, result.hours, result.failures) == (None, None, (), ())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from(["PASS", "FAIL", "ERROR", "ABORTED", "OPEN"]),
            st.booleans(),
            st.integers(0, 100_000),
        ),
        max_size=30,
    )
)
def test_the_numbers_always_add_up(drawn: list[tuple[int, str, bool, int]]) -> None:
    rows = [
        attempt(
            unit,
            outcome,
            began=bool(unit) and (begun or outcome in ("PASS", "OPEN")),
            started=MONDAY_8_UTC + after,
        )
        for unit, outcome, begun, after in sorted(drawn, key=lambda row: row[0])
    ]
    result = figures_of(*rows)
    units = result.units
    states = (units.first_time, units.later, units.failed, units.interrupted, units.open)
    assert sum(states) + units.scrapped == units.total == sum(units.attempts.values())
    assert sum(result.attempts.values()) == len(rows) == sum(s.attempts for s in result.shifts)
    assert sum(failure.attempts for failure in result.failures) == sum(
        result.attempts[outcome] for outcome in ("FAIL", "ERROR", "ABORTED")
    )
    assert units.first_time <= units.first_pass <= units.new <= units.total
    assert sum(span.good for span in result.hours) >= units.passed
    for places in (result.slots, result.stations, result.hours, result.shifts):
        assert sum(place.new for place in places) == units.new
    assert abs(sum(span.worked_s for span in result.hours) - result.worked_s) < 1e-6


@given(st.lists(st.integers(0, 50_000), min_size=1))
def test_the_median_is_one_of_the_middle_values(values: list[int]) -> None:
    durations = Durations()
    for ms in values:
        durations.counts[ms] += 1
    spread = durations.spread()
    assert spread
    assert spread.p5_s <= spread.median_s <= spread.p95_s <= spread.max_s == max(values) / 1000
    if len(values) % 2:
        assert spread.median_s == median(values) / 1000


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_holds_it(good_of: tuple[int, int]) -> None:
    low, high = wilson(*good_of)
    share = good_of[0] / good_of[1]
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_the_interval_is_that_of_the_literature() -> None:
    """Wilson's interval for 81 of 263 is 0.255 to 0.366 (Newcombe 1998, table I)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_the_json_form_keeps_its_keys() -> None:
    plain = figures_of(attempt(1), attempt(2, "FAIL"), attempt(3, "OPEN")).plain()
    assert plain["schema"] == 1
    assert list(plain) == ["schema", *(field.name for field in fields(Figures))]
    assert plain["units"]["first_pass_yield"] == 0.3333
    assert plain["first"] == "2025-02-03T08:00:00Z"
    assert set(plain["shifts"][0]) >= {"start", "name", "good", "first_pass_yield", "per_hour"}


def rows_of(number: int) -> Iterable[CountedAttempt]:
    for unit in range(number):
        yield attempt(1, unit_id=f"{unit:012x}", ms=10_000 + unit % 500)


def test_memory_does_not_grow_with_the_number_of_units() -> None:
    """Their MACs alone would take two million bytes."""
    import tracemalloc

    tracemalloc.start()
    count(rows_of(30_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
