"""500 labels over a real printer port: it is away twice, cut off, and stations are killed."""

from collections import Counter
from pathlib import Path

import pytest

from burner.bench.printer.faults import PrinterFaults
from burner.bench.printer.printer import SimulatedPrinter
from burner.core.unit_labels import NOT_CERTAIN
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_labels import LabelCounts, label_counts, labels_of_batch
from tests.images import write_product
from tests.runs import Line, Running, burner, start

UNITS, RUN = 500, 100
LABEL = """
  size_mm: [40, 20]
  elements:
    - {text: "{name}", at_mm: [2, 2]}
    - {qr: "{name}", at_mm: [27, 6], module_mm: 0.4}"""
FAULTS = PrinterFaults(away=((80, 3.0), (300, 3.0)), cut=(40, 150, 333), stuck=(200,))


def counts(folder: Path) -> LabelCounts:
    with (
        ManifestReader.open(folder / "manifest.db") as reader,
        reader.connection() as connection,
    ):
        return label_counts(connection, "WO1")


def _until_finished(running: Running, units: int) -> None:
    def is_due(_line: Line) -> bool:
        ended = [line for line in running.lines if line["event"] == "finished"]
        return len(ended) >= units

    running.until(is_due, timeout_s=600)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_none_of_500_labels_is_printed_twice_by_itself_though_stations_are_killed(
    tmp_path: Path,
) -> None:
    product = write_product(tmp_path, label=LABEL)
    kills = seed = 0
    with SimulatedPrinter(FAULTS) as printer:
        while seed == 0 or counts(tmp_path).all < UNITS:
            seed += 1
            bench = f"sim:4,boards={RUN},seed={seed},execute=no"
            batch = ("--batch", "WO1", "--operator", "li", "--printer", printer.url)
            running = start(
                *(tmp_path, "--bench", bench, "--count", str(RUN), *batch), profile=product
            )
            if seed % 2:
                _until_finished(running, 17 * seed % RUN)
                running.kill()
                kills += 1
            else:
                running.end(600)
        while counts(tmp_path).owed:
            burner(tmp_path, "batch", "labels", "WO1", "--print", "--printer", printer.url)
    times = Counter(label.codes for label in printer.labels)
    # The end of a label is sent last, after a look at the connection: a kill may come before it.
    assert {*printer.errors} <= {"a label without ^XZ"}
    assert set(times.values()) == {1}
    with (
        ManifestReader.open(tmp_path / "manifest.db") as reader,
        reader.connection() as connection,
    ):
        doubtful = {row.device_name for row in labels_of_batch(connection, "WO1", *NOT_CERTAIN)}
        good = {row.device_name for row in labels_of_batch(connection, "WO1")}
    assert len(good) >= UNITS
    assert kills >= 2
    never_out = good - {code for (code,) in times}
    assert never_out <= doubtful
    assert len(printer.errors) <= len(doubtful)
    assert burner(tmp_path, "manifest", "verify").returncode == 0
