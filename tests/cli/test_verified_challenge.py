"""`burner verify` of a unit that answered the challenge: with another secret, without one."""

import json
import re
from pathlib import Path

import pytest

from tests.chinese import english_in
from tests.in_process import Completed, run_burner
from tests.runs import ADDED, PROFILE, SECRET, burn

BENCH = ("--bench", "sim:1,keep=flash")
OTHER = SECRET[::-1]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A unit in a box, with its record."""
    assert burn(tmp_path, *BENCH, "--batch", "WO1", "--operator", "li").status == 0
    return tmp_path


def verify(box: Path, *arguments: str | Path, secret: str = SECRET) -> Completed:
    return run_burner(box, "verify", *arguments, *BENCH, env={**ADDED, "PLUG_C3_SECRET": secret})


def challenge_of(ran: Completed) -> tuple[str, str]:
    (unit,) = json.loads(ran.stdout)
    (check,) = (check for check in unit["checks"] if check["what"] == "challenge")
    return check["verdict"], check["why"]


def test_a_good_unit_is_good_whatever_secret_is_at_hand(box: Path) -> None:
    for secret, expected in (
        (SECRET, ("same", "answered")),
        (OTHER, ("left out", "the secret here is not the one on record")),
    ):
        ran = verify(box, PROFILE, "--json", secret=secret)
        assert challenge_of(ran) == expected
        assert ran.returncode == 0
        assert secret not in ran.stdout + ran.stderr


def test_without_a_release_the_challenge_is_left_out_and_said(box: Path) -> None:
    ran = verify(box, "--json")
    assert challenge_of(ran) == ("left out", "needs the release, and the product secret")
    assert ran.returncode == 0


def test_the_page_of_a_unit_is_chinese_when_asked(box: Path) -> None:
    ran = verify(box, PROFILE, "--lang", "zh", secret=OTHER)
    assert ran.returncode == 0
    assert "与记录一致" in ran.stdout
    assert "此处的产品密钥与记录中的不是同一个" in ran.stdout
    fields = ("plug-c3", "58CF794798B8", "7QKX2MPD0C", "ota_0")
    regions = ("bootloader at", "partition-table at", "nvs at", "fctry at", "otadata at", "app at")
    assert english_in(re.sub("0x[0-9a-f]+", "", ran.stdout), fields + regions) == []
