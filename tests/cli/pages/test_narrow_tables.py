"""Tests and measurements on a terminal that is too narrow for their tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cli.terminal import screen
from burner.core.measurements import TestOutcome, TestResult, TestTry
from tests.in_process import run_burner
from tests.manifest.records import a_ledger, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power

WIDTH = 80


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A manifest with a unit of which a test failed, and an output of 80 columns."""
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        before = TestTry(2, TestOutcome.ERROR, "E644", measurements=(tx_power("12"),))
        of_tries = {"tries": 3, "earlier": (before,), "detail": "tx_power is 9.10 dBm"}
        failed = rf_test(tx_power("9.10", good=False), **of_tries)
        burned_with_tests(ledger, 1, failed, TestResult("led", "serial", TestOutcome.NOT_RUN))
    monkeypatch.setattr(screen, "PIPE_WIDTH", WIDTH)
    screen.console.cache_clear()
    yield tmp_path
    screen.console.cache_clear()


def test_a_unit_shows_each_value_on_a_line_of_its_own(folder: Path) -> None:
    lines = run_burner(folder, "unit", "show", "7c:df:a1:00:00:01").stdout.splitlines()
    at = lines.index("tests of record 2")
    assert lines[at + 1 :] == [
        "  rf  try 1",
        "     left out: no room in the record",
        "  rf  ERROR  try 2, 0.00 s",
        "     E644",
        "  rf  FAIL  try 3, 1.20 s, waited 0.4 s for rf-box",
        "     E501 tx_power is 9.10 dBm",
        "     ✗ tx_power 9.10 dBm  (10 … 14 dBm)",
        "  led  not run",
    ]


def test_a_report_leaves_columns_out_and_breaks_no_cell(folder: Path) -> None:
    shown = run_burner(folder, "report").stdout
    [row] = [line for line in shown.splitlines() if "tx_power" in line]
    assert row.split() == [
        "rf",
        "·",
        "tx_power",
        "10",
        "…",
        "14",
        "dBm",
        "1",
        "1",
        "9.100",
        "–",
        "–",
    ]
    assert max(map(len, shown.splitlines())) <= WIDTH
