"""The sample audit of a batch: what was drawn, what its checks say, and that in a few lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import ENGLISH, Wording
from burner.manifest.entries.kinds import NamedUnit, SampleDrawn
from burner.manifest.entries.values import moment
from burner.manifest.reading.audits import PassWindow, RecordedCheck, checks, draws, passed_units
from burner.manifest.reading.reader import ManifestReader
from burner.report.sampling import LotVerdict, SamplingPlan, draw, judge

NOT_YET, GOOD, DIFFERS = "not checked", "good", "differs"
LONGEST_LIST = 40
"""Differing units named in the lines; `burner batch audit` names all."""
INDENT = " " * 9
"""Of a line without a head of its own."""


@dataclass(frozen=True)
class Audit:
    """A drawn sample and the checks that are on record for it."""

    batch: str
    passed: int
    """Units that hold a place of the batch by PASS now."""
    lot_size: int
    seed: str
    plan: SamplingPlan
    sample: Sequence[NamedUnit]
    checks: Mapping[str, RecordedCheck]
    """UnitId → the check that counts for it, of every checked unit of the batch."""
    drawn: SampleDrawn | None = None
    """The record of the draw; None where it was drawn just now."""
    draws: int = 0
    """How many are on record."""
    size: int = 0
    """Records in the log when the units were counted."""
    late: int = 0
    """Units that passed after the draw and were never checked: they were not in the box."""

    def state(self, unit: NamedUnit) -> str:
        """One word on a unit."""
        check = self.checks.get(unit.unit_id)
        return NOT_YET if check is None else GOOD if check.good else DIFFERS

    def count(self, state: str) -> int:
        """How many units of the sample are in that state."""
        return sum(self.state(unit) == state for unit in self.sample)

    @property
    def beside(self) -> list[RecordedCheck]:
        """Checks of units that are not in the sample."""
        drawn = {unit.unit_id for unit in self.sample}
        return [check for unit, check in self.checks.items() if unit not in drawn]

    @property
    def verdict(self) -> LotVerdict:
        """By Ac and Re; a batch that grew after the draw is not accepted by it."""
        found = judge(self.plan, self.count(GOOD), self.count(DIFFERS))
        return LotVerdict.INCOMPLETE if found is LotVerdict.ACCEPT and self.late else found

    def counts(self) -> dict[str, int]:
        """How many units of the sample are in which state."""
        return {state: self.count(state) for state in (GOOD, DIFFERS, NOT_YET)}


def drawn_now(
    reader: ManifestReader,
    batch: str,
    plan_of: Callable[[int], SamplingPlan],
    seed: str,
    lot_size: int = 0,
    *,
    window: PassWindow = PassWindow(),  # noqa: B008 - frozen
) -> Audit:
    """Draw among all that passed, and all that were ever checked: scrapping hides no finding.

    Args:
        reader: of the manifest.
        batch: of which.
        plan_of: the plan for so many units.
        seed: any text; the same one draws the same units.
        lot_size: as somebody says it; 0 = the units there are.
        window: only units that passed in it.

    Raises:
        BurnerError: E745 when no unit passed; E7.
    """
    size = reader.size()
    counting = _that_count(checks(reader, batch))
    units = {unit.unit_id: unit for unit in passed_units(reader, batch, window)}
    passed = len(units)
    for check in counting.values() if window == PassWindow() else ():
        unit = NamedUnit(unit_id=check.unit_id, device_name=check.device_name)
        units.setdefault(unit.unit_id, unit)
    if not units:
        raise BurnerError(Code.NO_PASS_TO_SAMPLE, batch)
    plan = plan_of(len(units))
    sample = draw(units.values(), plan.sample_size, seed)
    lot_size = lot_size or len(units)
    return Audit(batch, passed, lot_size, seed, plan, sample, counting, size=size)


def recorded(reader: ManifestReader, batch: str) -> Audit | None:
    """The latest draw on record, and what came of it; None where none was recorded."""
    known = draws(reader, batch)
    if not known:
        return None
    last = known[-1]
    counting = _that_count(checks(reader, batch))
    late = passed_units(reader, batch, PassWindow(after=last))
    met = counting.keys() | {unit.unit_id for unit in last.units}
    return Audit(
        batch,
        passed=reader.passed_in(batch),
        lot_size=last.lot_size,
        seed=last.seed,
        plan=SamplingPlan(**last.plan),
        sample=last.units,
        checks=counting,
        drawn=last,
        draws=len(known),
        late=sum(unit.unit_id not in met for unit in late),
    )


def _that_count(checks: Sequence[RecordedCheck]) -> dict[str, RecordedCheck]:
    """One check a unit: a unit that ever differed has differed, whatever was done to it since."""
    counting: dict[str, RecordedCheck] = {}
    for check in checks:
        before = counting.get(check.unit_id)
        if before is None or before.good:
            counting[check.unit_id] = check
    return counting


# -- in words and for scripts ---------------------------------------------------------------------


def plan_words(audit: Audit, say: Wording) -> tuple[str, str]:
    """By which rule the sample was sized; and the lot, the sample and the limits."""
    plan, lot = audit.plan, say("lot of sample", audit.lot_size)
    limits = [f"n = {plan.sample_size}", f"Ac {plan.accept}", f"Re {plan.reject}"]
    if not plan.aql:
        return say("a sample of a chosen size"), say(", ").join((lot, *limits))
    arrow = f" → {plan.plan_letter}" if plan.plan_letter != plan.code_letter else ""
    letter = say("letter of sample", f"{plan.code_letter}{arrow}")
    rule = say("rule of sample", plan.level, plan.aql)
    return rule, say(", ").join((lot, letter, *limits))


def verdict_words(audit: Audit, say: Wording) -> str:
    """The verdict, and what is still to be done."""
    if audit.verdict is not LotVerdict.INCOMPLETE:
        return say(f"verdict {audit.verdict}")
    if left := audit.count(NOT_YET):
        return say("verdict unchecked", left)
    return say("verdict late", audit.late)


def lines(reader: ManifestReader, batch: str, say: Wording = ENGLISH) -> list[str]:
    """What is on record of a batch's sample audit; says so where there is nothing."""
    audit = recorded(reader, batch)
    if audit is not None:
        return _of_draw(audit, say)
    checked = _that_count(checks(reader, batch))
    if not checked:
        return [say("No sample audit was recorded.")]
    differ = sum(not check.good for check in checked.values())
    number = len(checked)
    said = say.counted("checked so far", number, number, differ)
    return [say("No sample was drawn on record."), say("audit checked", said)]


