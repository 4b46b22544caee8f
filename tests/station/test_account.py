"""What the account of a station with a policy must not be able to change."""

import os
from pathlib import Path

import pytest

from burner.station.account import can_change, depended_on


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


@pytest.mark.skipif(os.name != "posix", reason="Windows judges files only")
def test_a_sticky_folder_of_another_account_such_as_tmp_lets_nobody_exchange_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    tmp_path.chmod(0o777)
    assert can_change(tmp_path)
    tmp_path.chmod(0o1777)
    assert not can_change(tmp_path)
