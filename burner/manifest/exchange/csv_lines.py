"""Lines of CSV, one at a time."""

import csv
from collections.abc import Callable, Iterable


class _Echo:
    """A file whose `write` returns the text."""

    def write(self, text: str) -> str:
        return text


def csv_line_writer(terminator: str) -> Callable[[Iterable[str]], str]:
    """Makes one line of CSV; cells with the terminator are quoted."""
    row = csv.writer(_Echo(), lineterminator=terminator).writerow
    return lambda cells: str(row(cells)).removesuffix(terminator) + "\n"
