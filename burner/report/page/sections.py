"""The sections of the page of a report; each has a text for no data."""

from burner.core.errors import table
from burner.core.words.phrases import Wording
from burner.manifest.reading.evidence_rows import evidence_rows
from burner.report.figures.figures import Figures, PeriodFigures, SlotFigures
from burner.report.page import charts, dates, numbers
from burner.report.page.blocks import data_table, nothing, number_cells, section
from burner.report.page.markup import Markup, element
from burner.report.page.measured_sections import batches, measurements, standouts, tests
from burner.report.page.reconciled import reconciled_table
from burner.report.page.throughput import throughput_plot

SHORT_S = 0.02
"""Shorter steps are listed, not drawn."""
MAX_SHIFTS = 31
MAX_NAMES = 300
DEFINED = (
    *("Unit", "First-pass yield", "Final yield", "Interrupted", "Open", "Voided"),
    *("Units per hour", "Cycle time", "Nine of ten", "Per slot, per shift", "95 % range"),
)
"""Words of the page; what each means is the phrase `defined WORD`."""


def sections(figures: Figures, say: Wording) -> list[Markup]:
    """All of them, in the order of the page."""
    return [
        *standouts(figures, say),
        _pace(figures, say),
        *batches(figures, say),
        _failures(figures, say),
        *tests(figures, say),
        *measurements(figures, say),
        _steps(figures, say),
        _places(say("By slot"), figures.slots, figures, say),
        _places(say("By station"), figures.stations, figures, say),
        _shifts(figures, say),
        _retries_and_rework(figures, say),
        _open_units(figures, say),
        *_evidence(figures, say),
        *_reconciled(figures, say),
        _definitions(say),
    ]


def _evidence(figures: Figures, say: Wording) -> list[Markup]:
    """Who stands for the release of the batch."""
    evidence = figures.scope.evidence
    if evidence is None:
        return []
    rows = [
        element("tr", element("td", head, class_="words"), element("td", text, class_="words"))
        for head, text in evidence_rows(evidence, say)
    ]
    hint = say("By the envelopes on record; their signatures were checked again for this report.")
    return [section(say("Who stands for the release"), hint, data_table([], 2, rows))]


def _reconciled(figures: Figures, say: Wording) -> list[Markup]:
    """The last reconciliation with the cloud platform."""
    status = figures.scope.reconciled
    if status is None:
        return []
    title, table = say("Units on the cloud platform"), reconciled_table(status, say)
    if not table.rows:
        none = "No differences yet." if status.waiting else "No differences."
        return [section(title, table.hint, nothing(say(none)))]
    return [section(title, table.hint, data_table(table.heads, 1, table.rows))]


def _pace(figures: Figures, say: Wording) -> Markup:
    bars = throughput_plot(figures, say)
    if not bars.columns:
        return section(bars.title, "", nothing(say("Nothing was burned.")))
    plot = charts.bars(bars.columns, ("good", "later"), bars.unit, say)
    return section(bars.title, bars.hint, _good_legend(say), plot)


def _failures(figures: Figures, say: Wording) -> Markup:
    title = say("Why attempts did not pass")
    if not figures.failures:
        return section(title, "", nothing(say("Every attempt that ended has passed.")))
    most = figures.failures[0].attempts
    rows = [
        element(
            "tr",
            element("td", failure.code or "–", class_="code"),
            element("td", *_sentence(failure.code, say), class_="words"),
            element(
                "td",
                charts.bar(
                    [(failure.outcomes.get(o, 0) / most, colour) for o, colour in FAILURE_COLOURS],
                    say.counted("so many attempts", failure.attempts, failure.attempts),
                ),
            ),
            *number_cells(
                numbers.count(failure.attempts),
                numbers.count(failure.units),
                numbers.share(failure.share),
                numbers.share(failure.cumulative),
            ),
        )
        for failure in figures.failures
    ]
    columns = ("code", "what happened, what to do", "", "attempts", "units", "share", "together")
    heads = [say(column) for column in columns]
    return section(
        title, say("Most frequent first."), _failure_legend(say), data_table(heads, 3, rows)
    )


FAILURE_COLOURS = (("FAIL", "fail"), ("ERROR", "error"), ("ABORTED", "scrap"))
"""Outcomes, each with its colour."""


def _failure_legend(say: Wording) -> Markup:
    return charts.legend(
        *(
            (colour, say("{}: {}", say(outcome), say(f"whose {outcome}")), None)
            for outcome, colour in FAILURE_COLOURS
        )
    )


def _good_legend(say: Wording) -> Markup:
    return charts.legend(("good", say("at the first attempt"), None), ("later", say("later"), None))


def what_happened(code: str, say: Wording) -> str:
    """The sentence of a code in a record: empty is a person, and a newer burner has more codes."""
    if not code:
        return say("stopped by a person")
    row = table().get(code)
    return row.sentence(say.language) if row else say("a code that this burner does not know")


def _sentence(code: str, say: Wording) -> list[Markup | str]:
    row = table().get(code)
    do = [element("div", row.remedy(say.language), class_="remedy")] if row else []
    return [what_happened(code, say), *do]


def _steps(figures: Figures, say: Wording) -> Markup:
    title = say("Cycle time by step")
    long = [step for step in figures.steps if step.spread.p95_s > SHORT_S]
    if not long:
        return section(title, "", nothing(say("No attempt has passed.")))
    drawn = [(say(s.step), s.spread.p5_s, s.spread.median_s, s.spread.p95_s) for s in long]
    short = [say(step.step) for step in figures.steps if step not in long]
    left_out = say("short steps", say(", ").join(short)) if short else ""
    hint = say("Dot: median. Line: nine of ten attempts that passed.") + left_out
    return section(title, hint, charts.ranges(drawn, say))


