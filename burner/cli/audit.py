"""`burner manifest audit`: which units to pull from the box, and what their checks say so far."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.options import json_option, manifest_option
from burner.errors import BurnerError

if TYPE_CHECKING:
    from burner.manifest.audits import Checked, PassedUnit
    from burner.manifest.reader import Reader
    from burner.report.sampling import Plan, Verdict

SCHEMA = 1
SEED_BELOW = 10**6
NOT_YET, GOOD, DIFFERS = "not checked", "good", "differs"


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    batch: str
    sample: int
    aql: str
    level: str
    lot_size: int
    seed: str

    def plan(self, units: int) -> "Plan":
        """The plan for so many units; never more to check than there are."""
        from burner.report.sampling import Level, chosen_plan, single_plan

        if not self.aql:
            return chosen_plan(self.sample, units)
        plan = single_plan(self.lot_size or units, self.aql, Level(self.level))
        return replace(plan, sample_size=min(plan.sample_size, units))


@dataclass(frozen=True)
class Audit:
    """A drawn sample and the checks that are on record for it."""

    batch: str
    passed: int
    lot_size: int
    seed: str
    plan: "Plan"
    sample: "Sequence[PassedUnit]"
    checks: "Mapping[str, Checked]"
    """UnitId → the check that counts for it, of every checked unit of the batch."""

    def state(self, unit: "PassedUnit") -> str:
        """One word on a unit."""
        check = self.checks.get(unit.unit_id)
        return NOT_YET if check is None else GOOD if check.good else DIFFERS

    def count(self, state: str) -> int:
        """How many units of the sample are in that state."""
        return sum(self.state(unit) == state for unit in self.sample)

    @property
    def beside(self) -> "list[Checked]":
        """Checks of units that are not in the sample."""
        drawn = {unit.unit_id for unit in self.sample}
        return [check for unit, check in self.checks.items() if unit not in drawn]

    @property
    def verdict(self) -> "Verdict":
        """By Ac and Re."""
        from burner.report.sampling import judge

        return judge(self.plan, self.count(GOOD), self.count(DIFFERS))


@click.command()
@click.option("--batch", required=True, metavar="ID", help="The batch.")
@click.option(
    "--sample", metavar="N", type=click.IntRange(1), help="So many units; none may differ."
)
@click.option("--aql", metavar="PERCENT", help="ISO 2859-1, single, normal: 0.010 to 10, as 0.65.")
@click.option(
    "--inspection-level",
    "level",
    type=click.Choice(("I", "II", "III")),
    default="II",
    show_default=True,
    help="General inspection level, with --aql.",
)
@click.option(
    "--lot-size",
    metavar="N",
    type=click.IntRange(1),
    help="With --aql; else the units that passed.",
)
@click.option("--seed", metavar="TEXT", help="The same seed draws the same units; else a new one.")
@manifest_option
@json_option
def audit(
    *,
    batch: str,
    sample: int | None,
    aql: str | None,
    level: str,
    lot_size: int | None,
    seed: str | None,
    manifest: str,
    as_json: bool,
) -> int:
    """Draw the units of BATCH to pull from the box, and judge by the checks on record.

    Check each with `burner verify --record --operator ID`, then give the same --seed again.

    Ends with 1 when the batch is to be rejected.
    """
    from burner.manifest.reader import Reader
    from burner.report.sampling import Verdict

    if (sample is None) == (aql is None):
        raise click.UsageError("give --sample N or --aql PERCENT")
    with Reader.open(manifest) as reader:
        if reader.batch(batch) is None:
            raise BurnerError("E733", batch)
        wanted = Wanted(batch, sample or 0, _aql(aql), level, lot_size or 0, seed or _new_seed())
        found = _draw(reader, wanted)
    if as_json:
        screen.say(json.dumps(_plain(found), ensure_ascii=False, indent=2))
    else:
        _show(found)
    return 1 if found.verdict is Verdict.REJECT else 0


def _aql(text: str | None) -> str:
    from burner.report.sampling import AQLS, aql_name

    if text is None:
        return ""
    name = aql_name(text)
    if name is None:
        raise click.BadParameter(f"{text} is none of {', '.join(AQLS)}", param_hint="--aql")
    return name


def _new_seed() -> str:
    from secrets import randbelow

    return f"{randbelow(SEED_BELOW):06}"


def _draw(reader: "Reader", wanted: Wanted) -> Audit:
    """Draw among all that passed, and all that were ever checked: scrapping hides no finding."""
    from burner.manifest.audits import PassedUnit, checks, passed_units
    from burner.report.sampling import draw

    counting = _that_count(checks(reader, wanted.batch))
    units = {unit.unit_id: unit for unit in passed_units(reader, wanted.batch)}
    passed = len(units)
    for check in counting.values():
        units.setdefault(check.unit_id, PassedUnit(check.unit_id, check.device_name))
    if not units:
        raise BurnerError("E745", wanted.batch)
    plan = wanted.plan(len(units))
    sample = draw(units.values(), plan.sample_size, wanted.seed)
    lot = wanted.lot_size or len(units)
    return Audit(wanted.batch, passed, lot, wanted.seed, plan, sample, counting)


def _that_count(checks: "Sequence[Checked]") -> "dict[str, Checked]":
    """One check a unit: a unit that ever differed has differed, whatever was done to it since."""
    counting: dict[str, Checked] = {}
    for check in checks:
        before = counting.get(check.unit_id)
        if before is None or before.good:
            counting[check.unit_id] = check
    return counting


def _plain(audit: Audit) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "batch": audit.batch,
        "passed": audit.passed,
        "lot_size": audit.lot_size,
        "seed": audit.seed,
        "plan": asdict(audit.plan),
        "verdict": audit.verdict.value,
        "counts": {state: audit.count(state) for state in (GOOD, DIFFERS, NOT_YET)},
        "sample": [
            {
                "unit_id": unit.unit_id,
                "device_name": unit.device_name,
                "state": audit.state(unit),
                "check": _check(audit.checks.get(unit.unit_id)),
            }
            for unit in audit.sample
        ],
        "beside": [_check(check) for check in audit.beside],
    }


def _check(check: "Checked | None") -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        **check._asdict(),
        "at": check.at.isoformat().replace("+00:00", "Z"),
        "findings": list(check.findings),
    }


def _show(audit: Audit) -> None:
    plan = audit.plan
    if plan.aql:
        arrow = f" → {plan.plan_letter}" if plan.plan_letter != plan.code_letter else ""
        screen.say(
            f"ISO 2859-1, single, normal inspection, level {plan.level}, AQL {plan.aql}: lot "
            f"{audit.lot_size}, letter {plan.code_letter}{arrow}, n = {plan.sample_size}, "
            f"Ac {plan.accept}, Re {plan.reject}"
        )
    screen.say(f"batch {audit.batch}: pull {len(audit.sample)} of {audit.passed} units that passed")
    screen.table(
        "",
        ("unit", "name", "check", "when (UTC)", "by", "what differs"),
        [_row(audit, unit) for unit in sorted(audit.sample, key=lambda u: u.device_name)],
    )
    for check in audit.beside:
        if not check.good:
            screen.warn(f"{check.device_name} ({check.unit_id}) differs, and is not in the sample.")
    screen.say(
        f"{audit.count(GOOD)} good, {audit.count(DIFFERS)} differ, "
        f"{audit.count(NOT_YET)} not checked yet"
    )
    screen.say(WORDS[audit.verdict.value])
    screen.say(f"The same units again: --seed {audit.seed}")


WORDS = {
    "accept": "ACCEPT: no more units differ than the plan allows.",
    "reject": "REJECT: more units differ than the plan allows.",
    "pending": "Go on: burner verify --port PORT --record --operator ID, unit by unit.",
}


def _row(audit: Audit, unit: "PassedUnit") -> tuple[object, ...]:
    check, state = audit.checks.get(unit.unit_id), audit.state(unit)
    if check is None:
        return unit.unit_id, unit.device_name, state, "", "", ""
    bad = [each["what"] for each in check.findings if each["verdict"] == DIFFERS]
    when = f"{check.at:%Y-%m-%d %H:%M}"
    return unit.unit_id, unit.device_name, state, when, check.operator, ", ".join(bad)
