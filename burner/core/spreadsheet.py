"""Cells of a CSV that a spreadsheet takes for text, whatever is in them. Pure."""

from burner.core.good_values import number_of

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins like this for a formula (OWASP, CSV injection)."""


def text_cell(text: str) -> str:
    """The text, with an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def value_cell(text: str) -> str:
    """The same, but a plain decimal number stays as it is, with its sign."""
    return text_cell(text) if number_of(text) is None else text
