"""A manifest of its own for each test."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from burner.manifest.ledger import Ledger
from burner.manifest.signing import keys
from burner.manifest.signing.keys import PublicKey, Signer
from tests.manifest.forging import a_chain
from tests.manifest.records import Ticking, burned, open_batch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """A manifest of station line1 with batch WO1 of three places."""
    with Ledger.open(path, "line1", Ticking()) as opened:
        open_batch(opened, planned=3)
        yield opened


@pytest.fixture(scope="module")
def signer() -> Signer:
    return keys.make("line1", "open sesame")


@pytest.fixture(scope="module")
def stranger() -> Signer:
    return keys.make("stranger", "open sesame")


@pytest.fixture(scope="module")
def trusted(signer: Signer) -> Mapping[str, PublicKey]:
    return {signer.public.id: signer.public}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> list[str]:
    """An exported chain, signed."""
    return a_chain(tmp_path_factory.mktemp("exported") / "manifest.db", signer)


@pytest.fixture
def two(path: Path) -> Path:
    """Two good units: batch 1, intents 2 and 4, outcomes 3 and 5."""
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, planned=9)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, batch="WO1")
    return path
