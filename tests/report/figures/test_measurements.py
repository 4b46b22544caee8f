"""Figures of tests and measurements, from records that the ledger wrote."""

from collections.abc import Iterator, Sequence
from math import isclose
from pathlib import Path
from random import Random
from statistics import NormalDist
from zoneinfo import ZoneInfo

import pytest

from burner.core.measurements import Measurement, TestOutcome
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.report.figures import distribution
from burner.report.figures.calendar import Calendar
from burner.report.figures.comparison import groups_apart, threshold
from burner.report.figures.figures import Figures
from burner.report.figures.measured import MeasurementFigures, NumberFigures, Oddity
from burner.report.figures.production_figures import production_figures
from tests.manifest.records import a_ledger, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power

UTC = Calendar(zone=ZoneInfo("UTC"))
LOW, HIGH = 10.0, 14.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened:
        open_batch(opened)
        yield opened


def figures(ledger: Ledger) -> Figures:
    return production_figures(ledger.reader, AttemptFilter(), UTC)


def only(data: Figures) -> MeasurementFigures:
    [measurement] = data.measurements
    return measurement


def numbers(data: Figures) -> NumberFigures:
    found = only(data).number
    assert found is not None
    return found


def power(value: float, **changes: object) -> Measurement:
    return tx_power(f"{value:.2f}", good=LOW <= value <= HIGH)


def normal(count: int, mean: float = 12.0, deviation: float = 0.5) -> list[float]:
    """Values of a normal distribution, evenly over its quantiles."""
    dist = NormalDist(mean, deviation)
    return [dist.inv_cdf((at + 0.5) / count) for at in range(count)]


def test_a_measurement_has_count_mean_deviation_and_exact_ends(ledger: Ledger) -> None:
    for unit, value in enumerate(("12.30", "12.50", "11.90", "9.10"), 1):
        burned_with_tests(ledger, unit, rf_test(tx_power(value, good=value != "9.10")))
    data = figures(ledger)
    number = numbers(data)
    assert (only(data).count, only(data).units, only(data).bad) == (4, 4, 1)
    assert (number.minimum, number.maximum) == ("9.10", "12.50")
    assert isclose(number.mean, 11.45)
    assert number.deviation is not None
    assert isclose(number.deviation, 1.586401, rel_tol=1e-6)
    assert number.cpk is None, "too few values"
    assert [unit.value for unit in number.worst] == ["9.10", "12.50", "12.30", "11.90"]


def test_of_an_attempt_the_last_try_counts_and_of_a_unit_its_first_attempt_in_a_slot(
    ledger: Ledger,
) -> None:
    again = rf_test(power(12.0), tries=2)
    burned_with_tests(ledger, 1, rf_test(power(9.0)), again)
    burned_with_tests(ledger, 1, rf_test(power(13.0)), try_number=2)
    burned_with_tests(ledger, 1, rf_test(power(13.5)), slot="4", rework="repaired")
    data = figures(ledger)
    assert (only(data).count, only(data).units, only(data).repeated) == (2, 1, 1)
    assert (numbers(data).minimum, numbers(data).maximum) == ("12.00", "13.50")
    [test] = data.tests
    assert (test.retried, test.rescued, test.units, test.units_not_passed) == (1, 1, 1, 0)


def test_after_an_error_of_the_fixture_its_values_are_not_of_the_unit(ledger: Ledger) -> None:
    failed = rf_test(power(2.0), outcome=TestOutcome.ERROR, code="E310")
    burned_with_tests(ledger, 1, failed)
    burned_with_tests(ledger, 2, rf_test(power(12.0)))
    data = figures(ledger)
    assert only(data).count == 1
    assert data.tests[0].outcomes == {"pass": 1, "fail": 0, "error": 1, "not-run": 0}
    assert data.tests[0].codes == {"E310": 1}


def test_what_a_correction_voided_counts_nowhere(ledger: Ledger) -> None:
    burned_with_tests(ledger, 1, rf_test(power(12.0)))
    record = burned_with_tests(ledger, 2, rf_test(power(2.0)))
    unit_id, product = record.attempt.unit_id, record.attempt.product_id
    correct(
        *(ledger, CorrectionKind.VOID, unit_id), product_id=product, operator="qa", reason="a trial"
    )
    assert only(figures(ledger)).count == 1


