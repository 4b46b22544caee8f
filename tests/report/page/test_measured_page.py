"""The sections of tests and measurements on the page, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from burner.core.measurements import Measurement, TestOutcome
from burner.core.words.language import Language
from burner.manifest.writing.ledger import Ledger
from burner.report.figures.calendar import Calendar
from burner.report.figures.production_figures import production_figures
from burner.report.page import numbers
from burner.report.page.page import page
from tests.chinese import english_in
from tests.manifest.records import a_ledger, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power
from tests.report.page.test_page import read

UNITS = 64
NAMED = ("tx_power", "firmware", "idle", "rf", "dBm", "mA", "WO", "line", "plug", "Cpk")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Units in four slots of which one measures lower, a value far off, a text, a hostile one."""
    with a_ledger(tmp_path) as opened:
        open_batch(opened, "WO1")
        open_batch(opened, "WO2")
        for unit in range(1, UNITS + 1):
            slot, value = unit % 4 + 1, 12 + unit % 16 / 20
            power = tx_power(f"{value - 1.5 if slot == 3 else value:.2f}")
            idle = Measurement("idle", "-999" if unit == 9 else f"{unit % 7}.5", "mA", "", "20")
            text = Measurement("firmware", "<b>" if unit == 5 else "1.2", pattern="1.*")
            batch = "WO2" if unit > 40 else "WO1"
            test = rf_test(power, idle, text)
            burned_with_tests(opened, unit, test, slot=str(slot), batch=batch)
        failed = rf_test(outcome=TestOutcome.ERROR, code="E310")
        burned_with_tests(opened, 99, failed, slot="2", batch="WO2")
        yield opened


def drawn(ledger: Ledger, language: Language = "en") -> str:
    calendar = Calendar(zone=ZoneInfo("UTC"))
    return page(production_figures(ledger.reader, calendar=calendar), language)


def test_the_page_names_the_bad_slot_and_has_the_figures(ledger: Ledger) -> None:
    shown = read(drawn(ledger))
    sentence = "Slot line1 3 measures rf · tx_power lower than the other slots: median "
    assert sentence in shown.text
    for text in ("10 … 14 dBm", "≤ 20 mA", "−999", "1.2 (63), <b> (1)", "By batch", "◂ 1"):
        assert text in shown.text
    assert "histogram of tx_power, 64 values" in shown.labels
    assert "&lt;b&gt; (1)" in drawn(ledger)
    assert "<b> (1)" not in drawn(ledger)


def test_in_chinese_no_english_is_left_in_the_new_sections(ledger: Ledger) -> None:
    html = drawn(ledger, "zh")
    shown = read(html)
    text = re.sub("7cdfa1[0-9a-f]+|[0-9a-f]{64}", " ", shown.text.rpartition("}")[2])
    assert "工位 line1 3 测得的 rf · tx_power 低于其他工位" in text
    assert english_in(text + shown.labels, (*NAMED, ledger.origin)) == []


def test_of_several_products_each_test_and_measurement_has_its_product(ledger: Ledger) -> None:
    burned_with_tests(ledger, 100, rf_test(tx_power("12.0")), batch="", product_id="OTHER")
    text = read(drawn(ledger)).text
    assert "Slot line1 3 measures S3EUVBRJLB · rf · tx_power lower" in text
    assert "OTHER · rf · tx_power" in text


def test_a_report_without_tests_has_no_section_of_them(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as empty:
        text = read(drawn(empty)).text
    assert not any(title in text for title in ("What stands out", "Tests", "Measurements"))


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [(9.7, 14.2, 10, 14), (-0.02, 0.031, -0.02, 0.03), (3.19, 3.41, 3.2, 3.4), (5.0, 5.0, 5, 5)],
)
def test_ticks_are_round_and_within_the_range(
    begin: float, end: float, first: float, last: float
) -> None:
    ticks = numbers.ticks(begin, end)
    assert (ticks[0], ticks[-1]) == (first, last)
    assert len(ticks) <= 7


@pytest.mark.parametrize(
    "values", [("0",), ("-5", "-5"), ("0", "1e30"), ("1e-9", "3e-9"), ("7.0",)]
)
@pytest.mark.parametrize(
    ("low", "high"), [("", ""), ("5", ""), ("", "-1"), ("0", "0"), ("-1e999", "1e999")]
)
def test_odd_values_and_limits_are_drawn_within_the_plot(
    tmp_path: Path, values: tuple[str, ...], low: str, high: str
) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for unit, value in enumerate(values, 1):
            burned_with_tests(ledger, unit, rf_test(Measurement("odd", value, "V", low, high)))
        html = drawn(ledger)
    read(html)
    plots = html[html.index('class="measured"') : html.index("Cycle time by step")]
    places = [float(x) for x in re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy)="(.*?)"', plots)]
    assert all(-20 <= place <= 900 for place in places)
    assert "nan" not in plots


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        (("1e30",), ("", "")),
        (("12345678901234567890",), ("", "")),
        (("89860318740210203411", "89860318740210203412"), ("", "")),
        (
            ("89860318740210203411", "89860318740210203412"),
            ("89860318740210203410", "89860318740210203420"),
        ),
    ],
)
def test_numbers_that_no_picture_could_tell_apart_are_on_the_page_without_one(
    tmp_path: Path, values: tuple[str, ...], limits: tuple[str, str]
) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for unit, value in enumerate(values, 1):
            burned_with_tests(ledger, unit, rf_test(Measurement("iccid", value, "", *limits)))
        shown = read(drawn(ledger))
    assert "iccid" in shown.text
    assert "histogram of iccid" not in " ".join(shown.labels)


@pytest.mark.parametrize(
    ("slots", "sentence"),
    [
        (8, "Too few units to compare slots: it takes 10 in one and in the others."),
        (1, "No slot and no time stands out."),
    ],
)
def test_the_page_says_where_too_few_units_were_tested_to_compare_slots(
    tmp_path: Path, slots: int, sentence: str
) -> None:
    with a_ledger(tmp_path) as opened:
        open_batch(opened)
        for unit in range(1, 22):
            burned_with_tests(opened, unit, rf_test(tx_power("12.0")), slot=str(unit % slots + 1))
        text = read(drawn(opened)).text
    assert sentence in text
    assert ("Too few units" in text) == (slots > 1)


def test_a_slot_with_few_units_is_named_as_not_compared(ledger: Ledger) -> None:
    burned_with_tests(ledger, 100, rf_test(tx_power("12.0"), tries=2), slot="7")
    text = read(drawn(ledger)).text
    assert "Not compared, because fewer than 10 units were tested there: line1 7." in text
    assert "rf tried again, units by slot: line1 7 1/1" in text
