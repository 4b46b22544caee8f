"""kill -9 at any moment: no record lost, no flashed unit unknown, no name doubled."""

from pathlib import Path

import pytest

from tests.manifest.kills import campaign


def test_a_station_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    counts = campaign(str(tmp_path / "manifest.db"), tmp_path, burns=50, seed=1)
    assert counts["kills"] >= 1
    assert counts["attempts"] == 50 + counts["open"]


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_thousand_burns_with_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    counts = campaign(str(tmp_path / "manifest.db"), tmp_path, burns=250, seed=seed)
    assert counts["attempts"] == 250 + counts["open"]
