"""The lines of a page: each a head and its text."""

from collections.abc import Iterator, Sequence

PageRows = Iterator[tuple[str, str]]


def under(head: str, lines: Sequence[str]) -> PageRows:
    """Several lines under one head."""
    for line in lines:
        yield head, line
        head = ""