def _places(title: str, places: tuple[SlotFigures, ...], figures: Figures, say: Wording) -> Markup:
    if not places:
        return section(title, "", nothing(say("No slot has worked.")))
    if not places[0].slot and len(places) == 1:
        only = say("All attempts were made at {}.", places[0].station)
        return section(title, "", nothing(only))
    rest = figures.units.first_pass_yield
    lows = [place.low for place in places if place.low is not None]
    axis = (max(0.0, min(lows, default=0.0) // 0.05 * 0.05), 1.0)
    several = len(figures.stations) > 1
    rows = [_place(place, axis, rest, say, named=several or not place.slot) for place in places]
    hint = say("yields of slots", f"{axis[0]:.0%}")
    first = "slot" if places[0].slot else "station"
    columns = (
        first,
        "first-pass yield",
        "",
        "",
        "new units",
        "FAIL",
        "ERROR",
        "OPEN",
        "median",
        "baud",
    )
    return section(title, hint, data_table([say(column) for column in columns], 4, rows))


def _place(
    place: SlotFigures, axis: tuple[float, float], rest: float | None, say: Wording, *, named: bool
) -> Markup:
    share = place.first_pass_yield
    drawn = None
    if share is not None and place.low is not None and place.high is not None:
        drawn = charts.interval((place.low, share, place.high), axis, rest or 0, say)
    name = f"{place.station} {place.slot}".strip() if named else place.slot
    behind = element("span", say("below the rest"), class_="mark")
    return element(
        "tr",
        element("td", name),
        element("td", drawn),
        element("td", numbers.share(share)),
        element("td", behind if place.behind else None),
        *number_cells(
            numbers.count(place.new),
            *(numbers.count(place.outcomes[outcome]) for outcome in ("FAIL", "ERROR", "OPEN")),
            numbers.seconds(place.cycle.median_s, say) if place.cycle else "–",
            numbers.bauds(place.bauds),
        ),
        class_="behind" if place.behind else None,
    )


def _shifts(figures: Figures, say: Wording) -> Markup:
    title, shown = say("By shift"), figures.shifts[-MAX_SHIFTS:]
    if not shown:
        return section(title, "", nothing(say("No shift has worked.")))
    most = max(span.good for span in shown) or 1
    rows = [_shift(span, most, say) for span in shown]
    left_out = len(figures.shifts) - len(shown)
    hint = say("The latest {}; {} earlier ones are in the JSON form.", len(shown), left_out)
    columns = (
        "shift",
        "units passed",
        "",
        "per hour",
        "first-pass yield",
        "FAIL",
        "ERROR",
        "worked",
    )
    table = data_table([say(column) for column in columns], 2, rows)
    return section(title, hint if left_out else "", _good_legend(say), table)


def _shift(span: PeriodFigures, most: int, say: Wording) -> Markup:
    later = span.good - span.good_first_time
    when = f"{dates.weekday(span.start, say)} {span.start:%Y-%m-%d} {span.name}"
    shares = [(span.good_first_time / most, "good"), (later / most, "later")]
    return element(
        "tr",
        element("td", when, class_="when"),
        element("td", charts.bar(shares, say.counted("so many good", span.good, span.good))),
        *number_cells(
            numbers.count(span.good),
            numbers.rate(span.per_hour),
            numbers.share(span.first_pass_yield),
            numbers.count(span.fail),
            numbers.count(span.error),
            numbers.duration(span.worked_s, say),
        ),
    )


def _retries_and_rework(figures: Figures, say: Wording) -> Markup:
    units, rework = figures.units, figures.rework
    rows = [
        *((_tried(tries, say), n) for tries, n in units.attempts.items()),
        (say("units tried before what this report covers"), units.total - units.new),
        (say("attempts that the station made again by itself"), figures.retries),
        (say("attempts that touched no unit"), figures.without_unit),
        (say("rework attempts"), rework.attempts),
        (say("… of which passed"), rework.passed),
        *((say("… reason: {}", reason), n) for reason, n in rework.reasons.items()),
    ]
    drawn = [
        element("tr", element("td", what), *number_cells(numbers.count(n))) for what, n in rows
    ]
    hint = say("Rework is an attempt on a known unit for a reason that a person gave.")
    return section(say("Retries and rework"), hint, data_table((), 1, drawn))


def _tried(tries: str, say: Wording) -> str:
    return say("units with 1 attempt") if tries == "1" else say("units with {} attempts", tries)


def _open_units(figures: Figures, say: Wording) -> Markup:
    title, units = say("Open units"), figures.open_units
    if not units:
        return section(title, "", nothing(say("None: every unit's last attempt has ended.")))
    named = [
        element(
            "li",
            unit.device_name or say("name not yet known"),
            element("span", f"{unit.unit_id} · {unit.station} {unit.slot}"),
        )
        for unit in units[:MAX_NAMES]
    ]
    more = len(units) - len(named)
    hint = say("Begun, and no outcome on record. They must be burned again before they can pass.")
    if more:
        hint += say(" {} more: burner manifest list --outcome OPEN{}.", numbers.count(more), "")
    return section(title, hint, element("ul", *named, class_="names"))


def _definitions(say: Wording) -> Markup:
    pairs = [
        part
        for word in DEFINED
        for part in (element("dt", say(word)), element("dd", say(f"defined {word}")))
    ]
    return section(say("What the words mean"), "", element("dl", *pairs))
