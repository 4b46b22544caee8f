"""The order in which people count: slot 2 before slot 10."""

import re

NaturalKey = tuple[tuple[tuple[int, str], ...], str]


def natural_order(text: str) -> NaturalKey:
    """Sort key that compares the numbers in a text as numbers."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((int(p), "") if p.isdecimal() else (-1, p) for p in parts), text
