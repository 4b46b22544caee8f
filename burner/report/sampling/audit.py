"""The sample audit of a batch: its draw, its checks, its verdict, and a summary in lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import ENGLISH, Wording
from burner.manifest.entries.kinds import NamedUnit, SampleDrawn
from burner.manifest.entries.values import moment
from burner.manifest.reading.audits import (
    PassWindow,
    RecordedCheck,
    passed_units,
    recorded_checks,
    recorded_draws,
)
from burner.manifest.reading.reader import ManifestReader
from burner.report.sampling.sampling import LotVerdict, SamplingPlan, draw, judge

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
    """Units of the batch that are PASS now."""
    lot_size: int
    seed: str
    plan: SamplingPlan
    sample: Sequence[NamedUnit]
    checks: Mapping[str, RecordedCheck]
    """UnitId → the decisive check, for every checked unit of the batch."""
    drawn: SampleDrawn | None = None
    """The record of the draw; None: not recorded yet."""
    draws: int = 0
    """Draws on record."""
    size: int = 0
    """Records in the log when the units were counted."""
    late: int = 0
    """Unchecked units that passed after the draw: it could not choose them."""

    def state(self, unit: NamedUnit) -> str:
        """The state of a unit."""
        check = self.checks.get(unit.unit_id)
        return NOT_YET if check is None else GOOD if check.good else DIFFERS

    def count(self, state: str) -> int:
        """Units of the sample in a state."""
        return sum(self.state(unit) == state for unit in self.sample)

    @property
    def beside(self) -> list[RecordedCheck]:
        """Checks of units outside the sample."""
        drawn = {unit.unit_id for unit in self.sample}
        return [check for unit, check in self.checks.items() if unit not in drawn]

    @property
    def verdict(self) -> LotVerdict:
        """By Ac and Re; with late units the batch is not accepted yet."""
        verdict = judge(self.plan, self.count(GOOD), self.count(DIFFERS))
        return LotVerdict.INCOMPLETE if verdict is LotVerdict.ACCEPT and self.late else verdict

    def counts(self) -> dict[str, int]:
        """Units of the sample by state."""
        return {state: self.count(state) for state in (GOOD, DIFFERS, NOT_YET)}


def draw_sample(
    reader: ManifestReader,
    batch: str,
    plan_of: Callable[[int], SamplingPlan],
    seed: str,
    lot_size: int = 0,
    *,
    window: PassWindow = PassWindow(),  # noqa: B008 - frozen
) -> Audit:
    """Draw among units that passed, and all units ever checked: a scrap cannot hide a finding.

    Args:
        reader: of the manifest.
        batch: its batch.
        plan_of: gives the plan for a number of units.
        seed: any text; the same seed draws the same units.
        lot_size: 0: the number of units.
        window: only units that passed in it.

    Raises:
        BurnerError: E745 when no unit passed; E7.
    """
    size = reader.size()
    decisive = _decisive_checks(recorded_checks(reader, batch))
    units = {unit.unit_id: unit for unit in passed_units(reader, batch, window)}
    passed = len(units)
    for check in decisive.values() if window == PassWindow() else ():
        unit = NamedUnit(unit_id=check.unit_id, device_name=check.device_name)
        units.setdefault(unit.unit_id, unit)
    if not units:
        raise BurnerError(Code.NO_PASS_TO_SAMPLE, batch)
    plan = plan_of(len(units))
    sample = draw(units.values(), plan.sample_size, seed)
    lot_size = lot_size or len(units)
    return Audit(batch, passed, lot_size, seed, plan, sample, decisive, size=size)


def recorded_audit(reader: ManifestReader, batch: str) -> Audit | None:
    """The latest draw on record with its checks; None: there is none."""
    draws = recorded_draws(reader, batch)
    if not draws:
        return None
    last = draws[-1]
    decisive = _decisive_checks(recorded_checks(reader, batch))
    late = passed_units(reader, batch, PassWindow(after=last))
    seen = decisive.keys() | {unit.unit_id for unit in last.units}
    return Audit(
        batch,
        passed=reader.count_passed(batch),
        lot_size=last.lot_size,
        seed=last.seed,
        plan=SamplingPlan(**last.plan),
        sample=last.units,
        checks=decisive,
        drawn=last,
        draws=len(draws),
        late=sum(unit.unit_id not in seen for unit in late),
    )


def _decisive_checks(checks: Sequence[RecordedCheck]) -> dict[str, RecordedCheck]:
    """One check for each unit: the first one that differs, else the last."""
    decisive: dict[str, RecordedCheck] = {}
    for check in checks:
        earlier = decisive.get(check.unit_id)
        if earlier is None or earlier.good:
            decisive[check.unit_id] = check
    return decisive


# -- in words and for scripts ---------------------------------------------------------------------


def plan_words(audit: Audit, say: Wording) -> tuple[str, str]:
    """The rule of the sample size; and the lot, the sample and the limits."""
    plan, lot = audit.plan, say("lot of sample", audit.lot_size)
    limits = [f"n = {plan.sample_size}", f"Ac {plan.accept}", f"Re {plan.reject}"]
    if not plan.aql:
        return say("a sample of a chosen size"), say(", ").join((lot, *limits))
    arrow = f" → {plan.plan_letter}" if plan.plan_letter != plan.code_letter else ""
    letter = say("letter of sample", f"{plan.code_letter}{arrow}")
    rule = say("rule of sample", plan.level, plan.aql)
    return rule, say(", ").join((lot, letter, *limits))


def verdict_words(audit: Audit, say: Wording) -> str:
    """The verdict, and what is missing."""
    if audit.verdict is not LotVerdict.INCOMPLETE:
        return say(f"verdict {audit.verdict}")
    if left := audit.count(NOT_YET):
        return say("verdict unchecked", left)
    return say("verdict late", audit.late)


def audit_lines(reader: ManifestReader, batch: str, say: Wording = ENGLISH) -> list[str]:
    """The sample audit of a batch in lines, also where none is on record."""
    audit = recorded_audit(reader, batch)
    if audit is not None:
        return _draw_lines(audit, say)
    checked = _decisive_checks(recorded_checks(reader, batch))
    if not checked:
        return [say("No sample audit was recorded.")]
    differ = sum(not check.good for check in checked.values())
    number = len(checked)
    summary = say.counted("checked so far", number, number, differ)
    return [say("No sample was drawn on record."), say("audit checked", summary)]


def _draw_lines(audit: Audit, say: Wording) -> list[str]:
    drawn = audit.drawn
    assert drawn is not None  # noqa: S101 - `recorded_audit` gives it
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
        *(say("audit differs", check.unit_id, check.device_name) for check in bad[:LONGEST_LIST]),
        *([f"{INDENT}{say('and more', more)}"] if more > 0 else []),
        say("audit verdict", verdict_words(audit, say)),
    ]


def plain(audit: Audit) -> dict[str, Any]:
    """The audit as JSON, without its units."""
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
