"""What the account of a station with a policy must not be able to change."""

from pathlib import Path

import pytest

from burner.station.account import depended_on


def test_what_a_link_leads_to_is_judged_too(tmp_path: Path) -> None:
    own = tmp_path.resolve() / "own"
    own.mkdir()
    (own / "station.yaml").touch()
    link = tmp_path / "etc"
    try:
        link.symlink_to(own)
    except OSError:
        pytest.skip("this account may not make links")
    judged = [*depended_on([link / "station.yaml"])]
    assert {link / "station.yaml", link, own / "station.yaml", own} <= {*judged}
