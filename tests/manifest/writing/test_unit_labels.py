"""Printed labels on record: what is owed, and that nothing is printed twice by itself."""

from datetime import timedelta
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd, UnitLabelState
from burner.manifest.entries.values import moment
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.unit_labels import (
    LabelCounts,
    label_counts,
    label_counts_by_batch,
    labels_of_batch,
    unit_label,
)
from burner.manifest.store.bodies import entry_at
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.unit_labels import LabelPrint, confirm_label, end_print, start_print
from tests.manifest.records import a_ledger, burned, flaws, open_batch, unit_mac

PRODUCT = "S3EUVBRJLB"
LABEL = {"size_mm": [40, 20], "elements": [{"text": "{name}", "at_mm": [1, 1]}]}


def open_with_label(ledger: Ledger, batch: str = "WO9", width: int = 40) -> str:
    product = {"name": "plug-c3", "version": "1.2.0", "id": PRODUCT}
    label = {**LABEL, "size_mm": [width, 20]}
    index = {"profile": {"product": product, "label": label}, "parts": []}
    open_batch(ledger, batch, index=canonical(index).decode(), release_digest=digest(index))
    return digest(index)


def label_of(ledger: Ledger, unit: int = 1) -> UnitLabelRow:
    with ledger.reader.connection() as connection:
        row = unit_label(connection, PRODUCT, str(unit_mac(unit)))
    assert row is not None
    return row


def a_print(ledger: Ledger, unit: int = 1, reason: str = "") -> tuple[LabelPrint, int]:
    label = LabelPrint(label_of(ledger, unit), "zebra", "li" if reason else "", reason)
    return label, start_print(ledger, label)


def printed(
    ledger: Ledger, result: LabelPrintEnd = LabelPrintEnd.SENT, unit: int = 1, reason: str = ""
) -> None:
    label, number = a_print(ledger, unit, reason)
    end_print(ledger, label, number, result)


def refused(ledger: Ledger, unit: int = 1) -> str:
    with pytest.raises(BurnerError) as error:
        a_print(ledger, unit)
    return error.value.code


def counts(ledger: Ledger) -> LabelCounts:
    with ledger.reader.connection() as connection:
        return label_counts(connection, "WO9")


def test_a_unit_that_passed_owes_its_label(ledger: Ledger) -> None:
    release = open_with_label(ledger)
    burned(ledger, 1, batch="WO9", release_digest=release)
    burned(ledger, 2, Outcome.FAIL, batch="WO9", release_digest=release)
    burned(ledger, 3, batch="WO1")  # a release without a label
    assert counts(ledger) == LabelCounts(owed=1)
    row = label_of(ledger)
    assert (row.state, row.prints, row.station) == (UnitLabelState.OWED, 0, "line1")
    assert not flaws(ledger.reader)


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (LabelPrintEnd.SENT, UnitLabelState.SENT),
        (LabelPrintEnd.DOUBTFUL, UnitLabelState.DOUBTFUL),
        (None, UnitLabelState.STARTED),
    ],
)
def test_a_label_that_may_have_come_out_is_never_printed_again_by_itself(
    ledger: Ledger, result: LabelPrintEnd | None, state: UnitLabelState
) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    if result:
        printed(ledger, result)
    else:
        a_print(ledger)  # the station died
    assert label_of(ledger).state == state
    assert refused(ledger) == "E777"
    printed(ledger, reason="the label was torn")
    row = label_of(ledger)
    assert (row.state, row.prints) == (UnitLabelState.SENT, 2)
    assert not flaws(ledger.reader)


def test_a_print_of_which_nothing_left_is_owed_still(ledger: Ledger) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    printed(ledger, LabelPrintEnd.NOT_SENT)
    assert (label_of(ledger).state, label_of(ledger).prints) == (UnitLabelState.OWED, 0)
    printed(ledger)
    assert counts(ledger) == LabelCounts(sent=1)


def test_a_reprint_of_which_nothing_left_owes_nothing(ledger: Ledger) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    printed(ledger)
    printed(ledger, LabelPrintEnd.NOT_SENT, reason="torn")
    assert label_of(ledger).state == UnitLabelState.SENT
    assert refused(ledger) == "E777"


