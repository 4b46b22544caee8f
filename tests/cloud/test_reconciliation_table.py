import csv
import io
from datetime import UTC, datetime

import pytest

from burner.cloud.listed_device import LONGEST_NAME, ListedDevice
from burner.cloud.reconciliation import (
    ComparedCounts,
    DifferenceKind,
    NameDifference,
    Reconciliation,
)
from burner.cloud.reconciliation_table import COLUMNS, difference_values, differences_csv


def test_a_name_that_a_spreadsheet_would_compute_is_text_in_the_table() -> None:
    device = ListedDevice("-1", True, True, datetime(2026, 11, 29, 8, tzinfo=UTC))
    difference = NameDifference(DifferenceKind.NEVER_BURNED, None, device)
    table = differences_csv(Reconciliation((difference,), ComparedCounts())).decode()
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["device_name"], row["name_on_platform"]) == ("'-1", "'-1")
    assert (row["registered"], row["enabled"]) == ("yes", "")
    assert row["activated"] == "2026-11-29T08:00:00Z"
    assert tuple(row) == COLUMNS == tuple(difference_values(difference))


def test_names_that_no_unit_has_stand_behind_the_differences() -> None:
    spare = (ListedDevice("SPARE", registered=False, active=False), ListedDevice("DARK"))
    table = differences_csv(Reconciliation((), ComparedCounts(), spare)).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["kind"], row["device_name"]) for row in rows] == [
        ("unused", "SPARE"),
        ("unknown", "DARK"),
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\ud800evil", "\\ud800evil"),
        ("a\x1b[31m\nb", "a\\u001b[31m\\u000ab"),
        ("设备", "\\u8bbe\\u5907"),
        ("n" * 64, "n" * 64),
    ],
)
def test_a_name_that_no_platform_allows_is_shown_escaped(name: str, shown: str) -> None:
    difference = NameDifference(DifferenceKind.NEVER_BURNED, None, ListedDevice(name))
    table = differences_csv(Reconciliation((difference,), ComparedCounts())).decode("ascii")
    assert table.count("\n") == 2
    (row,) = csv.DictReader(io.StringIO(table))
    assert row["device_name"] == shown


def test_long_names_are_cut_and_stay_different_ones() -> None:
    one, other = (ListedDevice("n" * 100_000 + end).name for end in "ab")
    assert one != other
    assert max(len(one), len(other)) <= LONGEST_NAME
