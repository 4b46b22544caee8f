"""Chains written anew without the key: hashes agree, and still they say what cannot be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from burner.manifest import desk
from burner.manifest.desk import Correction
from burner.manifest.ledger import Ledger
from burner.model import Outcome
from tests.manifest.hand import (
    FIRST,
    NAME,
    PRODUCT,
    SECOND,
    Body,
    append,
    data_of,
    edit,
    flaw,
    rewrite,
    unguarded,
)
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)


def change(path: Path, on: Callable[[Body], None]) -> None:
    with unguarded(path) as database:
        rewrite(database, on)


# -- what an outcome says ----------------------------------------------------------------------


def test_a_pass_under_another_name_than_its_claim_is_found(two: Path) -> None:
    def steal(body: Body) -> None:
        if body["head"]["seq"] == 5:
            body["head"]["device_name"] = NAME

    change(two, steal)
    assert flaw(two).startswith(f"station line1, record 5: passed as {NAME}")


def test_a_name_that_was_never_taken_is_found_whatever_the_flag_says(two: Path) -> None:
    def share(body: Body) -> None:
        if body["head"]["unit_id"] == SECOND:
            body["head"] |= {"device_name": NAME, "claims": 0}

    with unguarded(two) as database:
        rewrite(database, share)
        database.execute("DELETE FROM claims WHERE unit_id = ?", (SECOND,))
    assert flaw(two) == f"station line1, record 4: carries the name {NAME}, which is not its unit's"


def test_a_pass_without_an_intent_is_found(two: Path) -> None:
    with unguarded(two) as database:
        append(database, {**data_of(database, 2), **data_of(database, 3)}, like=3, unit_id="x")
    assert "record 6: passed without an intent" in flaw(two)


def test_outcomes_that_changed_their_attempts_are_found(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        one, two = an_attempt(1), an_attempt(2)
        ledger.begin(one)
        ledger.begin(two)
        ledger.finish(one, a_result())
        ledger.finish(two, a_result())

    def swap(body: Body) -> None:
        body["head"]["intent"] = {3: 2, 4: 1}.get(body["head"]["seq"], body["head"]["intent"])

    change(path, swap)
    assert "record 3: ends the attempt of record 2" in flaw(path)


def test_a_second_outcome_of_one_attempt_is_found(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1, Outcome.FAIL)
    with unguarded(path) as database:
        append(database, data_of(database, 2), like=2, outcome="PASS", intent=1)
    assert "record 3: has no intent that it belongs to, or its attempt ended" in flaw(path)


@pytest.mark.parametrize("stretch", [2, 3])
def test_an_attempt_is_followed_across_the_cuts_between_processes(
    path: Path, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("burner.manifest.checks.walk.STRETCH", stretch)
    monkeypatch.setattr("burner.manifest.checks.walkers.MOST", 1)
    with Ledger.open(path, "line1", Ticking()) as ledger:
        late = an_attempt(1, name=None)
        ledger.begin(late)
        burned(ledger, 2)
        late = replace(late, device_name="plug-1")
        ledger.bind(late)
        burned(ledger, 3, Outcome.FAIL)
        ledger.finish(late, a_result())
        burned(ledger, 3)
    assert flaw(path) == "None"

    def rename(body: Body) -> None:
        if body["head"]["seq"] == 7:
            body["head"]["device_name"] = "plug-2"

    change(path, rename)
    assert "record 7: passed as plug-2, its claim is of plug-1" in flaw(path)


def test_a_record_dated_before_the_one_before_it_is_found(two: Path) -> None:
    def back(body: Body) -> None:
        if body["head"]["seq"] == 4:
            body["head"]["at"] = "1999-01-01T00:00:00.000000Z"

    change(two, back)
    assert "record 4: is dated 1999-01-01T00:00:00.000000Z, before the record" in flaw(two)


# -- names and places after a word of a person -------------------------------------------------


def void(ledger: Ledger, unit: int) -> None:
    desk.correct(
        ledger.writer,
        Correction.VOID,
        str(unit_mac(unit)),
        product_id=PRODUCT,
        operator="wang",
        reason="a trial",
        batch="WO1",
    )


def test_a_name_taken_again_after_a_void_must_be_held(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, batch="WO1")
    void(ledger, 1)
    burned(ledger, 1, batch="WO1")
    assert flaw(path) == "None"
    edit(path, "DELETE FROM claims")
    assert "record 5: its claim of 7cdfa1000001 is not in the table" in flaw(path)


def test_a_name_that_a_void_released_must_not_come_back(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, batch="WO1")
    void(ledger, 1)
    assert flaw(path) == "None"
    edit(path, f"INSERT INTO claims VALUES ('{NAME}', '{PRODUCT}', '{FIRST}', 1, 2)")
    assert f"record 2: its name {NAME} was released by record 4 and is held again" in flaw(path)


def test_a_rework_takes_no_place_away(ledger: Ledger, path: Path) -> None:
    burned(ledger, 1, batch="WO1")
    said = {"product_id": PRODUCT, "operator": "wang", "reason": "solder", "batch": "WO1"}
    desk.correct(ledger.writer, Correction.REWORK, FIRST, **said)
    assert flaw(path) == "None"
    edit(path, "DELETE FROM places", "UPDATE batches SET taken = 0")
    assert f"unit {FIRST} has lost its place" in flaw(path)


def test_a_takeover_by_a_station_whose_clock_is_behind_is_no_flaw(path: Path) -> None:
    ahead, behind = Ticking(START + timedelta(minutes=5)), Ticking()
    with Ledger.open(path, "line1", ahead) as one, Ledger.open(path, "line2", behind) as two:
        open_batch(one, planned=3)
        one.begin(an_attempt(1, batch="WO1"))
        burned(two, 1, Outcome.FAIL, batch="WO1", station="line2")
        burned(one, 2, batch="WO1")
        burned(two, 2, Outcome.FAIL, batch="WO1", station="line2", rework="solder")
    assert flaw(path) == "None"
