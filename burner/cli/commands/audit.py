"""`burner manifest audit`: which units to pull from the box, and what their checks say so far."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.desk import station_option
from burner.cli.next_command import manifest_argument, quoted
from burner.cli.options import Moment, json_option, manifest_option
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import ENGLISH
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.entries.kinds import NamedUnit
    from burner.manifest.reading.audits import RecordedCheck
    from burner.report.audit import Audit
    from burner.report.sampling import SamplingPlan

SCHEMA = 1
SEED_BELOW = 10**6


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    sample: int
    aql: str
    level: str
    lot_size: int

    def plan(self, units: int) -> "SamplingPlan":
        """The plan for so many units; never more to check than there are."""
        from burner.report.sampling import Level, chosen_plan, single_plan

        if not self.aql:
            return chosen_plan(self.sample, units)
        plan = single_plan(self.lot_size or units, self.aql, Level(self.level))
        return replace(plan, sample_size=min(plan.sample_size, units))


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
@click.option("--record", is_flag=True, help="Write the draw into the manifest, before any check.")
@click.option("--operator", metavar="ID", help="Who draws; needed with --record.")
@click.option("--since", type=Moment(), help="Draw among units that passed at or after this time.")
@click.option("--until", type=Moment(), help="Draw among units that passed before this time.")
@station_option
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
    record: bool,
    operator: str | None,
    since: datetime | None,
    until: datetime | None,
    station: str,
    manifest: str,
    as_json: bool,
) -> int:
    """Draw the units of BATCH to pull from the box, and judge by the checks on record.

    With --record the draw is part of the manifest, and of the statement that closes the batch.
    Then check each unit with `burner verify --record --operator ID`, and ask again without
    --sample or --aql: what came of the draw on record.

    --since and --until draw among the units of a day or a shift, as a lot of its own; the draw on
    record is of the whole batch.

    Ends with 1 when the batch is to be rejected.
    """
    from burner.manifest.reading.audits import PassWindow
    from burner.manifest.reading.reader import ManifestReader
    from burner.report import audit as audits
    from burner.report.sampling import LotVerdict

    _possible(sample, aql, seed, record, operator)
    window = PassWindow(since, until)
    if window != PassWindow() and (record or (sample is None and aql is None)):
        raise click.UsageError("--since and --until are for a draw that is not recorded")
    with ManifestReader.open(manifest) as reader:
        if reader.batch(batch) is None:
            raise BurnerError(Code.BATCH_UNKNOWN, batch)
        if sample is None and aql is None:
            found = audits.recorded(reader, batch)
        else:
            wanted = Wanted(sample or 0, _aql(aql), level, lot_size or 0)
            seed = seed or _new_seed()
            found = audits.drawn_now(
                reader, batch, wanted.plan, seed, wanted.lot_size, window=window
            )
    if found is None:
        raise click.UsageError("no draw is on record: give --sample N or --aql PERCENT")
    if record:
        found = _record(found, manifest, station, operator or "")
    if as_json:
        screen.say(json.dumps(_plain(found), ensure_ascii=False, indent=2))
    else:
        _show(found, manifest_argument(manifest))
    return 1 if found.verdict is LotVerdict.REJECT else 0


def _possible(
    sample: int | None, aql: str | None, seed: str | None, record: bool, operator: str | None
) -> None:
    if sample is not None and aql is not None:
        raise click.UsageError("give --sample N or --aql PERCENT, not both")
    if (seed or record) and sample is None and aql is None:
        raise click.UsageError("a draw needs --sample N or --aql PERCENT")
    if record and not (operator or "").strip():
        raise click.UsageError("--record needs --operator ID: who draws")


def _record(found: "Audit", manifest: str, station: str, operator: str) -> "Audit":
    from burner.manifest.writing.audits import record_draw
    from burner.manifest.writing.ledger import Ledger
    from burner.report.audit import recorded

    with Ledger.open(manifest, station) as ledger:
        record_draw(
            ledger,
            found.batch,
            found.sample,
            operator=operator,
            seed=found.seed,
            lot_size=found.lot_size,
            plan=asdict(found.plan),
            size=found.size,
        )
        return recorded(ledger.reader, found.batch) or found


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


def _plain(audit: "Audit") -> dict[str, Any]:
    from burner.report.audit import plain

    return {
        "schema": SCHEMA,
        "batch": audit.batch,
        **plain(audit),
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


def _check(check: "RecordedCheck | None") -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        **check._asdict(),
        "at": check.at.isoformat().replace("+00:00", "Z"),
        "findings": list(check.findings),
    }


def _show(audit: "Audit", at: str) -> None:
    """`at`: how commands that come next name the manifest."""
    from burner.report.audit import DIFFERS, GOOD, NOT_YET, plan_words, verdict_words

    screen.say(": ".join(plan_words(audit, ENGLISH)))
    screen.say(
        f"batch {audit.batch}: pull {len(audit.sample)} "
        f"of {counted(audit.passed, 'unit')} that passed"
    )
    screen.table(
        "",
        ("unit", "name", "check", "when (UTC)", "by", "what differs"),
        [_row(audit, unit) for unit in sorted(audit.sample, key=lambda u: u.device_name)],
    )
    for check in audit.beside:
        if not check.good:
            screen.warn(f"{check.device_name} ({check.unit_id}) differs, and is not in the sample.")
    states = (f"{audit.count(GOOD)} good", f"{audit.count(DIFFERS)} differ")
    screen.say(f"{', '.join(states)}, {audit.count(NOT_YET)} not checked yet")
    screen.say(verdict_words(audit, ENGLISH))
    if audit.count(NOT_YET):
        screen.say(f"Check each: burner verify SOURCE --port PORT --record --operator ID{at}")
    screen.say(_source(audit, at))


def _source(audit: "Audit", at: str) -> str:
    from burner.manifest.entries.values import moment

    drawn = audit.drawn
    if drawn is None:
        return f"The same units again: --seed {audit.seed}. Not on record: draw with --record."
    when = f"{moment(drawn.at):%Y-%m-%d %H:%M} UTC"
    return (
        f"Drawn {when} by {drawn.operator}, seed {audit.seed}, on record: "
        f"burner manifest audit --batch {quoted(audit.batch)}{at}"
    )


def _row(audit: "Audit", unit: "NamedUnit") -> tuple[object, ...]:
    from burner.report.audit import DIFFERS

    check, state = audit.checks.get(unit.unit_id), audit.state(unit)
    if check is None:
        return unit.unit_id, unit.device_name, state, "", "", ""
    bad = [each["what"] for each in check.findings if each["verdict"] == DIFFERS]
    when = f"{check.at:%Y-%m-%d %H:%M}"
    return unit.unit_id, unit.device_name, state, when, check.operator, ", ".join(bad)