def test_other_limits_are_another_measurement(ledger: Ledger) -> None:
    burned_with_tests(ledger, 1, rf_test(tx_power("12.0")))
    burned_with_tests(ledger, 2, rf_test(tx_power("12.0", low="11")))
    assert [m.low for m in figures(ledger).measurements] == ["10", "11"]


def test_texts_are_counted_and_no_numbers(ledger: Ledger) -> None:
    for unit, value in enumerate(("1.2", "1.2", "nan"), 1):
        version = Measurement("firmware", value, pattern="1.*", good=value != "nan")
        burned_with_tests(ledger, unit, rf_test(version))
    measurement = only(figures(ledger))
    assert (measurement.number, measurement.bad) == (None, 1)
    assert measurement.texts == {"1.2": 2, "nan": 1}


def test_one_value_that_is_no_number_leaves_the_figures_of_the_others(ledger: Ledger) -> None:
    burned_with_tests(ledger, 1, rf_test(power(12.0), Measurement("free", "7")))
    odd = (tx_power("overload", good=False), Measurement("free", "seven"))
    burned_with_tests(ledger, 2, rf_test(*odd))
    limited, free = figures(ledger).measurements
    assert limited.number is not None
    assert (limited.count, limited.bad) == (2, 1)
    assert limited.number.mean == pytest.approx(12)
    assert limited.texts == {"overload": 1}
    assert (free.number, free.texts) == (None, {"7": 1, "seven": 1})


def test_tests_are_in_the_order_of_how_often_they_fail(ledger: Ledger) -> None:
    led = rf_test(name="led", resource="")
    bad_led = rf_test(name="led", outcome=TestOutcome.FAIL, code="E501", resource="")
    for unit in range(1, 7):
        burned_with_tests(ledger, unit, rf_test(power(9.0 if unit == 1 else 12.0)), led)
    for unit in range(7, 10):
        burned_with_tests(ledger, unit, rf_test(power(12.0)), bad_led)
    first, second = figures(ledger).tests
    assert (first.name, first.units_not_passed, first.share, first.cumulative) == (
        "led",
        3,
        0.75,
        0.75,
    )
    assert (second.name, second.units_not_passed, second.cumulative) == ("rf", 1, 1)
    assert second.wait is not None
    assert (second.wait.median_s, first.wait) == (0.4, None)


def test_cpk_is_the_distance_of_the_mean_from_the_nearer_limit_in_three_deviations() -> None:
    values = [11.0, 12.0, 13.0] * 20
    spread = distribution.deviation(values)
    assert spread is not None
    assert distribution.cpk(values, 8.0, 15.0) == pytest.approx(3 / (3 * spread))
    assert distribution.cpk(values, 8.0, None) == pytest.approx(4 / (3 * spread))
    assert distribution.cpk(values, None, 15.0) == pytest.approx(3 / (3 * spread))
    assert distribution.cpk(values, None, 11.5) == pytest.approx(-0.5 / (3 * spread))
    assert distribution.cpk(values, None, None) is None
    assert distribution.cpk(values[:29], 8.0, 15.0) is None


@pytest.mark.parametrize("value", [12.0, 0.1, 0.7, -17.35, 1e-9, 123456.789])
def test_values_that_do_not_vary_have_no_deviation_and_no_cpk(value: float) -> None:
    values = [value] * 48
    assert distribution.deviation(values) == 0
    assert distribution.cpk(values, value - 1, value + 1) is None


def test_a_histogram_counts_every_value_once_and_begins_an_interval_at_a_limit() -> None:
    good, bad = normal(400), [9.5, 14.25]
    drawn = distribution.histogram(good, [*bad, -999.0], (LOW, HIGH), 2)
    assert sum(drawn.good) == 400
    assert (sum(drawn.bad), drawn.below, drawn.above) == (2, 1, 0)
    assert ((LOW - drawn.begin) / drawn.step) == pytest.approx(
        round((LOW - drawn.begin) / drawn.step)
    )
    assert len(drawn.good) <= 2 * distribution.MOST_BINS


