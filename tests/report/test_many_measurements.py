"""The report of 10,000 units with ten measurements each: in seconds, and in memory that stays."""

import time
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from burner.core.measurements import Measurement
from burner.manifest.exchange.measurement_table import measurements_csv
from burner.manifest.reading.tested_attempts import attempts_with_tests
from burner.report.figures.production_figures import production_figures
from burner.report.page.page import page
from tests.manifest.records import a_ledger, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]
UNITS, MEASUREMENTS = 10_000, 10
MAX_CPU_S = 10.0
MAX_MB = 60


def test_ten_thousand_units_are_reported_in_seconds(tmp_path: Path) -> None:
    random = Random(11)
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for unit in range(1, UNITS + 1):
            values = (
                Measurement(f"m{number}", f"{random.gauss(12, 0.5):.3f}", "V", "10", "14")
                for number in range(MEASUREMENTS)
            )
            test = rf_test(*values)
            burned_with_tests(ledger, unit, test, slot=str(unit % 8 + 1), at_s=unit * 3)
        began = time.process_time()
        figures = production_figures(ledger.reader)
        html = page(figures)
        assert time.process_time() - began < MAX_CPU_S
        assert [one.count for one in figures.measurements] == [UNITS] * MEASUREMENTS
        assert len(html) < 1_000_000
        tracemalloc.start()
        lines = sum(1 for _ in measurements_csv(attempts_with_tests(ledger.reader)))
        export_mb = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.reset_peak()
        production_figures(ledger.reader)
        report_mb = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    assert lines == UNITS * MEASUREMENTS + 1
    assert export_mb < 20
    assert report_mb < MAX_MB
