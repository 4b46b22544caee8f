"""The manifest as files: one row an attempt for spreadsheets and MES, or the chain itself."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

import orjson

from burner.manifest.bodies import Data
from burner.manifest.reader import ALL, Filter, Reader

COLUMNS = (
    "seq",
    "started",
    "ended",
    "station",
    "slot",
    "operator",
    "batch",
    "profile",
    "release_digest",
    "product_id",
    "chip",
    "unit_id",
    "device_name",
    "outcome",
    "code",
    "step",
    "seconds",
    "detail",
    "written",
    "try_number",
    "rework",
    "ids",
    "fingerprint",
    "regions",
    "versions",
    "attempt",
)
"""Of a CSV; append-only, so that an import by position stays right."""


def csv_lines(reader: Reader, wanted: Filter = ALL) -> Iterator[str]:
    """A header and one line an attempt; lists as JSON in a cell, nothing as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")

    def line(cells: Iterable[object]) -> str:
        text.seek(0)
        text.truncate()
        writer.writerow(cells)
        return text.getvalue()

    yield line(COLUMNS)
    for element in reader.elements(wanted):
        yield line(_cell(element, column) for column in COLUMNS)


def json_lines(reader: Reader, wanted: Filter = ALL) -> Iterator[str]:
    """One line an attempt, with the keys of `list --json`."""
    for element in reader.elements(wanted):
        yield orjson.dumps(element).decode() + "\n"


FORMATS: dict[str, Callable[[Reader, Filter], Iterator[str]]] = {
    "csv": csv_lines,
    "jsonl": json_lines,
}


def _cell(element: Data, column: str) -> object:
    if column == "fingerprint":
        return (element["silicon"] or {}).get("fingerprint", "")
    value = element[column]
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return value
