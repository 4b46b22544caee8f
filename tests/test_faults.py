"""Every fault of the bench, in a batch of one good unit and one faulty one; the good one passes."""

from pathlib import Path

import pytest
import yaml

from burner.errors import table
from tests.faults import TABLE, Row
from tests.runs import burn, manifest


def bench_of(folder: Path, row: Row) -> Path:
    """One slot, so that the good unit comes first: a twin of it is then known as one."""
    path = folder / "bench.yaml"
    units = [{}, {"faults": [row.fault]}]
    bench = {"slots": 1, "boards": 2, "time": row.time, "units": units}
    path.write_text(yaml.safe_dump(bench), encoding="utf-8")
    return path


ROWS = [pytest.param(row, marks=[pytest.mark.full] if row.slow else []) for row in TABLE]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_ends_as_its_table_says_and_the_good_unit_passes(row: Row, tmp_path: Path) -> None:
    ran = burn(tmp_path, "--bench", bench_of(tmp_path, row), "--count", "2", "--batch", "B")
    assert len(ran.finished) > 1, ran.errors
    good, *tries = ran.finished
    assert (good["outcome"], good["code"]) == ("PASS", "")
    assert (tries[-1]["outcome"], tries[-1]["code"]) == (row.outcome, row.code), ran.errors
    assert len(tries) == row.tries
    assert ran.status == row.status
    assert not row.code or table()[row.code].do
    assert [(r["outcome"], r["code"]) for r in manifest(tmp_path)] == [
        (line["outcome"], line["code"]) for line in ran.finished
    ]
