"""A report as one HTML page that needs nothing else: no network, no script, no font of its own.

For a screen, light or dark, and for A4. Its Content-Security-Policy forbids all loading, so that a
name in the manifest cannot fetch anything either.
"""

from datetime import datetime
from importlib import resources

from burner.core.words.language import Language
from burner.core.words.phrases import Wording
from burner.manifest.fold.rows import BATCH_CLOSED
from burner.report.figures.figures import Figures
from burner.report.page import numbers
from burner.report.page.charts import Part, legend, stacked
from burner.report.page.markup import Markup, element, join
from burner.report.page.sections import sections

LANGUAGES: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""As HTML names them."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(figures: Figures, language: Language = "en") -> str:
    """The whole page.

    Args:
        figures: the figures of the report.
        language: of the page.
    """
    say = Wording(language)
    style = (resources.files("burner.report.page") / "page.css").read_text(encoding="utf-8")
    title = f"{say('Production report')} {figures.scope.batch}".strip()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(style)),
    )
    header, footer = _header(title, figures, say), _footer(figures, say)
    body = element("main", header, *sections(figures, say), footer)
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[language]}">{head}\n<body>{body}</body></html>\n'
    )


def _header(title: str, figures: Figures, say: Wording) -> Markup:
    return element(
        "header",
        element("h1", title),
        element("p", *_scope(figures, say), class_="scope"),
        _tiles(figures, say),
        _yield_bar(figures, say),
    )


def _scope(figures: Figures, say: Wording) -> list[Markup]:
    scope, parts = figures.scope, []
    if scope.profile:
        product = (say("Product"), " ", element("b", scope.profile), f" ({scope.product_id})")
        parts.append(join(product))
    elif scope.product_id:
        parts.append(join((say("Product"), " ", element("b", scope.product_id))))
    if scope.state:
        parts.append(join((say("batch"), " ", element("b", say(f"state {scope.state}")))))
    if figures.first and figures.last:
        parts.append(join((_when(figures.first, figures.last, say),)))
    if scope.since:
        parts.append(join((say("since {}", _minute(scope.since)),)))
    if scope.until:
        parts.append(join((say("until {}", _minute(scope.until)),)))
    stations = ", ".join(place.station for place in figures.stations)
    if stations:
        parts.append(
            join((f"{say('station' if len(figures.stations) == 1 else 'stations')} ", stations))
        )
    return [join(parts, " · ")]


def _tiles(figures: Figures, say: Wording) -> Markup:
    units, cycle = figures.units, figures.cycle
    n = numbers.count
    planned = figures.scope.planned
    good = (
        say("of {} planned", n(planned))
        if planned
        else say.counted("of units", units.total, n(units.total))
    )
    worked_s, worked = figures.worked_s, say("no work")
    if worked_s:
        worked = say("in {} of work", numbers.duration(worked_s, say))
    nine = say("nothing passed")
    if cycle:
        low, high = (numbers.seconds(value, say) for value in (cycle.p5_s, cycle.p95_s))
        nine = say("nine of ten: {}", say("{} to {}", low, high))
    median = numbers.seconds(cycle.median_s, say) if cycle else "–"
    still = say(
        "no outcome yet: burn them again" if units.open else "every attempt has its outcome"
    )
    first = say.counted("so many of new units", units.new, n(units.first_pass), n(units.new))
    last = say.counted("so many of units", units.total, n(units.passed), n(units.total))
    return element(
        "div",
        _tile(say("First-pass yield"), numbers.share(units.first_pass_yield), first),
        _tile(say("Final yield"), numbers.share(units.final_yield), last),
        _tile(say("Good units"), n(units.passed), good),
        _tile(say("Units per hour"), numbers.rate(figures.per_hour), worked),
        _tile(say("Cycle time, median"), median, nine),
        _tile(say("Open units"), n(units.open), still, "tile bad" if units.open else "tile"),
        class_="tiles",
    )


def _tile(what: str, number: str, more: str, class_: str = "tile") -> Markup:
    return element(
        "div",
        element("div", what, class_="what"),
        element("div", number, class_="number"),
        element("div", more, class_="more"),
        class_=class_,
    )


def _yield_bar(figures: Figures, say: Wording) -> Markup:
    units = figures.units
    missing = max((figures.scope.planned or 0) - units.total, 0)
    left = "planned, not made" if figures.scope.state == BATCH_CLOSED else "planned, not yet begun"
    parts = [
        Part(say("passed at the first attempt"), units.first_time, "good"),
        Part(say("passed later"), units.later, "later"),
        Part(say("failed"), units.failed, "fail"),
        Part(say("interrupted"), units.interrupted, "error"),
        Part(say("open"), units.open, "open"),
        Part(say("scrapped"), units.scrapped, "scrap"),
        Part(say(left), missing, "none"),
    ]
    title = element("h2", say("Results of the units"))
    if not units.total:
        nothing = say("No unit was burned in what this report covers.")
        return element("section", title, element("p", nothing, class_="nothing"))
    return element("section", title, stacked(parts, say), _legend(parts))


def _legend(parts: list[Part]) -> Markup:
    total = sum(part.number for part in parts)
    return legend(
        *(
            (part.colour, part.name, _number_and_share(part.number, total))
            for part in parts
            if part.number
        )
    )


def _number_and_share(number: int, total: int) -> Markup:
    share = element("span", numbers.share(number / total))
    return join((element("b", numbers.count(number)), " ", share))


def _footer(figures: Figures, say: Wording) -> Markup:
    scope = figures.scope
    texts = [say("manifest {}", scope.manifest)]
    if scope.recorded_until:
        texts.append(say("records up to {}", _minute(scope.recorded_until)))
    if scope.release_digest:
        texts.append(say("release {}", scope.release_digest))
    texts.append(say("times are of {}", scope.zone))
    return element("footer", " · ".join(texts))


def _when(first: datetime, last: datetime, say: Wording) -> str:
    end = f"{last:%H:%M}" if first.date() == last.date() else _minute(last)
    return say("{} to {}", _minute(first), end)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
