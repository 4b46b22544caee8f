"""Fixtures every part of the suite shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.manifest.postgres import Server, why_not

# Eight workers on two cores make any deadline per example a lottery.
settings.register_profile("burner", deadline=None)
settings.load_profile("burner")


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What burner remembers between runs goes to a folder of this test run."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNER_STATE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def _language_of_each_test() -> Iterator[None]:
    """What `--lang` sets in this process holds for one test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNER_LANG", "en")
        yield


@pytest.fixture(scope="session")
def shared_images() -> Path:
    """Real firmware images of other projects, beside the checkout; absent elsewhere."""
    folder = Path(__file__).parents[1].parent / "shared" / "images"
    if not folder.is_dir():
        pytest.skip("real images of other projects are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, started once."""
    if reason := why_not():
        pytest.skip(reason)
    started = Server()
    started.start()
    yield started
    started.remove()
