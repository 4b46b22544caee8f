"""The manifest as files: one row an attempt for spreadsheets and MES, or the chain itself."""

import csv
import io
from collections.abc import Callable, Generator, Iterable, Sequence

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
    "imei",
    "serial",
    "label",
)
"""Of a CSV; append-only, so that an import by position stays right."""
FORMS = (COLUMNS[:26], COLUMNS)
"""The columns that burner has ever written: folders sealed then are still checked."""
IDS = frozenset(("imei", "serial", "label"))
BOM = "\ufeff"
"""By it a spreadsheet knows UTF-8."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins like this for a formula (OWASP, CSV injection)."""


def csv_lines(reader: Reader, wanted: Filter = ALL) -> Generator[str, None, None]:
    """A header and one line an attempt; lists as JSON in a cell, nothing as an empty cell."""
    return csv_of(reader.elements(wanted))


def csv_of(elements: Iterable[Data]) -> Generator[str, None, None]:
    """The same of attempts that were read before."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # so that it quotes either of them

    def line(cells: Iterable[str]) -> str:
        text.seek(0)
        text.truncate()
        writer.writerow(cells)
        return text.getvalue().removesuffix("\r\n") + "\n"

    yield line(COLUMNS)
    for element in elements:
        yield line(cells_of(element))


def with_bom(lines: Iterable[str]) -> Generator[str, None, None]:
    """The same text for a spreadsheet."""
    yield BOM
    yield from lines


def cells_of(element: Data, columns: Sequence[str] = COLUMNS) -> list[str]:
    """The cells of an attempt, in the order of the columns."""
    return [_cell(element, column) for column in columns]


def json_lines(reader: Reader, wanted: Filter = ALL) -> Generator[str, None, None]:
    """One line an attempt, with the keys of `list --json`."""
    for element in reader.elements(wanted):
        yield orjson.dumps(element).decode() + "\n"


FORMATS: dict[str, Callable[[Reader, Filter], Generator[str, None, None]]] = {
    "csv": csv_lines,
    "jsonl": json_lines,
}


def _cell(element: Data, column: str) -> str:
    if column == "fingerprint":
        value = (element["silicon"] or {}).get("fingerprint", "")
    elif column in IDS:
        value = element["ids"].get(column, "")
    else:
        value = element[column]
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA) else value
    return "" if value is None else str(value)
