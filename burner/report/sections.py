"""The sections of a report's page, each with something sensible to say when there is nothing."""

from burner.errors import Language, table
from burner.report import charts, numbers
from burner.report.figures import Figures, Place, Span
from burner.report.markup import Markup, element
from burner.report.pace import pace_bars

SHORT_S = 0.02
"""Steps that take no longer are named, not drawn."""
MAX_SHIFTS = 31
MAX_NAMES = 300
DEFINITIONS = (
    (
        "Unit",
        "A board, known by the MAC in its silicon. Attempts that touched none (nothing answered; "
        "sent away by the station before any erase) count no unit. A unit that already passed and "
        "is only shown again (KNOWN) is not recorded, so it counts nowhere.",
    ),
    (
        "First-pass yield",
        "Units whose first attempt ever ended PASS ÷ units whose first attempt ever is in this "
        "report. Retries and rework cannot improve it.",
    ),
    ("Final yield", "Units whose last attempt ended PASS, not scrapped ÷ all units."),
    ("Interrupted", "The last attempt ended ERROR (the station) or ABORTED (a person)."),
    ("Open", "The last attempt has no outcome: power cut, crash, or still in work."),
    ("Voided", "Attempts that a correction voided count nowhere."),
    (
        "Units per hour",
        "Units that passed for the first time ÷ time worked. Worked is, in each quarter of an "
        "hour, from the first start to the last end: breaks longer than that do not count.",
    ),
    ("Cycle time", "From start to end of attempts that passed; steps likewise."),
    ("Nine of ten", "From the 5th to the 95th percentile."),
    (
        "Per slot, per shift",
        "A unit counts where and when its first attempt was made; an attempt "
        "belongs to the shift in which it ended.",
    ),
    ("95 % range", "Where the true yield of a slot may lie, given how few units it had (Wilson)."),
)


def sections(figures: Figures, language: Language) -> list[Markup]:
    """All of them, in the order of the page."""
    return [
        _pace(figures),
        _failures(figures, language),
        _steps(figures),
        _places("By slot", figures.slots, figures),
        _places("By station", figures.stations, figures),
        _shifts(figures),
        _again(figures),
        _open_units(figures),
        _definitions(),
    ]


def _section(title: str, hint: str, *content: Markup) -> Markup:
    return element(
        "section",
        element("h2", title),
        element("p", hint, class_="hint") if hint else None,
        *content,
    )


def _nothing(said: str) -> Markup:
    return element("p", said, class_="nothing")


def _pace(figures: Figures) -> Markup:
    bars = pace_bars(figures)
    if not bars.columns:
        return _section(bars.title, "", _nothing("Nothing was burned."))
    plot = charts.bars(bars.columns, ("good", "later"), bars.unit)
    return _section(bars.title, bars.hint, GOOD, plot)


def _failures(figures: Figures, language: Language) -> Markup:
    title = "Why attempts did not pass"
    if not figures.failures:
        return _section(title, "", _nothing("Every attempt that ended has passed."))
    most = figures.failures[0].attempts
    rows = [
        element(
            "tr",
            element("td", failure.code or "–", class_="code"),
            element("td", *_sentence(failure.code, language), class_="words"),
            element(
                "td",
                charts.bar(
                    [(failure.outcomes.get(o, 0) / most, colour) for o, colour in BLAME],
                    f"{failure.attempts} attempts",
                ),
            ),
            *_numbers(
                numbers.count(failure.attempts),
                numbers.count(failure.units),
                numbers.share(failure.share),
                numbers.share(failure.cumulative),
            ),
        )
        for failure in figures.failures
    ]
    heads = ("code", "what happened, what to do", "", "attempts", "units", "share", "together")
    return _section(title, "Most frequent first.", WHOSE, _table(heads, 3, rows))


BLAME = (("FAIL", "fail"), ("ERROR", "error"), ("ABORTED", "scrap"))
WHOSE = charts.legend(
    ("fail", "FAIL: the unit", None),
    ("error", "ERROR: the station", None),
    ("scrap", "ABORTED: a person", None),
)
GOOD = charts.legend(("good", "at the first attempt", None), ("later", "later", None))


def _sentence(code: str, language: Language) -> list[Markup | str]:
    row = table().get(code)
    if row is None:
        return ["stopped by a person" if not code else "a code that this burner does not know"]
    return [row.sentence(language), element("div", row.remedy(language), class_="remedy")]


def _steps(figures: Figures) -> Markup:
    title = "Cycle time by step"
    long = [step for step in figures.steps if step.spread.p95_s > SHORT_S]
    if not long:
        return _section(title, "", _nothing("No attempt has passed."))
    drawn = [(s.step, s.spread.p5_s, s.spread.median_s, s.spread.p95_s) for s in long]
    short = [step.step for step in figures.steps if step not in long]
    left_out = f" Under 20 ms and not drawn: {', '.join(short)}." if short else ""
    hint = f"Dot: median. Line: nine of ten attempts that passed.{left_out}"
    return _section(title, hint, charts.ranges(drawn))


