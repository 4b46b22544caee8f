"""The sections of tests and measurements; they are left out where nothing was tested."""

from burner.core.measurements import TestOutcome
from burner.core.words.limits_text import limits_text
from burner.core.words.phrases import Wording
from burner.report.figures.distribution import FEWEST_FOR_CPK
from burner.report.figures.figures import Figures
from burner.report.figures.measured import (
    BatchFigures,
    MeasurementFigures,
    NumberFigures,
    TestFigures,
    UnitValue,
)
from burner.report.page import charts, measured_charts, numbers
from burner.report.page.blocks import data_table, nothing, number_cells, section
from burner.report.page.markup import Markup, element, join
from burner.report.page.measured_charts import DrawnValues
from burner.report.page.standout_text import not_compared, retries_by_slot, standout_sentences

MAX_DRAWN = 60
"""Measurements with plots; all are in the table."""
MAX_BATCHES = 60
POOR_CPK = 1.33
"""Below it a Cpk is marked: the usual least value of customers."""


def standouts(figures: Figures, say: Wording) -> list[Markup]:
    """What differs in a slot or over the time by more than chance."""
    if not figures.tests:
        return []
    title, few = say("What stands out"), not_compared(figures, say)
    if not figures.standouts:
        none = " ".join(filter(None, (say("No slot and no time stands out."), few)))
        return [section(title, "", nothing(none))]
    lines = [element("li", sentence) for sentence in standout_sentences(figures, say)]
    hint = say(
        "Worst first: more than chance explains, and enough to matter. Look at these fixtures."
    )
    notes = [element("p", few, class_="hint")] if few else []
    return [section(title, hint, element("ul", *lines, class_="standouts"), *notes)]


