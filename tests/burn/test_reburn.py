"""The table of what becomes of a unit that comes into a slot."""

from dataclasses import replace
from pathlib import Path

import pytest

from burner.burn.reburn import TABLE, Action, InFlash, OnRecord, by_flash, by_record
from burner.core.errors import lookup

DESIGN = Path(__file__).parents[2] / "docs" / "design.md"
GOOD = OnRecord(good=True)
"""A PASS of this release, key and name."""
AS_BURNED = InFlash(frozen=True, key=True, application=True)


def decided(unit: OnRecord) -> tuple[Action, str] | None:
    row = by_record(unit)
    return (row.action, row.code) if row else None


def test_the_design_shows_the_rows_of_the_code() -> None:
    rows = [f"| {row.when} | {row.then} |" for row in TABLE]
    assert "\n".join(rows) in DESIGN.read_text(encoding="utf-8")


def test_every_refusal_has_a_code_that_says_what_to_do() -> None:
    for row in TABLE:
        assert bool(row.code) is (row.action is Action.REFUSE)
        assert not row.code or lookup(row.code).do


@pytest.mark.parametrize(
    ("unit", "decision"),
    [
        (OnRecord(good=False), (Action.WRITE, "")),
        (OnRecord(good=False, rework=True), (Action.WRITE, "")),
        (OnRecord(good=False, same_part=False), (Action.REFUSE, "E456")),
        (OnRecord(good=False, same_part=False, rework=True), (Action.WRITE, "")),
        (OnRecord(good=False, scrapped=True), (Action.REFUSE, "E464")),
        (OnRecord(good=False, scrapped=True, rework=True), (Action.WRITE, "")),
        (replace(GOOD, scrapped=True), (Action.REFUSE, "E464")),
        (GOOD, None),
        (replace(GOOD, upgrade=True), None),
        (replace(GOOD, rework=True), (Action.WRITE, "")),
        (replace(GOOD, same_part=False), (Action.REFUSE, "E456")),
        (replace(GOOD, same_part=False, rework=True), (Action.WRITE, "")),
        (replace(GOOD, same_key=False), (Action.REFUSE, "E462")),
        (replace(GOOD, same_key=False, upgrade=True), (Action.REFUSE, "E462")),
        (replace(GOOD, same_key=False, rework=True), (Action.WRITE, "")),
        (replace(GOOD, same_key=False, same_release=False, rework=True), (Action.WRITE, "")),
        (replace(GOOD, same_release=False), (Action.REFUSE, "E455")),
        (replace(GOOD, same_release=False, rework=True), (Action.REFUSE, "E455")),
        (replace(GOOD, same_release=False, upgrade=True), (Action.WRITE, "")),
        (replace(GOOD, same_name=False), (Action.REFUSE, "E465")),
        (replace(GOOD, same_name=False, rework=True), (Action.WRITE, "")),
    ],
)
def test_what_the_manifest_decides(unit: OnRecord, decision: tuple[Action, str] | None) -> None:
    assert decided(unit) == decision


@pytest.mark.parametrize(
    ("flash", "action"),
    [
        (AS_BURNED, Action.KNOWN),
        (replace(AS_BURNED, key=False), Action.WRITE),
        (replace(AS_BURNED, application=False), Action.WRITE),
        (replace(AS_BURNED, frozen=False), Action.REFUSE),
        (InFlash(frozen=False, key=False, application=False), Action.REFUSE),
    ],
)
def test_what_the_flash_decides(flash: InFlash, action: Action) -> None:
    assert by_flash(flash).action is action
