"""What three quick test functions of an installed package cost a unit."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import line, tables
from benchmarks.line import Measured
from benchmarks.product import Product
from benchmarks.tables import against, seconds

PLACES = {"no tests": "", "after the boot": "after: boot", "before the write": "before: write"}
AT_MOST_S = 0.06
"""Above a unit without tests."""


def show(folder: Path, slots: tuple[int, ...], runs: int, baud: int) -> None:
    """Measure and print the table."""
    rows = []
    with _installed_package(folder / "package"):
        for many in slots:
            found = {place: _measure(folder, many, runs, baud, place) for place in PLACES}
            plain = found.pop("no tests")
            rows.append(_row(many, "no tests", plain, "", ""))
            for place, tested in found.items():
                above_s = median(tested.units) - median(plain.units)
                mark = against(above_s, AT_MOST_S)
                rows.append(_row(many, place, tested, f"{above_s:+.3f}", mark))
    columns = ("slots", "three functions", "a unit, median", "above", "", "all through")
    tables.show(f"Three quick test functions, {baud} baud", columns, rows)


def _row(slots: int, place: str, found: Measured, above: str, mark: str) -> tuple[str, ...]:
    return str(slots), place, f"{median(found.units):.2f}", above, mark, seconds(found.walls)


def _measure(folder: Path, slots: int, runs: int, baud: int, place: str) -> Measured:
    tests = "".join(
        f"  - {{name: t{n}, {PLACES[place]}, python: bench-quick, "
        "measurements: [{name: value, low: 1, high: 2}]}\n"
        for n in range(3)
        if PLACES[place]
    )
    product = Product(folder / "tested", baud, tests=f"tests:\n{tests}" if tests else "")
    spec = f"sim:{slots},chip=esp32s3,baud={baud},md5=0.2,boards={slots * (runs + 1)}"
    found = line.measure(product, spec, runs)
    if found.outcomes != {"PASS"}:
        tables.say(f"{place}, {slots} slots: {', '.join(sorted(found.outcomes))}")
    return found


@contextmanager
def _installed_package(folder: Path) -> Iterator[None]:
    """A package with a test function, for this process and those that it starts."""
    metadata = folder / "bench_fixture-1.0.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    (folder / "bench_fixture.py").write_text(
        'def quick(unit):\n    return {"measurements": {"value": 1.5}}\n'
    )
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-fixture\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[burner.tests]\nbench-quick = bench_fixture:quick\n"
    )
    before = os.environ.get("PYTHONPATH")
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
