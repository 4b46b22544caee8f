"""The release of the plug of the examples, and a manifest of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from tests.burn.one_slot import plug


@pytest.fixture(scope="session")
def release() -> Release:
    return plug()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "manifest.db", "station-1") as opened:
        yield opened