def test_another_station_does_not_print_it_either(ledger: Ledger, tmp_path: Path) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    a_print(ledger)
    with Ledger.open(tmp_path / "manifest.db", "line2") as other:
        assert refused(other) == "E777"


def test_a_print_without_an_end_is_at_work_for_a_minute_and_then_doubtful(ledger: Ledger) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    _, number = a_print(ledger)
    with ledger.reader.connection() as connection:
        begun = moment(entry_at(connection, number).at)
        counted = [
            label_counts_by_batch(connection, ["WO9"], begun + timedelta(seconds=seconds))
            for seconds in (1, 61)
        ]
    assert counted == [{"WO9": LabelCounts(printing=1)}, {"WO9": LabelCounts(doubtful=1)}]


def test_a_reprint_needs_operator_and_reason(ledger: Ledger) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    printed(ledger)
    with pytest.raises(BurnerError) as error:
        start_print(ledger, LabelPrint(label_of(ledger), "zebra", operator="li"))
    assert error.value.code == "E731"


def test_a_label_that_was_scanned_is_confirmed(ledger: Ledger) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    with pytest.raises(BurnerError) as error:
        confirm_label(ledger, label_of(ledger))
    assert error.value.code == "E779"
    printed(ledger, LabelPrintEnd.DOUBTFUL)
    confirm_label(ledger, label_of(ledger))
    confirm_label(ledger, label_of(ledger))  # scanned twice
    assert counts(ledger) == LabelCounts(confirmed=1)
    assert refused(ledger) == "E777"
    assert not flaws(ledger.reader)


@pytest.mark.parametrize("result", [LabelPrintEnd.SENT, LabelPrintEnd.DOUBTFUL])
def test_a_label_that_is_scanned_before_its_print_has_ended_stays_confirmed(
    ledger: Ledger, result: LabelPrintEnd
) -> None:
    burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
    label, number = a_print(ledger)
    confirm_label(ledger, label_of(ledger))  # at a desk
    end_print(ledger, label, number, result)
    assert counts(ledger) == LabelCounts(confirmed=1)
    assert label_of(ledger).prints == 1
    with pytest.raises(BurnerError) as error:
        end_print(ledger, LabelPrint(label.row, "zebra"), number, result)
    assert error.value.code == "E714"
    assert not flaws(ledger.reader)


def test_a_unit_that_is_good_no_more_gets_no_label(ledger: Ledger) -> None:
    release = open_with_label(ledger)
    burned(ledger, batch="WO9", release_digest=release)
    correct(
        *(ledger, CorrectionKind.SCRAP, str(unit_mac(1))),
        product_id=PRODUCT,
        operator="qa",
        reason="broken",
    )
    assert refused(ledger) == "E778"
    assert counts(ledger) == LabelCounts()


def test_a_rework_owes_a_label_only_where_it_changes(ledger: Ledger) -> None:
    release = open_with_label(ledger)
    burned(ledger, batch="WO9", release_digest=release)
    printed(ledger)
    burned(ledger, batch="WO9", release_digest=release, rework="new antenna")
    assert counts(ledger) == LabelCounts(sent=1)
    burned(ledger, batch="WO9", release_digest=release, rework="new name", name="plug-1")
    assert counts(ledger) == LabelCounts(owed=1)
    printed(ledger)
    other = open_with_label(ledger, "WO10", width=50)
    burned(ledger, batch="WO10", release_digest=other, rework="newer", name="plug-1")
    assert label_of(ledger).batch == "WO10"
    assert label_of(ledger).state == UnitLabelState.OWED
    assert not flaws(ledger.reader)


def test_labels_are_listed_in_the_order_of_their_units(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        release = open_with_label(ledger)
        for unit in (3, 1, 2):
            burned(ledger, unit, batch="WO9", release_digest=release)
        printed(ledger, unit=1)
        with ledger.reader.connection() as connection:
            rows = labels_of_batch(connection, "WO9", UnitLabelState.OWED)
        assert [row.unit_id for row in rows] == [str(unit_mac(3)), str(unit_mac(2))]