def _of_draw(audit: Audit, say: Wording) -> list[str]:
    drawn = audit.drawn
    assert drawn is not None  # noqa: S101 - `recorded` gives it
    rule, limits = plan_words(audit, say)
    before = say("earlier draws", audit.draws - 1) if audit.draws > 1 else ""
    good, differ, size = audit.count(GOOD), audit.count(DIFFERS), len(audit.sample)
    so_far = say.counted("sample so far", size, good + differ, size, good, differ)
    beside = say("checked beside", len(audit.beside)) if audit.beside else ""
    bad = [check for check in audit.checks.values() if not check.good]
    more = len(bad) - LONGEST_LIST
    draw = say("drawn by", f"{moment(drawn.at):%Y-%m-%d %H:%M}", drawn.operator, audit.seed)
    return [
        say("audit plan", rule),
        f"{INDENT}{limits}",
        say("audit drawn", f"{draw}{before}"),
        say("audit checked", f"{so_far}{beside}"),
        *(say("audit differs", each.unit_id, each.device_name) for each in bad[:LONGEST_LIST]),
        *([f"{INDENT}{say('and more', more)}"] if more > 0 else []),
        say("audit verdict", verdict_words(audit, say)),
    ]


def plain(audit: Audit) -> dict[str, Any]:
    """For scripts: what the lines say, without the units."""
    return {
        "passed": audit.passed,
        "lot_size": audit.lot_size,
        "seed": audit.seed,
        "plan": asdict(audit.plan),
        "drawn": moment(audit.drawn.at).isoformat().replace("+00:00", "Z") if audit.drawn else None,
        "draws": audit.draws,
        "late": audit.late,
        "verdict": audit.verdict.value,
        "counts": audit.counts(),
    }
