"""Fixtures every part of the suite shares."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from burner.core import child_process
from tests.manifest.postgres import Server, why_no_server
from tests.warm import process

OF_A_TERMINAL = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
LONGEST = {"test_campaign.py", "test_guides.py", "test_postgres.py", "test_secret_hunt.py"}
"""Files of tests that take 10 seconds and more."""
WORKERS_PER_CORE = 2
"""Most tests wait: for a disk, a child process, a simulated port."""

# Nothing here may depend on how busy the computer is. The normal run tries the same examples each
# time; the full one looks for new ones.
SLOW = [HealthCheck.too_slow]
settings.register_profile("new", max_examples=500, deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "same",
    max_examples=40,
    deadline=None,
    suppress_health_check=SLOW,
    derandomize=True,
    database=None,
)

# A start of burner must not compile its files anew: several hundred tests start it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure(config: pytest.Config) -> None:
    """Choose the examples of Hypothesis."""
    settings.load_profile("same" if config.option.markexpr == "not full" else "new")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: none of them may be the last one, alone."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` makes."""
    return WORKERS_PER_CORE * (os.cpu_count() or 1)


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What burner remembers between runs goes to a folder of this test run.

    Settings of whoever runs the tests (the manifest, the width and colours of a terminal) count for
    nothing.
    """
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*OF_A_TERMINAL, *(name for name in os.environ if name.startswith("BURNER_"))):
            patch.delenv(name, raising=False)
        patch.setenv("BURNER_STATE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def _warm_processes() -> Iterator[None]:
    """Benches and workers that this process starts have their imports behind them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "start_module", child_process.start_module)
        if process.AVAILABLE:
            process.use(process.SERVERS.addresses)
        yield
    process.SERVERS.stop()


@pytest.fixture(scope="module")
def cold_processes() -> Iterator[None]:
    """Those of these tests begin as a user's do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "start_module", process.start_cold)
        yield


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
    if reason := why_no_server():
        pytest.skip(reason)
    started = Server()
    started.start()
    yield started
    started.remove()
