"""Every message arrives, whoever is killed: real processes, SIGKILL."""

import sys
from pathlib import Path

import pytest

from tests.station.mes.campaign import Campaign

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a socket is handed to a child")


@pytest.mark.full
def test_every_message_arrives_although_the_station_is_killed(tmp_path: Path) -> None:
    figures = Campaign(tmp_path, units=25, kills=1, seed=7).run()
    assert figures["messages"] > 50


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_ten_thousand_units_and_fifty_kills(tmp_path: Path) -> None:
    figures = Campaign(tmp_path, units=10_000, kills=50, seed=1).run()
    assert figures["repeated"] > 100
