"""HTML and SVG as text. Text that is not markup yet is escaped."""

from html import escape


class Markup(str):
    """Text that is markup and is not escaped."""

    __slots__ = ()


Child = object
EMPTY = ("br", "circle", "col", "line", "meta", "rect")


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """An element. `class_` becomes `class`, `aria_label` `aria-label`; None is left out."""
    attribute_text = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in EMPTY and not children:
        return Markup(
            f"<{tag}{attribute_text}>"
            if tag in ("br", "col", "meta")
            else f"<{tag}{attribute_text}/>"
        )
    return Markup(f"<{tag}{attribute_text}>{join(children)}</{tag}>")


def join(children: "tuple[Child, ...] | list[Markup]", between: str = "") -> Markup:
    """Children in a row; None is nothing."""
    texts = (c if isinstance(c, Markup) else escape(str(c)) for c in children if c is not None)
    return Markup(between.join(texts))