def _places(title: str, places: tuple[Place, ...], figures: Figures) -> Markup:
    if not places:
        return _section(title, "", _nothing("No slot has worked."))
    if not places[0].slot and len(places) == 1:
        return _section(title, "", _nothing(f"All attempts were made at {places[0].station}."))
    rest = figures.units.first_pass_yield
    lows = [place.low for place in places if place.low is not None]
    axis = (max(0.0, min(lows, default=0.0) // 0.05 * 0.05), 1.0)
    several = len(figures.stations) > 1
    rows = [_place(place, axis, rest, named=several or not place.slot) for place in places]
    hint = (
        f"Dot: first-pass yield, line: its 95 % range, from {axis[0]:.0%} to 100 %; dashed: all "
        "together. Marked where chance hardly explains the distance to the others."
    )
    first = "slot" if places[0].slot else "station"
    heads = (first, "first-pass yield", "", "", "new units", "FAIL", "ERROR", "OPEN", "median")
    return _section(title, hint, _table(heads, 4, rows))


def _place(place: Place, axis: tuple[float, float], rest: float | None, *, named: bool) -> Markup:
    share = place.first_pass_yield
    drawn = None
    if share is not None and place.low is not None and place.high is not None:
        drawn = charts.interval(place.low, share, place.high, axis, rest or 0)
    name = f"{place.station} {place.slot}".strip() if named else place.slot
    return element(
        "tr",
        element("td", name),
        element("td", drawn),
        element("td", numbers.share(share)),
        element("td", element("span", "below the rest", class_="mark") if place.behind else None),
        *_numbers(
            numbers.count(place.new),
            *(numbers.count(place.outcomes[outcome]) for outcome in ("FAIL", "ERROR", "OPEN")),
            numbers.seconds(place.cycle.median_s) if place.cycle else "–",
        ),
        class_="behind" if place.behind else None,
    )


def _shifts(figures: Figures) -> Markup:
    shown = figures.shifts[-MAX_SHIFTS:]
    if not shown:
        return _section("By shift", "", _nothing("No shift has worked."))
    most = max(span.good for span in shown) or 1
    rows = [_shift(span, most) for span in shown]
    left_out = len(figures.shifts) - len(shown)
    hint = f"The latest {len(shown)}; {left_out} earlier ones are in the JSON form."
    heads = ("shift", "good units", "", "per hour", "first-pass yield", "FAIL", "ERROR", "worked")
    return _section("By shift", hint if left_out else "", GOOD, _table(heads, 2, rows))


def _shift(span: Span, most: int) -> Markup:
    later = span.good - span.good_first_time
    shares = [(span.good_first_time / most, "good"), (later / most, "later")]
    return element(
        "tr",
        element("td", f"{span.start:%a %Y-%m-%d} {span.name}", class_="when"),
        element("td", charts.bar(shares, f"{span.good} good units")),
        *_numbers(
            numbers.count(span.good),
            numbers.rate(span.per_hour),
            numbers.share(span.first_pass_yield),
            numbers.count(span.fail),
            numbers.count(span.error),
            numbers.duration(span.worked_s),
        ),
    )


def _again(figures: Figures) -> Markup:
    units, rework = figures.units, figures.rework
    rows = [
        *((f"units with {tries} attempts", n) for tries, n in units.attempts.items()),
        ("units tried before what this report covers", units.total - units.new),
        ("attempts that the station made again by itself", figures.retries),
        ("attempts that touched no unit", figures.without_unit),
        ("rework attempts", rework.attempts),
        ("… of which passed", rework.passed),
        *((f"… reason: {reason}", n) for reason, n in rework.reasons.items()),
    ]
    drawn = [
        element(
            "tr",
            element("td", what.replace("with 1 attempts", "with 1 attempt")),
            *_numbers(numbers.count(n)),
        )
        for what, n in rows
    ]
    hint = "Rework is an attempt on a known unit for a reason that a person gave."
    return _section("Retries and rework", hint, _table((), 1, drawn))


def _open_units(figures: Figures) -> Markup:
    units = figures.open_units
    if not units:
        return _section("Open units", "", _nothing("None: every unit's last attempt has ended."))
    named = [
        element(
            "li",
            unit.device_name or "name not yet known",
            element("span", f"{unit.unit_id} · {unit.station} {unit.slot}"),
        )
        for unit in units[:MAX_NAMES]
    ]
    more = len(units) - len(named)
    hint = "Begun, and no outcome on record. They must be burned again before they can pass." + (
        f" {numbers.count(more)} more: burner manifest list --outcome OPEN." if more else ""
    )
    return _section("Open units", hint, element("ul", *named, class_="names"))


def _definitions() -> Markup:
    pairs = [
        part for what, said in DEFINITIONS for part in (element("dt", what), element("dd", said))
    ]
    return _section("What the words mean", "", element("dl", *pairs))


def _table(heads: tuple[str, ...], first_number: int, rows: list[Markup]) -> Markup:
    head = [
        element("th", text, class_="n" if position >= first_number else None, scope="col")
        for position, text in enumerate(heads)
    ]
    top = element("thead", element("tr", *head)) if heads else None
    return element("div", element("table", top, element("tbody", *rows)), class_="wide")


def _numbers(*texts: str) -> list[Markup]:
    return [element("td", text, class_="n") for text in texts]
