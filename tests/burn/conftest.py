"""The plug of the examples, its release, a manifest of its own, and a station over both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from tests.burn.one_slot import Line, boot_lines, plug
from tests.devices.esp_in_memory import FakeBoard


@pytest.fixture(scope="session")
def release() -> Release:
    return plug()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "manifest.db", "station-1") as opened:
        yield opened


@pytest.fixture
def line(release: Release, ledger: Ledger) -> Line:
    return Line(release, ledger)


@pytest.fixture
def board() -> FakeBoard:
    """A unit whose firmware prints the name and the product that it should have."""
    return FakeBoard(prints=boot_lines())