def test_an_interval_is_no_finer_than_the_digits_that_were_measured() -> None:
    values = [round(value, 1) for value in normal(5000, deviation=0.1)]
    drawn = distribution.histogram(values, [], (11.0, 13.0), 1)
    assert drawn.step == pytest.approx(0.1)
    assert sum(drawn.good) == 5000


@pytest.mark.parametrize("values", [[12.0], [12.0] * 50, [0.0, 1e30], [1e-9, 2e-9]])
@pytest.mark.parametrize("limits", [(None, None), (10.0, None), (None, 14.0), (12.0, 12.0)])
def test_a_histogram_of_odd_values_has_them_all(
    values: list[float], limits: tuple[float | None, float | None]
) -> None:
    drawn = distribution.histogram(values, [], limits, 9)
    assert sum(drawn.good) + drawn.below + drawn.above == len(values)
    assert len(drawn.good) <= 2 * distribution.MOST_BINS


def slots(*groups: Sequence[float]) -> dict[str, Sequence[float]]:
    return {str(number): values for number, values in enumerate(groups, 1)}


def test_a_slot_that_measures_lower_is_named_and_the_others_are_not() -> None:
    good = normal(90)
    found = groups_apart(slots(good, good, [v - 1.2 for v in good], good), threshold(100))
    assert [difference.group for difference in found] == ["3"]
    assert found[0].here == pytest.approx(found[0].elsewhere - 1.2, abs=0.02)
    assert (found[0].count, found[0].count_elsewhere) == (90, 270)


def test_few_values_a_small_shift_and_an_outlier_raise_no_alarm() -> None:
    good = normal(90)
    assert groups_apart(slots(good, [2.0] * 9), threshold(20)) == [], "few values"
    assert groups_apart(slots(good, [v + 0.3 for v in good]), threshold(20)) == [], "a small shift"
    assert groups_apart(slots(good, [*good[:-3], -999.0, -999.0, -999.0]), threshold(20)) == []
    assert groups_apart(slots([12.0] * 90, [12.0] * 90), threshold(20)) == []


def test_slots_that_measure_the_same_raise_no_alarm_in_300_reports() -> None:
    random = Random(7)
    for _ in range(300):
        groups = [[random.gauss(12, 0.5) for _ in range(random.randint(10, 60))] for _ in range(8)]
        assert groups_apart(slots(*groups), threshold(8)) == []


def test_a_bad_fixture_stands_out_in_the_report(ledger: Ledger) -> None:
    values = normal(96)
    for unit, value in enumerate(Random(3).sample(values, len(values)), 1):
        slot = unit % 4 + 1
        test = rf_test(power(value - 1.3 if slot == 2 else value))
        burned_with_tests(ledger, unit, test, slot=str(slot))
    [found] = figures(ledger).standouts
    assert (found.oddity, found.measurement, found.slot, found.count) == (
        *(Oddity.LOWER, "tx_power", "2", 24),
    )


def test_a_slot_in_which_a_test_fails_more_often_stands_out(ledger: Ledger) -> None:
    for unit in range(1, 121):
        slot = unit % 4 + 1
        is_bad = slot == 3 and unit % 3 > 0
        test = rf_test(outcome=TestOutcome.ERROR if is_bad else TestOutcome.PASS)
        burned_with_tests(ledger, unit, test, slot=str(slot))
    [found] = figures(ledger).standouts
    assert (found.oddity, found.test, found.slot) == (Oddity.NOT_PASSED, "rf", "3")
    assert found.here == pytest.approx(2 / 3)
    assert found.elsewhere == pytest.approx(0)


def test_a_slot_that_is_saved_by_further_tries_stands_out(ledger: Ledger) -> None:
    for unit in range(1, 85):
        slot = unit % 3 + 1
        tries = 3 if slot == 2 and unit % 4 else 1
        burned_with_tests(ledger, unit, rf_test(tries=tries), slot=str(slot))
    data = figures(ledger)
    [found] = data.standouts
    assert (found.oddity, found.test, found.slot) == (Oddity.TRIED_AGAIN, "rf", "2")
    assert found.here == pytest.approx(0.75)
    assert (found.elsewhere > 0, found.count) == (False, 28)
    assert [(slot.slot, slot.retried) for slot in data.tests[0].slots] == [
        *(("1", 0), ("2", 21), ("3", 0)),
    ]


