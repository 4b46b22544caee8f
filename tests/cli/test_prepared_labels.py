"""`burner burn` with its labels as a list on standard input."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.runs import ADDED, PROFILE, ROOT

BURN = (sys.executable, "-m", "burner", "burn")
SERIAL_ONLY = r"""
name: {template: "{serial}"}
identity:
  serial: {source: label, pattern: 'PLG[0-9]{4}'}
  label: {pattern: 'SN:(?P<serial>\w+)'}
"""
DEAD_SECOND = """
slots: 3
units:
  - {}
  - {faults: [{kind: dead}]}
  - {}
"""


def test_the_label_of_a_dead_slot_goes_to_no_other_board(tmp_path: Path) -> None:
    plug = PROFILE.read_text(encoding="utf-8").split("\nname:")[0]
    plug = plug.replace("../firmware", str(ROOT / "firmware"))
    (tmp_path / "product.yaml").write_text(plug + SERIAL_ONLY, encoding="utf-8")
    (tmp_path / "bench.yaml").write_text(DEAD_SECOND, encoding="utf-8")
    ran = subprocess.run(
        [*BURN, "product.yaml", "--bench", "bench.yaml", "--batch", "B", "--yes", "--json"],
        input="SN:PLG0001\nSN:PLG0002\nSN:PLG0003\n",
        cwd=tmp_path,
        env={**os.environ, **ADDED},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    summary = json.loads(ran.stdout.splitlines()[-1])
    named = {unit["slot"]: unit["device_name"] for unit in summary["units"] if unit["unit_id"]}
    assert named == {"1": "PLG0001", "3": "PLG0003"}
