"""Attempts as tables: CSV for people, JSON lines for an MES, names for the cloud."""

import csv
import json
from collections.abc import Callable, Generator, Iterable
from typing import Any

from burner.core.spreadsheet import text_cell

COLUMNS = (
    *("number", "origin", "started", "ended", "station", "slot", "operator", "batch", "profile"),
    *("release_digest", "key", "product_id", "chip", "unit_id", "device_name", "outcome", "code"),
    *("step", "seconds", "detail", "written", "try_number", "rework", "ids", "fingerprint"),
    *("regions", "versions", "attempt", "imei", "serial", "label", "corrected", "challenge"),
)
"""Of a CSV; append-only, so that an import by position stays right."""
IDS = frozenset(("imei", "serial", "label"))
BOM = "\ufeff"
"""Tells a spreadsheet that a file is UTF-8."""

HEADER = "DeviceName"
"""First line of a list of names. No public source documents what the console of the cloud expects,
so the caller chooses it."""

Elements = Iterable[dict[str, Any]]


def attempts_csv(elements: Elements) -> Generator[str, None, None]:
    """A header and one line for each attempt; lists are JSON in a cell, None is an empty cell."""
    line = _writer("\r\n")  # so that it quotes either of them
    yield line(COLUMNS)
    for element in elements:
        yield line(_cell(element, column) for column in COLUMNS)


def json_lines(elements: Elements) -> Generator[str, None, None]:
    """One line for each attempt, with the keys of `list --json`."""
    for element in elements:
        yield json.dumps(element, ensure_ascii=False, separators=(",", ":")) + "\n"


def names_csv(names: Iterable[str], header: str = HEADER) -> Generator[str, None, None]:
    """One line for each name, unchanged: the cloud takes each cell as the DeviceName."""
    line = _writer("\n")
    if header:
        yield f"{header}\n"
    for name in names:
        yield line([name])


class _Echo:
    """A file whose `write` returns the text."""

    def write(self, text: str) -> str:
        return text


def _writer(terminator: str) -> Callable[[Iterable[str]], str]:
    """Makes one line of CSV; cells with the terminator are quoted."""
    row = csv.writer(_Echo(), lineterminator=terminator).writerow
    return lambda cells: str(row(cells)).removesuffix(terminator) + "\n"


def _cell(element: dict[str, Any], column: str) -> str:
    if column == "fingerprint":
        value = (element["silicon"] or {}).get("fingerprint", "")
    elif column == "challenge":
        value = element["evidence"].get(column, "")
    elif column in IDS:
        value = element["ids"].get(column, "")
    else:
        value = element[column]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str):
        return text_cell(value)
    return "" if value is None else str(value)