def test_a_slot_whose_test_fails_is_not_named_once_more_for_its_tries(ledger: Ledger) -> None:
    for unit in range(1, 61):
        is_bad = unit % 2 == 0
        outcome = TestOutcome.FAIL if is_bad else TestOutcome.PASS
        test = rf_test(outcome=outcome, tries=3 if is_bad else 1)
        burned_with_tests(ledger, unit, test, slot=str(unit % 2 + 1))
    assert [found.oddity for found in figures(ledger).standouts] == [Oddity.NOT_PASSED]


def test_what_is_far_off_against_its_limits_is_named_first_and_what_is_near_is_not(
    ledger: Ledger,
) -> None:
    for unit in range(1, 161):
        slot, spread = unit % 4 + 1, unit % 8 / 1000
        small = Measurement("small", f"{8.5 + spread + 0.1 * (slot == 1):.3f}", "mA", "7.5", "9.5")
        some = Measurement("some", f"{8.5 + spread + 0.3 * (slot == 2):.3f}", "mA", "7.5", "9.5")
        free = Measurement("free", f"{spread + 9 * (slot == 4):.3f}", "V")
        one = Measurement("one", f"{30 + spread - 9 * (slot == 3):.3f}", "V", "20")
        burned_with_tests(ledger, unit, rf_test(small, free, some, one), slot=str(slot))
    found = figures(ledger).standouts
    assert [(f.measurement, f.slot) for f in found] == [("one", "3"), ("some", "2"), ("free", "4")]
    assert found[0].tolerance_share == pytest.approx(0.45, abs=0.001)
    assert found[1].tolerance_share == pytest.approx(0.15, abs=0.001)
    assert found[2].tolerance_share is None


def test_one_bad_unit_that_is_tried_again_and_again_is_no_bad_slot(ledger: Ledger) -> None:
    for unit in range(1, 81):
        burned_with_tests(ledger, unit, rf_test(power(12.0)), slot=str(unit % 4 + 1))
    for number in range(1, 30):
        burned_with_tests(ledger, 99, rf_test(power(9.0)), slot="3", try_number=number)
    data = figures(ledger)
    assert data.standouts == ()
    assert (only(data).repeated, data.tests[0].units_not_passed) == (28, 1)


def test_a_measurement_that_drifts_over_the_shift_is_named(ledger: Ledger) -> None:
    for unit, value in enumerate(normal(80, deviation=0.2), 1):
        at_s = unit * 60.0
        shifted = 12 + (value - 12) * (-1) ** unit + unit / 80
        burned_with_tests(ledger, unit, rf_test(power(shifted)), at_s=at_s)
    data = figures(ledger)
    [found] = data.standouts
    assert (found.oddity, found.slot, found.here > found.elsewhere) == (Oddity.RISING, "", True)
    assert len(numbers(data).over_time) == 17


def test_the_json_form_keeps_six_digits_of_a_small_number(ledger: Ledger) -> None:
    burned_with_tests(ledger, 1, rf_test(Measurement("leak", "0.00000123456", "A", "", "0.001")))
    [measurement] = figures(ledger).plain()["measurements"]
    assert measurement["number"]["mean"] == 0.00000123456


def test_each_batch_has_its_yield(ledger: Ledger) -> None:
    open_batch(ledger, "WO2")
    for unit in range(1, 5):
        burned_with_tests(ledger, unit, rf_test(power(12.0)))
    burned_with_tests(ledger, 5, rf_test(power(9.0)), batch="WO2")
    burned_with_tests(ledger, 5, rf_test(power(12.0)), batch="WO2", try_number=2)
    first, second = figures(ledger).batches
    assert (first.batch, first.first_pass_yield, first.final_yield) == ("WO1", 1, 1)
    assert (second.batch, second.first_pass_yield, second.final_yield) == ("WO2", 0, 1)
