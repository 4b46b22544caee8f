"""Each test of the manifest remembers for itself what a computer knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import Ticking, open_batch


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("BURNER_STATE", str(folder))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """A manifest of station line1 with batch WO1 of three places."""
    with Ledger.open(path, "line1", Ticking()) as opened:
        open_batch(opened, quantity=3)
        yield opened
