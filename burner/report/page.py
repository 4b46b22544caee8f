"""A report as one HTML page that needs nothing else: no network, no script, no font of its own.

For a screen, light or dark, and for A4. Its Content-Security-Policy forbids all loading, so that a
name in the manifest cannot fetch anything either.
"""

from datetime import datetime
from importlib import resources

from burner.errors import Language
from burner.report import numbers
from burner.report.charts import Part, legend, stacked
from burner.report.figures import Figures
from burner.report.markup import Markup, element, join
from burner.report.sections import sections

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
NO_UNITS = "No unit was burned in what this report covers."


def page(figures: Figures, language: Language = "en") -> str:
    """The whole page.

    Args:
        figures: what it says.
        language: of the sentences and remedies of codes.
    """
    style = resources.files("burner.report").joinpath("page.css").read_text(encoding="utf-8")
    title = f"Production report {figures.scope.batch}".strip()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(style)),
    )
    body = element("main", _header(title, figures), *sections(figures, language), _footer(figures))
    return f'<!doctype html>\n<html lang="en">{head}\n<body>{body}</body></html>\n'


def _header(title: str, figures: Figures) -> Markup:
    return element(
        "header",
        element("h1", title),
        element("p", *_scope(figures), class_="scope"),
        _tiles(figures),
        _yield_bar(figures),
    )


def _scope(figures: Figures) -> list[Markup]:
    scope, said = figures.scope, []
    if scope.profile:
        said.append(join(("Product ", element("b", scope.profile), f" ({scope.product_id})")))
    elif scope.product_id:
        said.append(join(("Product ", element("b", scope.product_id))))
    if scope.state:
        said.append(join(("batch ", element("b", scope.state))))
    if figures.first and figures.last:
        said.append(join((_when(figures.first, figures.last),)))
    for word, moment in (("since", scope.since), ("until", scope.until)):
        if moment:
            said.append(join((f"{word} {_minute(moment)}",)))
    stations = ", ".join(place.station for place in figures.stations)
    if stations:
        said.append(join((f"station{'s' if len(figures.stations) > 1 else ''} {stations}",)))
    return [join(said, " · ")]


def _tiles(figures: Figures) -> Markup:
    units, cycle = figures.units, figures.cycle
    n = numbers.count
    planned = figures.scope.planned
    good = f"of {n(planned)} planned" if planned else f"of {n(units.total)} units"
    worked = f"in {numbers.duration(figures.worked_s)} of work" if figures.worked_s else "no work"
    nine = f"nine of ten: {_range(cycle.p5_s, cycle.p95_s)}" if cycle else "nothing passed"
    still = "no outcome yet: burn them again" if units.open else "every attempt has its outcome"
    first = f"{n(units.first_pass)} of {n(units.new)} new units"
    last = f"{n(units.passed)} of {n(units.total)} units"
    return element(
        "div",
        _tile("First-pass yield", numbers.share(units.first_pass_yield), first),
        _tile("Final yield", numbers.share(units.final_yield), last),
        _tile("Good units", n(units.passed), good),
        _tile("Units per hour", numbers.rate(figures.per_hour), worked),
        _tile("Cycle time, median", numbers.seconds(cycle.median_s) if cycle else "–", nine),
        _tile("Open units", n(units.open), still, "tile bad" if units.open else "tile"),
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


def _yield_bar(figures: Figures) -> Markup:
    units = figures.units
    missing = max((figures.scope.planned or 0) - units.total, 0)
    parts = [
        Part("passed at the first attempt", units.first_time, "good"),
        Part("passed later", units.later, "later"),
        Part("failed", units.failed, "fail"),
        Part("interrupted", units.interrupted, "error"),
        Part("open", units.open, "open"),
        Part("scrapped", units.scrapped, "scrap"),
        Part("planned, not yet begun", missing, "none"),
    ]
    title = element("h2", "What became of the units")
    if not units.total:
        return element("section", title, element("p", NO_UNITS, class_="nothing"))
    return element("section", title, stacked(parts), _legend(parts))


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


def _footer(figures: Figures) -> Markup:
    scope = figures.scope
    said = [f"manifest {scope.manifest}"]
    if scope.recorded_until:
        said.append(f"records up to {_minute(scope.recorded_until)}")
    if scope.release_digest:
        said.append(f"release {scope.release_digest}")
    said.append(f"times are of {scope.zone}")
    return element("footer", " · ".join(said))


def _when(first: datetime, last: datetime) -> str:
    end = f"{last:%H:%M}" if first.date() == last.date() else _minute(last)
    return f"{_minute(first)} to {end}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _range(low: float, high: float) -> str:
    return f"{numbers.seconds(low)} to {numbers.seconds(high)}"
