"""From the command to the first byte on the wire of each slot."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.product import Product
from benchmarks.tables import against, seconds
from burner.bench.process import BenchProcess

BEFORE_WRITE = ("identify", "name", "payload", "claim")
ALLOWED_S = 1.5


def show(folder: Path, slots: Sequence[int], runs: int, baud: int) -> None:
    """Measure and print the table."""
    rows = []
    for many in slots:
        firsts = [_last_first_byte(folder / f"start-{many}-{n}", many, baud) for n in range(runs)]
        worst = sorted(firsts)[len(firsts) // 2]
        rows.append((str(many), seconds(firsts), against(worst, ALLOWED_S)))
    columns = ("slots", "until the last slot writes", "")
    tables.show(f"From the command to the first byte, {baud} baud", columns, rows)


def _last_first_byte(folder: Path, slots: int, baud: int) -> float:
    """Seconds until the last slot wrote, with new boards in all of them."""
    product = Product(folder, baud)
    product.release()
    manifest, command = folder / "manifest.db", [sys.executable, "-m", "burner"]
    env = {**os.environ, "BURNER_STATE": str(folder)}
    with BenchProcess(f"sim:{slots},chip=esp32s3,baud={baud}", profile=product.profile) as bench:
        options = ["--bench", bench.ready["control"], "--manifest", str(manifest)]
        options += ["--logs", str(folder / "logs"), "--yes", "--json", "--batch", "start"]
        started = time.time()
        subprocess.run(
            [*command, "burn", str(product.profile), *options],
            env=env,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    listed = subprocess.run(
        [*command, "manifest", "list", "--json", "--manifest", str(manifest)],
        env=env,
        stdout=subprocess.PIPE,
        check=True,
    )
    attempts = json.loads(listed.stdout)
    assert len(attempts) == slots
    return max(_first_byte(attempt) for attempt in attempts) - started


def _first_byte(attempt: Mapping[str, Any]) -> float:
    """Seconds since 1970."""
    begin = datetime.fromisoformat(attempt["started"]).timestamp()
    return begin + float(sum(attempt["timings_ms"].get(step, 0) for step in BEFORE_WRITE)) / 1000
