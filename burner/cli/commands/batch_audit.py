"""`burner batch audit`: the units of a sample, and the result of their checks so far."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.next_command import manifest_argument, quoted
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import ENGLISH
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.entries.kinds import NamedUnit
    from burner.manifest.reading.audits import PassWindow
    from burner.report.sampling.audit import Audit
    from burner.report.sampling.sample_draw import SampleSize

COLUMNS = ("unit", "name", "check", "when (UTC)", "by", "what differs")


@click.command()
@options.batch_argument
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(1),
    help="Draw so many units; none may differ.",
)
@click.option(
    "--aql", metavar="PERCENT", help="Draw by ISO 2859-1, single, normal: 0.010 to 10, as 0.65."
)
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
    help="Size of the lot, with --aql; else the units that passed.",
)
@click.option("--seed", metavar="TEXT", help="Draw the same units again; else others.")
@options.record_option
@options.operator_option(required=False)
@options.time_options
@options.station_option
@options.manifest_option
@station_file_names
@options.json_option
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
    """Draw the sample of BATCH, and judge it by its checks.

    --record needs --operator. The draw is then part of the manifest, and of the statement that
    closes the batch. Check each unit with `burner verify --record --operator ID`, and ask again
    without --sample or --aql: what came of the draw on record.

    --since and --until draw among the units that passed in that time, as a lot of its own; the draw
    on record is of the whole batch.

    Ends with 1 when the batch is to be rejected.
    """
    from burner.manifest.reading.audits import PassWindow
    from burner.report.sampling import sample_draw
    from burner.report.sampling.sampling import LotVerdict

    size = _sample_size(sample, aql, level, lot_size)
    _check_usage(size, seed, record, operator, windowed=bool(since or until))
    drawn = _draw(manifest, batch, size, seed, PassWindow(since, until))
    if record:
        drawn = _put_on_record(drawn, manifest, station, operator or "")
    if as_json:
        print_json(sample_draw.as_json(drawn))
    else:
        _show(drawn, manifest_argument(manifest))
    return 1 if drawn.verdict is LotVerdict.REJECT else 0


def _sample_size(
    sample: int | None, aql: str | None, level: str, lot_size: int | None
) -> "SampleSize | None":
    """How large the sample is to be; None for the one on record."""
    from burner.report.sampling.sample_draw import SampleSize
    from burner.report.sampling.sampling import AQLS, Level, aql_name

    if sample is not None and aql is not None:
        raise click.UsageError("give --sample N or --aql PERCENT, not both")
    if aql is not None and aql_name(aql) is None:
        raise click.BadParameter(f"{aql} is none of {', '.join(AQLS)}", param_hint="--aql")
    if sample is None and aql is None:
        return None
    name = aql_name(aql) if aql is not None else None
    return SampleSize(sample or 0, name or "", Level(level), lot_size or 0)


def _check_usage(
    size: "SampleSize | None",
    seed: str | None,
    record: bool,
    operator: str | None,
    *,
    windowed: bool,
) -> None:
    if (seed or record) and size is None:
        raise click.UsageError("a draw needs --sample N or --aql PERCENT")
    if record and not (operator or "").strip():
        raise click.UsageError("--record needs --operator ID: who draws")
    if windowed and (record or size is None):
        raise click.UsageError("--since and --until are for a draw that is not recorded")


def _draw(
    manifest: str,
    batch: str,
    size: "SampleSize | None",
    seed: str | None,
    window: "PassWindow",
) -> "Audit":
    """A new draw, or the one on record."""
    from burner.manifest.reading.reader import ManifestReader
    from burner.report.sampling.audit import draw_sample, recorded_audit
    from burner.report.sampling.sample_draw import new_seed

    with ManifestReader.open(manifest) as reader:
        if reader.batch(batch) is None:
            raise BurnerError(Code.BATCH_UNKNOWN, batch)
        if size is not None:
            seed = seed or new_seed()
            return draw_sample(reader, batch, size.plan, seed, size.lot_size, window=window)
        drawn = recorded_audit(reader, batch)
    if drawn is None:
        raise click.UsageError("no draw is on record: give --sample N or --aql PERCENT")
    return drawn


def _put_on_record(drawn: "Audit", manifest: str, station: str, operator: str) -> "Audit":
    from burner.manifest.writing.ledger import Ledger
    from burner.report.sampling.sample_draw import put_on_record

    with Ledger.open(manifest, station) as ledger:
        return put_on_record(ledger, drawn, operator)


# -- for people ------------------------------------------------------------------------------------


def _show(audit: "Audit", manifest: str) -> None:
    """Print the audit; `manifest` is the argument for the commands that come next."""
    from burner.report.sampling.audit import DIFFERS, GOOD, NOT_YET, plan_words, verdict_words

    screen.say(": ".join(plan_words(audit, ENGLISH)))
    screen.say(
        f"batch {audit.batch}: pull {len(audit.sample)} "
        f"of {counted(audit.passed, 'unit')} that passed"
    )
    _warn_of_small_box(audit)
    units = sorted(audit.sample, key=lambda unit: unit.device_name)
    screen.table("", COLUMNS, [_row(audit, unit) for unit in units])
    for check in audit.beside:
        if not check.good:
            screen.warn(f"{check.device_name} ({check.unit_id}) differs, and is not in the sample.")
    states = (f"{audit.count(GOOD)} good", f"{audit.count(DIFFERS)} differ")
    screen.say(f"{', '.join(states)}, {audit.count(NOT_YET)} not checked yet")
    screen.say(verdict_words(audit, ENGLISH))
    if audit.count(NOT_YET):
        command = "burner verify SOURCE --port PORT --record --operator ID"
        screen.say(f"Check each: {command}{manifest}")
    screen.say(_how_to_repeat(audit, manifest))


def _warn_of_small_box(audit: "Audit") -> None:
    """Warn of a plan for a larger lot than there is: it allows too many units that differ."""
    plan, units = audit.plan, len(audit.sample)
    if plan.aql and audit.lot_size > audit.passed and plan.size_of_table > units:
        screen.warn(
            f"The plan is for a lot of {audit.lot_size}: a sample of {plan.size_of_table}, Ac "
            f"{plan.accept}. Only {units} can be drawn, and Ac {plan.accept} hardly rejects any "
            "batch of that size. Leave --lot-size out, or audit the whole lot."
        )


def _how_to_repeat(audit: "Audit", manifest: str) -> str:
    from burner.manifest.entries.values import moment

    drawn = audit.drawn
    if drawn is None:
        return f"The same units again: --seed {audit.seed}. Not on record: draw with --record."
    when = f"{moment(drawn.at):%Y-%m-%d %H:%M} UTC"
    return (
        f"Drawn {when} by {drawn.operator}, seed {audit.seed}, on record: "
        f"burner batch audit {quoted(audit.batch)}{manifest}"
    )


def _row(audit: "Audit", unit: "NamedUnit") -> tuple[object, ...]:
    from burner.report.sampling.audit import DIFFERS

    check, state = audit.checks.get(unit.unit_id), audit.state(unit)
    if check is None:
        return unit.unit_id, unit.device_name, state, "", "", ""
    differing = [finding["what"] for finding in check.findings if finding["verdict"] == DIFFERS]
    when = f"{check.at:%Y-%m-%d %H:%M}"
    return unit.unit_id, unit.device_name, state, when, check.operator, ", ".join(differing)
