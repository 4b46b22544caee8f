"""Tests and measurements of a report, on the terminal."""

from typing import TYPE_CHECKING

from burner.cli.terminal import screen
from burner.core.measurements import TestOutcome
from burner.core.words.limits_text import limits_text
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.report.figures.figures import Figures
    from burner.report.figures.measured import BatchFigures, MeasurementFigures, TestFigures


def show_standouts(figures: "Figures", say: Wording) -> None:
    """Print what differs in a slot or over the time, where anything does."""
    from burner.report.page.standout_text import standout_sentence

    for found in figures.standouts:
        screen.say_beside("  ! ", standout_sentence(found, say))


def show_tests(tests: "tuple[TestFigures, ...]", say: Wording) -> None:
    """Print which tests fail."""
    from burner.report.page.numbers import seconds, share

    heads = ("test", "pass", "fail", "error", "not run", "bad units", "share", "tried again")
    rows = [
        (
            test.name,
            *(test.outcomes[outcome.value] for outcome in TestOutcome),
            test.units_not_passed,
            share(test.share),
            test.retried,
            seconds(test.duration.median_s, say) if test.duration else "–",
            seconds(test.wait.median_s, say) if test.wait else "–",
        )
        for test in tests
    ]
    if rows:
        screen.table(say("Tests"), [say(head) for head in (*heads, "median", "wait")], rows)


def show_measurements(measurements: "tuple[MeasurementFigures, ...]", say: Wording) -> None:
    """Print each measurement with its limits."""
    from burner.report.page.numbers import fixed, with_minus

    heads = ("measurement", "good is", "values", "not good", "mean", "deviation", "Cpk")
    rows = []
    for one in measurements:
        number = one.number
        figures: tuple[str, ...] = ("",) * 5
        if number:
            decimals = number.decimals + 1
            figures = (
                fixed(number.mean, decimals),
                "–" if number.deviation is None else fixed(number.deviation, decimals),
                "–" if number.cpk is None else fixed(number.cpk, 2),
                *map(with_minus, (number.minimum, number.maximum)),
            )
        limits = limits_text(one) or say("not judged")
        limits = with_minus(limits) if number else limits
        rows.append((f"{one.test} · {one.name}", limits, one.count, one.bad, *figures))
    if rows:
        named = [say(head) for head in (*heads, "lowest", "highest")]
        screen.table(say("Measurements"), named, rows)


def show_batches(batches: "tuple[BatchFigures, ...]", say: Wording) -> None:
    """Print the yield of each batch, where there are several."""
    from burner.report.page.numbers import share

    heads = ("batch", "first-pass yield", "final yield", "new units", "units passed", "units")
    rows = [
        (
            *(batch.batch or say("without a batch"), share(batch.first_pass_yield)),
            *(share(batch.final_yield), batch.new, batch.passed, batch.total),
        )
        for batch in batches
    ]
    if len(rows) > 1:
        screen.table(say("By batch"), [say(head) for head in heads], rows)
