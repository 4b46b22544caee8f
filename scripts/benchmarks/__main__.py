"""`scripts/benchmark`: which parts, how long, on what."""

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import tables
from burner.core.version import burner_version

PARTS = ("burn", "manifest", "release")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark",
        description="Measure burner on the simulated bench with modelled time, its manifest, and "
        "how releases are opened. Prints tables in Markdown; "
        "docs/performance.md says what they mean.",
        epilog="Nothing else should run on the computer meanwhile: it simulates 32 boards too.",
    )
    parser.add_argument("part", nargs="*", help="burn, manifest, release; all when none is named")
    parser.add_argument("--quick", action="store_true", help="fewer runs, fewer records, no 10^6")
    parser.add_argument("--runs", type=int, metavar="N", help="how many runs count (5; quick: 2)")
    wish = parser.parse_args()
    parts = tuple(wish.part) or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there is {', '.join(PARTS)}")
    runs = wish.runs or (2 if wish.quick else 5)
    tables.say(f"burner {burner_version()}, {machine()}, load {load()}; medians of {runs} runs")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="burner-benchmark-") as folder:
        if "burn" in parts:
            from benchmarks import burning

            burning.run(Path(folder), runs, quick=wish.quick)
        if "manifest" in parts:
            from benchmarks import records

            records.run(Path(folder), quick=wish.quick)
        if "release" in parts:
            from benchmarks import openings

            openings.run(Path(folder), runs)
    tables.say(f"\nMeasured in {(time.monotonic() - started) / 60:.0f} minutes; load {load()}.")
    return 0


def machine() -> str:
    tools = [f"{name} {importlib.metadata.version(name)}" for name in ("esptool", "pyserial")]
    python = f"Python {platform.python_version()}"
    return ", ".join((*tools, python, platform.system(), f"{os.cpu_count()} processors"))


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main())
