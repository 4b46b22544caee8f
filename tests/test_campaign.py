"""Faulty burns by the hundred and by the ten thousand: `tests.campaign`, a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from burner.bench.unit.unit_spec import FaultKind
from tests.campaign.accidents import StationKind
from tests.campaign.products import KEY, OTHER_KEY, VARIANTS
from tests.secret_shapes import leaks

ROOT = Path(__file__).parents[1]


def campaign(burns: int, seed: int) -> str:
    """So many faulty burns; what it printed."""
    each = -(-burns // len(VARIANTS))
    command = [sys.executable, "-m", "tests.campaign", f"--burns={each}", f"--seed={seed}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=1000, check=False)
    printed = ran.stdout + ran.stderr
    assert ran.returncode == 0, printed.decode()
    assert [*leaks(printed, KEY), *leaks(printed, OTHER_KEY)] == []
    return printed.decode()


def test_after_150_faulty_burns_every_unit_is_what_its_record_says() -> None:
    printed = campaign(150, seed=1)
    assert [k for k in (*FaultKind, *StationKind) if f"\n{k.value} " not in printed] == []


@pytest.mark.full
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("seed", range(101, 111))
def test_after_10_000_faulty_burns_every_unit_is_what_its_record_says(seed: int) -> None:
    """A thousand a seed."""
    campaign(1_000, seed)
