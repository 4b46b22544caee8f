"""The names that the commands are about, of units on record."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from burner.cli.cloud.name_list import listed_names, product_profile
from burner.cli.parameters.name_options import NameListOptions
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing.ledger import Ledger
from burner.profile.profile import Profile
from tests.manifest.records import a_ledger, burned, open_batch
from tests.runs import PROFILE


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened:
        open_batch(opened)
        yield opened


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    text = PROFILE.read_text("utf-8").replace("7QKX2MPD0C", "S3EUVBRJLB")
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    return product_profile(tmp_path / "p.yaml")


def of_manifest(ledger: Ledger, batch: str = "") -> NameListOptions:
    return NameListOptions(None, None, batch, str(ledger.reader.where))


def test_good_units_have_names_in_the_order_of_their_pass(ledger: Ledger, profile: Profile) -> None:
    burned(ledger, 1, batch="WO1", name="plug-9")
    burned(ledger, 2, Outcome.FAIL, batch="WO1", name="plug-5")
    burned(ledger, 3, batch="WO1", name="plug-1")
    for options in (of_manifest(ledger), of_manifest(ledger, "WO1")):
        assert listed_names(profile, options) == ("plug-9", "plug-1")


def test_a_batch_without_good_units_has_no_names(ledger: Ledger, profile: Profile) -> None:
    with pytest.raises(BurnerError, match=r"E860.*batch WO1: no names"):
        listed_names(profile, of_manifest(ledger, "WO1"))
    waiting = replace(of_manifest(ledger, "WO1"), waiting=True)
    assert listed_names(profile, waiting) == ()
    with pytest.raises(BurnerError, match="E733"):
        listed_names(profile, of_manifest(ledger, "WO2"))
