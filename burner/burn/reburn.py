"""The rules for a unit in a slot: it is written, it is KNOWN, or it is refused. Pure.

`ON_RECORD` and `IN_FLASH` are one table, read from top to bottom: the first rule that fits decides.
docs/returning-units.md shows the same rows; a test compares them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from burner.core.code import Code

FactsT = TypeVar("FactsT")


class ReburnAction(StrEnum):
    """What is done with the unit."""

    WRITE = "write everything"
    KNOWN = "KNOWN, nothing written"
    REFUSE = "refused"


@dataclass(frozen=True)
class OnRecord:
    """A unit in the manifest, compared with what it shall become."""

    good: bool
    """It has a PASS that was not withdrawn, and no attempt began after it."""
    scrapped: bool = False
    rework: bool = False
    """A person declared a rework of it: now, or at a desk since its last attempt."""
    same_part: bool = True
    """The second fingerprint shows no other chip than in its last attempt; or it has no PASS."""
    same_key: bool = True
    """ProductID and ProductSecret are those of its PASS."""
    same_release: bool = True
    same_name: bool = True
    upgrade: bool = False
    """The profile says `reburn: upgrade`."""


@dataclass(frozen=True)
class InFlash:
    """The flash of a good unit, read now and compared with its PASS."""

    frozen: bool
    """Every frozen region is as burned."""
    key: bool
    """The key configuration is; or it is gone, and the firmware moves it (`after_boot: moved`)."""
    application: bool
    """The application that starts is the one that was burned: otadata selects it with every
    bootloader, and its bytes are as burned, also where its region is mutable."""


@dataclass(frozen=True)
class ReburnRule(Generic[FactsT]):
    """One rule: a row of the table."""

    when: str
    fits: Callable[[FactsT], bool]
    action: ReburnAction
    code: str = ""
    """Of a refusal."""
    note: str = ""
    """A remark on the action."""

    @property
    def then(self) -> str:
        """The action in words."""
        action = f"{self.action}: {self.code}" if self.code else self.action.value
        return f"{action}; {self.note}" if self.note else action


A_REWORK = "burned only as a rework"

ON_RECORD: tuple[ReburnRule[OnRecord], ...] = (
    ReburnRule(
        "scrapped, here or in an imported log",
        lambda unit: unit.scrapped and not unit.rework,
        ReburnAction.REFUSE,
        Code.UNIT_SCRAPPED,
        "only a rework with a reason ends it",
    ),
    ReburnRule(
        "a PASS, and another part with the same MAC",
        lambda unit: not unit.same_part and not unit.rework,
        ReburnAction.REFUSE,
        Code.MAC_TAKEN,
        A_REWORK,
    ),
    ReburnRule(
        "no PASS; a void; a later attempt that is OPEN or ended without PASS",
        lambda unit: not unit.good,
        ReburnAction.WRITE,
        note="what was begun as a rework is continued as one",
    ),
    ReburnRule(
        "PASS with another key",
        lambda unit: not unit.same_key and not unit.rework,
        ReburnAction.REFUSE,
        Code.PASSED_WITH_OTHER_KEY,
        f"{A_REWORK} in a batch of the new key",
    ),
    ReburnRule(
        "PASS of another release with this key, `reburn: refuse`",
        lambda unit: unit.same_key and not unit.same_release and not unit.upgrade,
        ReburnAction.REFUSE,
        Code.PASSED_WITH_OTHER_RELEASE,
    ),
    ReburnRule(
        "PASS of another release with this key, `reburn: upgrade`",
        lambda unit: unit.same_key and not unit.same_release,
        ReburnAction.WRITE,
    ),
    ReburnRule(
        "PASS under another name",
        lambda unit: not unit.same_name and not unit.rework,
        ReburnAction.REFUSE,
        Code.PASSED_UNDER_OTHER_NAME,
        A_REWORK,
    ),
    ReburnRule(
        "PASS, and a rework is declared that no row above refuses",
        lambda unit: unit.rework,
        ReburnAction.WRITE,
    ),
)
"""Rules that need the manifest only."""

IN_FLASH: tuple[ReburnRule[InFlash], ...] = (
    ReburnRule(
        "PASS of this release, key and name; a frozen region differs",
        lambda flash: not flash.frozen,
        ReburnAction.REFUSE,
        Code.FLASH_CHANGED_SINCE_PASS,
        A_REWORK,
    ),
    ReburnRule(
        "same, but the key configuration differs, or another application may start: "
        "otadata selects it, or does so with some bootloader, or its region, being mutable, "
        "holds other bytes",
        lambda flash: not (flash.key and flash.application),
        ReburnAction.WRITE,
    ),
    ReburnRule(
        "same; frozen regions and the application agree, key configuration decoded and equal, "
        "otadata selects what the record implies",
        lambda _: True,
        ReburnAction.KNOWN,
    ),
)
"""Rules for a unit that passed with this release, key and name; they need its flash."""

TABLE: tuple[ReburnRule[Any], ...] = (*ON_RECORD, *IN_FLASH)
"""All rules, in their order."""


def rule_by_record(unit: OnRecord) -> ReburnRule[OnRecord] | None:
    """The rule that fits by the manifest alone; None where the flash must be read."""
    return next((row for row in ON_RECORD if row.fits(unit)), None)


def rule_by_flash(flash: InFlash) -> ReburnRule[InFlash]:
    """The rule that fits a good unit of this release, key and name."""
    return next(row for row in IN_FLASH if row.fits(flash))
