"""Every fault of the bench, in a batch of one good unit and one faulty one.

One table: what the faulty unit ends as, its code, the exit status. The good one always passes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from burner.errors import table
from tests.runs import burn, manifest


@dataclass(frozen=True)
class Row:
    """A fault and what must become of it."""

    fault: dict[str, Any]
    outcome: str
    code: str
    status: int
    tries: int = 1
    time: str = "off"

    def __str__(self) -> str:
        return "-".join(str(value) for value in self.fault.values())


TABLE = (
    Row({"kind": "dead"}, "ERROR", "E301", 1),
    Row({"kind": "wrong-chip"}, "FAIL", "E401", 1),
    Row({"kind": "flash-size", "size": "2MB"}, "FAIL", "E402", 1),
    Row({"kind": "unplug", "step": "write"}, "ERROR", "E505", 1),
    Row({"kind": "unplug", "at_byte": 30000}, "ERROR", "E505", 1),
    Row({"kind": "port-gone", "step": "write"}, "ERROR", "E505", 1),
    Row({"kind": "hang", "step": "write"}, "ERROR", "E501", 1, tries=3),
    Row({"kind": "hang", "step": "write", "once": True}, "PASS", "", 0, tries=2),
    Row({"kind": "stuck-sector", "address": 0x20000}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "bit-flip", "address": 0x20010}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "wrong-md5"}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "garble", "baud": 460800}, "PASS", "", 0, tries=2),
    Row({"kind": "garble", "baud": 100}, "ERROR", "E307", 1, tries=3),
    Row({"kind": "slow-erase", "factor": 20}, "PASS", "", 0, time="model"),
    Row({"kind": "blank-mac"}, "FAIL", "E410", 1),
    Row({"kind": "same-mac"}, "FAIL", "E456", 1),
    Row({"kind": "brown-out", "step": "write"}, "ERROR", "E502", 1, tries=3),
    Row({"kind": "encrypted"}, "FAIL", "E403", 1),
    Row({"kind": "secure-boot"}, "FAIL", "E403", 1),
    Row({"kind": "secure-download"}, "FAIL", "E404", 1),
)


def bench_of(folder: Path, row: Row) -> Path:
    """One slot, so that the good unit comes first: a twin of it is then known as one."""
    path = folder / "bench.yaml"
    units = [{}, {"faults": [row.fault]}]
    bench = {"slots": 1, "boards": 2, "time": row.time, "units": units}
    path.write_text(yaml.safe_dump(bench), encoding="utf-8")
    return path


@pytest.mark.parametrize("row", TABLE, ids=str)
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
