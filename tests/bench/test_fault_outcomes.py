"""Every fault of the bench, in a batch with a good unit; the good one passes."""

from pathlib import Path

import pytest
import yaml

from burner.core.errors import table
from tests.bench.fault_outcomes import TABLE, Row
from tests.runs import RunResult, burn, manifest

SIDE_BY_SIDE = 8
"""Faulty units in one batch, a slot each."""


def batches() -> list[list[Row]]:
    """The table in batches of the same exit status and clock; a twin needs its good unit first."""
    kinds: dict[tuple[int, str, bool], list[Row]] = {}
    for row in TABLE:
        if row.fault["kind"] != "same-mac":
            kinds.setdefault((row.status, row.time, row.slow), []).append(row)
    return [
        rows[start : start + SIDE_BY_SIDE]
        for rows in kinds.values()
        for start in range(0, len(rows), SIDE_BY_SIDE)
    ]


def run(folder: Path, slots: int, rows: list[Row]) -> RunResult:
    """One good unit, then the faulty ones."""
    units = [{}, *({"faults": [row.fault]} for row in rows)]
    bench = {"slots": slots, "boards": len(units), "time": rows[0].time, "units": units}
    path = folder / "bench.yaml"
    path.write_text(yaml.safe_dump(bench), encoding="utf-8")
    return burn(folder, "--bench", path, "--count", str(len(units)), "--batch", "B")


BATCHES = [
    pytest.param(
        rows, marks=[pytest.mark.full] if rows[0].slow else [], id=", ".join(map(str, rows))
    )
    for rows in batches()
]


@pytest.mark.parametrize("rows", BATCHES)
def test_a_fault_ends_as_its_table_says_and_the_good_unit_passes(
    rows: list[Row], tmp_path: Path
) -> None:
    ran = run(tmp_path, len(rows) + 1, rows)
    (good,) = ran.of_slot("1")
    assert (good["outcome"], good["code"]) == ("PASS", ""), ran.errors
    tries = {row: ran.of_slot(str(number)) for number, row in enumerate(rows, 2)}
    ends = {row: (t[-1]["outcome"], t[-1]["code"], len(t)) for row, t in tries.items() if t}
    assert ends == {row: (row.outcome, row.code, row.tries) for row in rows}, ran.errors
    assert ran.status == rows[0].status
    assert sorted((r["slot"], r["outcome"], r["code"]) for r in manifest(tmp_path)) == sorted(
        (line["slot"], line["outcome"], line["code"]) for line in ran.finished
    )


def test_a_twin_of_a_unit_that_passed_is_known_as_one(tmp_path: Path) -> None:
    (row,) = (row for row in TABLE if row.fault["kind"] == "same-mac")
    ran = run(tmp_path, 1, [row])
    assert [(e["outcome"], e["code"]) for e in ran.finished] == [("PASS", ""), ("FAIL", "E456")]
    assert (row.outcome, row.code, row.status) == ("FAIL", "E456", ran.status)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_code_of_the_table_says_what_to_do(row: Row) -> None:
    assert not row.code or table()[row.code].do
