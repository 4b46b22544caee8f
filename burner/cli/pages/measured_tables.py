"""Tests and measurements of a report, on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from burner.cli.terminal import screen
from burner.core.measurements import TestOutcome
from burner.core.words.limits_text import limits_text
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.report.figures.figures import Figures
    from burner.report.figures.measured import BatchFigures, MeasurementFigures


def show_standouts(figures: "Figures", say: Wording) -> None:
    """Print what differs in a slot or over the time, where anything does."""
    from burner.report.page.standout_text import not_compared, standout_sentences

    for sentence in standout_sentences(figures, say):
        screen.say_beside("  ! ", sentence)
    if few := not_compared(figures, say):
        screen.say_beside("  ", few)


def show_tests(figures: "Figures", say: Wording) -> None:
    """Print which tests fail, and where they are tried again."""
    from burner.report.page.numbers import seconds, share
    from burner.report.page.standout_text import retries_by_slot

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
        for test in figures.tests
    ]
    if rows:
        all_heads = (*heads, "median", "wait")
        _show_table("Tests", all_heads, rows, ("share", "tried again", "median"), say)
    for line in retries_by_slot(figures, say):
        screen.say_beside("  ", line)


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
        all_heads = (*heads, "lowest", "highest")
        _show_table("Measurements", all_heads, rows, ("lowest", "highest", "deviation"), say)


def _show_table(
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    optional: Sequence[str],
    say: Wording,
) -> None:
    """Print a table; in a narrow terminal without some of the optional columns, the first first."""
    left_out: list[str] = []
    while True:
        kept = [at for at, head in enumerate(heads) if head not in left_out]
        shown = [[row[at] for at in kept] for row in rows]
        named = [say(heads[at]) for at in kept]
        if len(left_out) == len(optional) or screen.room_beside(named, shown) >= 0:
            screen.table(say(title), named, shown)
            return
        left_out.append(optional[len(left_out)])


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
