"""What a batch still needs on the platform, by the manifest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cli.cloud.expected_product import expected_of_batch, expected_of_release
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing.cloud_records import record_confirmed_names
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import open_batch_for
from burner.release.opening import open_release
from burner.release.release import Release
from tests.images import PRODUCT_ID, write_product
from tests.manifest.records import a_ledger, burned, unit_mac


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return open_release(write_product(tmp_path, registration="{names: created-after}"))


@pytest.fixture
def ledger(tmp_path: Path, release: Release) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened:
        open_batch_for(opened, release, "WO1", quantity=6, operator="li")
        record_confirmed_names(
            opened,
            PRODUCT_ID,
            [f"plug-{number}" for number in range(5)],
            platform="tencent-hub",
            how="created",
        )
        yield opened


def make(ledger: Ledger, release: Release, number: int, outcome: Outcome = Outcome.PASS) -> None:
    burned(
        ledger,
        number,
        outcome,
        batch="WO1",
        name=f"plug-{number}",
        release_digest=release.digest,
        key=release.key_fingerprint,
    )


def test_a_batch_needs_its_quantity_and_all_confirmed_names_are_spare(
    ledger: Ledger, release: Release
) -> None:
    expected = expected_of_batch(ledger.reader, release, "WO1", None)
    assert (expected.quantity, expected.made, expected.spare_names) == (6, 0, 5)
    assert expected.key == release.key_fingerprint


def test_good_units_need_nothing_more_and_their_names_are_not_spare(
    ledger: Ledger, release: Release
) -> None:
    make(ledger, release, 0)
    make(ledger, release, 1)
    make(ledger, release, 2, Outcome.FAIL)
    expected = expected_of_batch(ledger.reader, release, "WO1", None)
    assert (expected.quantity, expected.made, expected.spare_names) == (4, 2, 3)


def test_the_name_of_a_scrapped_unit_is_not_spare(ledger: Ledger, release: Release) -> None:
    make(ledger, release, 0)
    correct(
        *(ledger, CorrectionKind.SCRAP, str(unit_mac(0))),
        product_id=PRODUCT_ID,
        operator="qa",
        reason="broken",
    )
    assert expected_of_batch(ledger.reader, release, "WO1", None).spare_names == 4


def test_a_quantity_may_be_for_a_part_of_the_batch(ledger: Ledger, release: Release) -> None:
    assert expected_of_batch(ledger.reader, release, "WO1", 2).quantity == 2


def test_a_batch_that_is_not_there_is_refused(ledger: Ledger, release: Release) -> None:
    with pytest.raises(BurnerError) as caught:
        expected_of_batch(ledger.reader, release, "WO9", None)
    assert caught.value.code == "E733"


def test_without_a_batch_the_release_says_for_how_many_units(tmp_path: Path) -> None:
    limited = open_release(write_product(tmp_path, quantity="40"))
    assert expected_of_release(limited, None).quantity == 40
    assert expected_of_release(limited, 3).quantity == 3
    assert expected_of_release(limited, None).spare_names is None
