"""What is on record of a unit that comes back: good, in work, scrapped, or another product."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing import corrections
from burner.manifest.writing.corrections import CorrectionKind
from burner.manifest.writing.ledger import Ledger
from tests.manifest.postgres import Server
from tests.manifest.records import KEY, START, Ticking, an_attempt, burned, open_batch, unit_mac

UNIT, PRODUCT, OTHER = str(unit_mac(1)), "S3EUVBRJLB", "OTHERPROD1"


@pytest.fixture
def second(ledger: Ledger, path: Path) -> Iterator[Ledger]:
    """Another station; its clock is five minutes behind."""
    with Ledger.open(path, "line2", Ticking(START - timedelta(minutes=5))) as opened:
        yield opened


def correct(ledger: Ledger, what: CorrectionKind, reason: str, product_id: str = PRODUCT) -> None:
    corrections.correct(ledger, what, UNIT, product_id=product_id, operator="anna", reason=reason)


def test_a_unit_is_good_until_an_attempt_begins_that_does_not_pass(ledger: Ledger) -> None:
    passed = burned(ledger)
    assert ledger.unit(UNIT, PRODUCT).good == passed
    burned(ledger, 1, Outcome.ERROR)
    history = ledger.unit(UNIT, PRODUCT)
    assert (history.passed, history.good) == (passed, None)
    again = burned(ledger)
    assert ledger.unit(UNIT, PRODUCT).good == again


def test_a_rework_is_in_force_until_it_passes(ledger: Ledger) -> None:
    burned(ledger)
    burned(ledger, 1, Outcome.ABORTED, rework="new antenna")
    assert ledger.unit(UNIT, PRODUCT).begun_rework == "new antenna"
    burned(ledger, 1, rework="new antenna")
    assert ledger.unit(UNIT, PRODUCT).begun_rework == ""


def test_another_station_continues_the_rework_whatever_its_clock_says(
    ledger: Ledger, second: Ledger
) -> None:
    burned(ledger)
    ledger.begin(an_attempt(rework="new antenna"))
    history = second.unit(UNIT, PRODUCT)
    assert (history.good, history.begun_rework) == (None, "new antenna")


def test_a_void_ends_a_rework(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, rework="new antenna")
    correct(ledger, CorrectionKind.VOID, "a trial")
    assert ledger.unit(UNIT, PRODUCT).begun_rework == ""


def test_a_scrap_stands_until_a_rework_is_declared(ledger: Ledger) -> None:
    burned(ledger)
    correct(ledger, CorrectionKind.SCRAP, "burnt")
    correct(ledger, CorrectionKind.VOID, "so that it counts nowhere")
    assert ledger.unit(UNIT, PRODUCT).scrapped == "anna: burnt"
    correct(ledger, CorrectionKind.REWORK, "mended")
    history = ledger.unit(UNIT, PRODUCT)
    assert (history.scrapped, history.declared_rework, history.good) == ("", "mended", None)


def test_a_scrap_ends_with_the_next_attempt_that_begins(ledger: Ledger, second: Ledger) -> None:
    burned(ledger)
    correct(second, CorrectionKind.SCRAP, "burnt")
    burned(second, 1, rework="mended")
    assert ledger.unit(UNIT, PRODUCT).scrapped == ""


def test_a_later_pass_under_another_product_is_seen(ledger: Ledger) -> None:
    burned(ledger)
    assert ledger.unit(UNIT, PRODUCT).other_product is None
    elsewhere = burned(ledger, 1, product_id=OTHER)
    history = ledger.unit(UNIT, PRODUCT)
    assert (history.other_product, ledger.unit(UNIT, OTHER).other_product) == (elsewhere, None)
    burned(ledger)
    assert ledger.unit(UNIT, PRODUCT).other_product is None


def test_what_another_product_voided_or_failed_is_no_pass_of_it(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, product_id=OTHER)
    assert ledger.unit(UNIT, PRODUCT).other_product is None
    burned(ledger, 1, product_id=OTHER)
    correct(ledger, CorrectionKind.VOID, "a trial", OTHER)
    assert ledger.unit(UNIT, PRODUCT).other_product is None


def test_a_board_that_another_product_scrapped_is_scrapped(ledger: Ledger) -> None:
    burned(ledger, 1, product_id=OTHER)
    correct(ledger, CorrectionKind.SCRAP, "burnt", OTHER)
    assert ledger.unit(UNIT, PRODUCT).scrapped == "anna: burnt"


def test_a_batch_that_was_opened_without_a_key_takes_that_of_its_first_unit(
    ledger: Ledger,
) -> None:
    open_batch(ledger, "WO2", key="")
    burned(ledger, 1, batch="WO2")
    row = ledger.reader.batch("WO2")
    assert row is not None
    assert row.key == KEY
    with pytest.raises(BurnerError, match=r"^E463"):
        burned(ledger, 2, batch="WO2", key="another")


def test_a_server_says_the_same(server: Server) -> None:
    with Ledger.open(server.database(), "line1", Ticking()) as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 1, product_id=OTHER)
        assert ledger.unit(UNIT, PRODUCT).other_product is not None
        correct(ledger, CorrectionKind.SCRAP, "burnt", OTHER)
        assert ledger.unit(UNIT, PRODUCT).scrapped == "anna: burnt"
