"""Whose answers go on record."""

from pathlib import Path

import pytest

from burner.cli.cloud.played_platform import may_record
from burner.cloud.management.endpoint import api_endpoint
from tests.manifest.records import a_ledger


@pytest.mark.parametrize(
    ("url", "of_real_units"),
    [
        ("http://127.0.0.1:8080", False),
        ("https://0.0.0.0:8443", False),
        ("https://192.0.2.7:8443", True),
        ("", True),
    ],
)
def test_what_this_computer_answers_is_recorded_of_simulated_units_only(
    tmp_path: Path, url: str, of_real_units: bool
) -> None:
    endpoint = api_endpoint(url) if url else None
    with a_ledger(tmp_path / "line") as real:
        assert may_record(real.reader, endpoint) == of_real_units
    with a_ledger(tmp_path / "bench", simulated=True) as simulated:
        assert may_record(simulated.reader, endpoint)
