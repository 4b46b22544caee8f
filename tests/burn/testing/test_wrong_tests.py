"""Every way in which a test can go wrong: the right code, the other slots go on, nothing leaks."""

import gc
from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from tests.burn.testing.wrong_tests import AVAILABLE, WAYS, Campaign, open_pipes, processes_in
from tests.burn.testing.wrong_tests import PLAIN as SECRET
from tests.secret_shapes import leaks


def run(
    tests: int, release: Release, ledger: Ledger, folder: Path, patch: pytest.MonkeyPatch
) -> None:
    patch.setenv("PYTHONPATH", str(folder))
    patch.syspath_prepend(folder)
    gc.collect()
    before = open_pipes()
    campaign = Campaign(release, ledger, folder)
    campaign.run(tests, seed=1)
    assert campaign.wrong == []
    assert set(campaign.ran) == set(WAYS)
    assert campaign.ran.total() >= tests
    assert campaign.good_units == tests // 20
    assert processes_in(folder) == []
    gc.collect()
    assert open_pipes() <= before


@pytest.mark.skipif(not AVAILABLE, reason="only Linux ends and shows every process")
def test_after_100_tests_that_go_wrong_every_code_is_right_and_nothing_is_left(
    release: Release,
    ledger: Ledger,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(100, release, ledger, tmp_path_factory.mktemp("product"), monkeypatch)
    assert [*leaks((tmp_path / "manifest.db").read_bytes(), SECRET)] == []


@pytest.mark.full
@pytest.mark.timeout(1000)
@pytest.mark.skipif(not AVAILABLE, reason="only Linux ends and shows every process")
def test_after_1000_tests_that_go_wrong_nothing_is_left_either(
    release: Release,
    ledger: Ledger,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(1000, release, ledger, tmp_path_factory.mktemp("product"), monkeypatch)
    assert [*leaks((tmp_path / "manifest.db").read_bytes(), SECRET)] == []
