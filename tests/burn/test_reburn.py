"""The table of what becomes of a unit that comes into a slot."""

from dataclasses import replace
from pathlib import Path

import pytest

from burner.burn.reburn import TABLE, InFlash, OnRecord, ReburnAction, rule_by_flash, rule_by_record
from burner.core.errors import lookup

PAGE = Path(__file__).parents[2] / "docs" / "returning-units.md"
GOOD = OnRecord(good=True)
"""A PASS of this release, key and name."""
AS_BURNED = InFlash(frozen=True, key=True, application=True)


def decided(unit: OnRecord) -> tuple[ReburnAction, str] | None:
    row = rule_by_record(unit)
    return (row.action, row.code) if row else None


def test_the_page_shows_the_rows_of_the_code() -> None:
    rows = [f"| {row.when} | {row.then} |" for row in TABLE]
    assert "\n".join(rows) in PAGE.read_text(encoding="utf-8")


def test_every_refusal_has_a_code_that_says_what_to_do() -> None:
    for row in TABLE:
        assert bool(row.code) is (row.action is ReburnAction.REFUSE)
        assert not row.code or lookup(row.code).do


@pytest.mark.parametrize(
    ("unit", "decision"),
    [
        (OnRecord(good=False), (ReburnAction.WRITE, "")),
        (OnRecord(good=False, rework=True), (ReburnAction.WRITE, "")),
        (OnRecord(good=False, same_part=False), (ReburnAction.REFUSE, "E456")),
        (OnRecord(good=False, same_part=False, rework=True), (ReburnAction.WRITE, "")),
        (OnRecord(good=False, scrapped=True), (ReburnAction.REFUSE, "E464")),
        (OnRecord(good=False, scrapped=True, rework=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, scrapped=True), (ReburnAction.REFUSE, "E464")),
        (GOOD, None),
        (replace(GOOD, upgrade=True), None),
        (replace(GOOD, rework=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, same_part=False), (ReburnAction.REFUSE, "E456")),
        (replace(GOOD, same_part=False, rework=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, same_key=False), (ReburnAction.REFUSE, "E462")),
        (replace(GOOD, same_key=False, upgrade=True), (ReburnAction.REFUSE, "E462")),
        (replace(GOOD, same_key=False, rework=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, same_key=False, same_release=False, rework=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, same_release=False), (ReburnAction.REFUSE, "E455")),
        (replace(GOOD, same_release=False, rework=True), (ReburnAction.REFUSE, "E455")),
        (replace(GOOD, same_release=False, upgrade=True), (ReburnAction.WRITE, "")),
        (replace(GOOD, same_name=False), (ReburnAction.REFUSE, "E465")),
        (replace(GOOD, same_name=False, rework=True), (ReburnAction.WRITE, "")),
    ],
)
def test_what_the_manifest_decides(
    unit: OnRecord, decision: tuple[ReburnAction, str] | None
) -> None:
    assert decided(unit) == decision


@pytest.mark.parametrize(
    ("flash", "action"),
    [
        (AS_BURNED, ReburnAction.KNOWN),
        (replace(AS_BURNED, key=False), ReburnAction.WRITE),
        (replace(AS_BURNED, application=False), ReburnAction.WRITE),
        (replace(AS_BURNED, frozen=False), ReburnAction.REFUSE),
        (InFlash(frozen=False, key=False, application=False), ReburnAction.REFUSE),
    ],
)
def test_what_the_flash_decides(flash: InFlash, action: ReburnAction) -> None:
    assert rule_by_flash(flash).action is action