def batches(figures: Figures, say: Wording) -> list[Markup]:
    """Yield over batches, where there are several."""
    shown = figures.batches[-MAX_BATCHES:]
    if len(shown) < 2:
        return []
    lows = [batch.low for batch in shown if batch.low is not None]
    axis = (max(0.0, min(lows, default=0.0) // 0.05 * 0.05), 1.0)
    rest = figures.units.first_pass_yield or 0
    rows = [_batch(batch, axis, rest, say) for batch in shown]
    heads = ("batch", "first-pass yield", "", "final yield", "new units", "units passed", "units")
    hint = say("yields of batches", f"{axis[0]:.0%}")
    return [section(say("By batch"), hint, data_table([say(head) for head in heads], 2, rows))]


def _batch(batch: BatchFigures, axis: tuple[float, float], rest: float, say: Wording) -> Markup:
    share, drawn = batch.first_pass_yield, None
    if share is not None and batch.low is not None and batch.high is not None:
        drawn = charts.interval((batch.low, share, batch.high), axis, rest, say)
    return element(
        "tr",
        element("td", batch.batch or say("without a batch"), class_="when"),
        element("td", drawn),
        *number_cells(
            numbers.share(share),
            numbers.share(batch.final_yield),
            *(numbers.count(n) for n in (batch.new, batch.passed, batch.total)),
        ),
    )


def tests(figures: Figures, say: Wording) -> list[Markup]:
    """Which tests fail."""
    if not figures.tests:
        return []
    several = figures.has_several_products
    most = max(_ends(test) for test in figures.tests) or 1
    rows = [_test(test, most, say, several=several) for test in figures.tests]
    heads = ("test", "", "bad units", "units", "share", "together", "not run", "tried again")
    named = [say(head) for head in (*heads, "median", "wait")]
    legend = charts.legend(
        ("fail", say("fail: the unit"), None), ("error", say("error: the fixture"), None)
    )
    hint = say("hint of tests")
    again = [element("p", line, class_="hint") for line in retries_by_slot(figures, say)]
    return [section(say("Tests"), hint, legend, data_table(named, 2, rows), *again)]


def _ends(test: TestFigures) -> int:
    return test.outcomes[TestOutcome.FAIL.value] + test.outcomes[TestOutcome.ERROR.value]


def _test(test: TestFigures, most: int, say: Wording, *, several: bool) -> Markup:
    fail, error = (test.outcomes[o.value] for o in (TestOutcome.FAIL, TestOutcome.ERROR))
    tooltip = say("fail {}, error {}", fail, error)
    bar = charts.bar([(fail / most, "fail"), (error / most, "error")], tooltip, 120)
    return element(
        "tr",
        element("td", *_named(test.name, test.product_id if several else "")),
        element("td", bar),
        *number_cells(
            *(numbers.count(n) for n in (test.units_not_passed, test.units)),
            *(numbers.share(n) if fail + error else "–" for n in (test.share, test.cumulative)),
            numbers.count(test.outcomes[TestOutcome.NOT_RUN.value]),
            numbers.count(test.retried),
            numbers.seconds(test.duration.median_s, say) if test.duration else "–",
            numbers.seconds(test.wait.median_s, say) if test.wait else "–",
        ),
    )


def measurements(figures: Figures, say: Wording) -> list[Markup]:
    """Each measurement: a line of the table, and its plots against the limits."""
    shown = figures.measurements
    if not shown:
        return []
    several = figures.has_several_products
    rows = [_measurement(measurement, several=several) for measurement in shown]
    heads = ("measurement", "good is", "values", "not good", "mean", "deviation", "Cpk", "lowest")
    named = [say(head) for head in (*heads, "highest")]
    table = data_table(named, 2, rows)
    drawn = [values for one in shown if (values := measured_charts.values_of(one))]
    cards = [_card(values, figures, say) for values in drawn[:MAX_DRAWN]]
    hint = say(
        "One value of each unit in a slot, of its first attempt there. Cpk from {} values.",
        FEWEST_FOR_CPK,
    )
    left = len(drawn) - len(cards)
    more = say("{} more are in the JSON form.", left) if left else ""
    legend = charts.legend(
        ("good", say("good values"), None), ("fail", say("values outside the limits"), None)
    )
    return [
        section(say("Measurements"), hint, table),
        *(
            [section(say("Measurements against their limits"), more, legend, *cards)]
            if cards
            else []
        ),
    ]


def _measurement(measurement: MeasurementFigures, *, several: bool) -> Markup:
    number = measurement.number
    name = f"{measurement.test} · {measurement.name}"
    cells = (
        _figures(number)
        if number
        else [element("td", _texts(measurement), class_="words", colspan=5)]
    )
    bad = numbers.count(measurement.bad)
    return element(
        "tr",
        element("td", *_named(name, measurement.product_id if several else "")),
        element("td", _limits(measurement), class_="when"),
        *number_cells(numbers.count(measurement.count)),
        element("td", element("span", bad, class_="mark") if measurement.bad else bad, class_="n"),
        *cells,
    )


def _limits(measurement: MeasurementFigures) -> str:
    text = limits_text(measurement)
    return numbers.with_minus(text) if measurement.number else text


def _figures(number: NumberFigures) -> list[Markup]:
    decimals = number.decimals + 1
    deviation = "–" if number.deviation is None else numbers.fixed(number.deviation, decimals)
    poor = number.cpk is not None and number.cpk < POOR_CPK
    cpk = element("span", _cpk(number), class_="mark" if poor else None)
    return [
        *number_cells(numbers.fixed(number.mean, decimals), deviation),
        element("td", cpk, class_="n"),
        *number_cells(*map(numbers.with_minus, (number.minimum, number.maximum))),
    ]


def _cpk(number: NumberFigures) -> str:
    return "–" if number.cpk is None else numbers.fixed(number.cpk, 2)


def _texts(measurement: MeasurementFigures) -> str:
    return ", ".join(f"{text} ({numbers.count(n)})" for text, n in measurement.texts.items())


def _named(name: str, product_id: str) -> list[Markup | str]:
    more = element("div", product_id, class_="remedy")
    return [name, more] if product_id else [name]


def _card(values: DrawnValues, figures: Figures, say: Wording) -> Markup:
    """The plots of a measurement."""
    measurement, number = values.measurement, values.number
    product = measurement.product_id if figures.has_several_products else ""
    title = " · ".join(filter(None, (product, measurement.test, measurement.name)))
    limits = _limits(measurement) or say("not judged")
    words = [limits, f"n {numbers.count(measurement.count)}", f"Cpk {_cpk(number)}"]
    if measurement.repeated:
        words.append(say("{} repeated", numbers.count(measurement.repeated)))
    if measurement.texts:
        words.append(_texts(measurement))
    series = (measurement.product_id, measurement.test, measurement.name)
    odd = [
        (found.station, found.slot)
        for found in figures.standouts
        if (found.product_id, found.test, found.measurement) == series
    ]
    plots = [_figure(say("How often"), measured_charts.histogram(values, say))]
    plots.append(_figure(say("Over the time"), measured_charts.over_time(values, say)))
    return element(
        "article",
        element("h3", title, " ", element("span", " · ".join(words))),
        element("div", *plots, class_="pair"),
        _figure(say("By slot"), measured_charts.slots(values, odd, say), "wide slots"),
        _worst(number.worst, measurement.unit, say),
        class_="measured",
    )


def _figure(caption: str, plot: Markup, class_: str | None = None) -> Markup:
    return element("figure", element("figcaption", caption), plot, class_=class_)


def _worst(units: tuple[UnitValue, ...], unit: str, say: Wording) -> Markup | None:
    if not units:
        return None
    named = [
        join(
            (
                element(
                    "b",
                    numbers.with_minus(f"{one.value} {unit}".rstrip()),
                    class_=None if one.good else "mark",
                ),
                f" {one.device_name or one.unit_id} ({one.station} {one.slot})",
            )
        )
        for one in units
    ]
    return element("p", say("Nearest to a limit, or beyond: "), join(named, " · "), class_="worst")
