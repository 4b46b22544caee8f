"""The library of the firmware, compiled once for a run of the tests."""

import os
from pathlib import Path

import pytest

from tests.firmware.host import CompilerMissingError, Host, build


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of the run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _built(folder: Path, crypto: str) -> Host:
    try:
        return build(folder, crypto)
    except CompilerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def own(build_folder: Path) -> Host:
    """The library over the crypto of its own."""
    return _built(build_folder, "own")


@pytest.fixture(scope="session")
def host(build_folder: Path) -> Host:
    """The library over mbedTLS."""
    return _built(build_folder, "mbedtls")
