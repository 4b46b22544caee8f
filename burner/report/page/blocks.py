"""What sections of the page are made of."""

from collections.abc import Sequence

from burner.report.page.markup import Markup, element


def section(title: str, hint: str, *content: Markup) -> Markup:
    """A section with its title."""
    return element(
        "section",
        element("h2", title),
        element("p", hint, class_="hint") if hint else None,
        *content,
    )


def nothing(text: str) -> Markup:
    """In place of figures, where there are none."""
    return element("p", text, class_="nothing")


def data_table(heads: Sequence[str], first_number: int, rows: list[Markup]) -> Markup:
    """A table; the columns from `first_number` on are numbers."""
    head = [
        element("th", text, class_="n" if position >= first_number else None, scope="col")
        for position, text in enumerate(heads)
    ]
    top = element("thead", element("tr", *head)) if heads else None
    return element("div", element("table", top, element("tbody", *rows)), class_="wide")


def number_cells(*texts: str) -> list[Markup]:
    """Cells of numbers."""
    return [element("td", text, class_="n") for text in texts]
