"""Measurements as a Parquet file, in the long form."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.good_values import number_of
from burner.manifest.exchange.measurement_table import MeasurementRow, measurement_rows
from burner.manifest.reading.tested_attempts import TestedAttempt

ROWS = 20_000
"""Of a row group: memory stays constant."""
INTEGERS = ("number", "attempt_try", "test_try", "test_ms", "waited_ms")
BOOLEANS = ("last_try", "good")
NUMBERS = {"value_number": "value", "low_number": "low", "high_number": "high"}
"""Columns of floating-point numbers, each with that of the exact text; null where it is none."""


def write_parquet(path: Path, attempts: Iterable[TestedAttempt]) -> None:
    """Write the columns of the CSV, and the numbers once more as floating point.

    Raises:
        BurnerError: E773 the package is not installed.
        OSError: it cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise BurnerError(Code.PARQUET_NOT_INSTALLED, f"no module {error.name}") from None
    schema = _schema(pyarrow)
    rows = measurement_rows(attempts)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(rows, ROWS)):
            writer.write_table(pyarrow.table(_columns(some), schema=schema))


def _schema(pyarrow: Any) -> Any:
    types = dict.fromkeys(MeasurementRow._fields, pyarrow.string())
    types |= dict.fromkeys(INTEGERS, pyarrow.int64())
    types |= dict.fromkeys(BOOLEANS, pyarrow.bool_())
    types["time"] = pyarrow.timestamp("us", "UTC")
    types |= dict.fromkeys(NUMBERS, pyarrow.float64())
    return pyarrow.schema(list(types.items()))


def _columns(rows: list[MeasurementRow]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        name: list(values)
        for name, values in zip(MeasurementRow._fields, zip(*rows, strict=True), strict=True)
    }
    columns |= {name: [_float(text) for text in columns[of]] for name, of in NUMBERS.items()}
    columns["time"] = [datetime.fromisoformat(text) for text in columns["time"]]
    return columns


def _float(text: str) -> float | None:
    number = number_of(text)
    return None if number is None else float(number)
