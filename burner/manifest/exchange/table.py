"""Attempts as tables: CSV for people, JSON lines for an MES, names for the cloud."""

import json
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from burner.core.measurements import TestOutcome
from burner.core.spreadsheet import text_cell
from burner.manifest.exchange.csv_lines import csv_line_writer

COLUMNS = (
    *("number", "origin", "started", "ended", "station", "slot", "operator", "batch", "profile"),
    *("release_digest", "key", "product_id", "chip", "unit_id", "device_name", "outcome", "code"),
    *("step", "seconds", "detail", "written", "try_number", "rework", "ids", "fingerprint"),
    *("regions", "versions", "attempt", "imei", "serial", "label", "corrected", "challenge"),
    *("tests", "tests_failed", "printed_label", "label_prints"),
)
"""Of a CSV; append-only, so that an import by position stays right."""
IDS = frozenset(("imei", "serial", "label"))
NOT_PASSED = (TestOutcome.FAIL, TestOutcome.ERROR)
BOM = "\ufeff"
"""Tells a spreadsheet that a file is UTF-8."""

HEADER = "DeviceName"
"""First line of a list of names. No public source documents what the console of the cloud expects,
so the caller chooses it."""

Elements = Iterable[dict[str, Any]]


def attempts_csv(elements: Elements) -> Generator[str, None, None]:
    """A header and one line for each attempt; lists are JSON in a cell, None is an empty cell."""
    line = csv_line_writer("\r\n")  # so that it quotes either of them
    yield line(COLUMNS)
    for element in elements:
        yield line(_cell(element, column) for column in COLUMNS)


def json_lines(elements: Elements) -> Generator[str, None, None]:
    """One line for each attempt, with the keys of `list --json`."""
    for element in elements:
        yield json.dumps(element, ensure_ascii=False, separators=(",", ":")) + "\n"


def names_csv(names: Iterable[str], header: str = HEADER) -> Generator[str, None, None]:
    """One line for each name, unchanged: the cloud takes each cell as the DeviceName."""
    line = csv_line_writer("\n")
    if header:
        yield f"{header}\n"
    for name in names:
        yield line([name])


def failed_tests(tests: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the tests that ended in fail or error, once each; of a test its last try counts."""
    last = {test["name"]: test["outcome"] for test in tests}
    return [name for name, outcome in last.items() if outcome in NOT_PASSED]


def _cell(element: dict[str, Any], column: str) -> str:
    if column == "fingerprint":
        value = (element["silicon"] or {}).get("fingerprint", "")
    elif column == "challenge":
        value = element["evidence"].get(column, "")
    elif column == "tests":
        value = len({test["name"] for test in element["tests"]})
    elif column == "tests_failed":
        value = " ".join(failed_tests(element["tests"]))
    elif column in IDS:
        value = element["ids"].get(column, "")
    else:
        value = element[column]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str):
        return text_cell(value)
    return "" if value is None else str(value)
