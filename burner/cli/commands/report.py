"""`burner report`: the report on units and attempts, for a terminal, a browser or a script."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.pages.evidence import show_evidence, show_reconciled
from burner.cli.pages.measured_tables import (
    show_batches,
    show_measurements,
    show_standouts,
    show_tests,
)
from burner.cli.parameters import options
from burner.cli.parameters.whole_file import written_whole
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cli.terminal.next_command import manifest_argument
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from datetime import tzinfo

    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader
    from burner.report.figures.calendar import Calendar
    from burner.report.figures.figures import Figures, PeriodFigures, SlotFigures

BAR_WIDTH = 60
MAX_SHIFTS = 10
MAX_NAMES = 20
TABLES = (".csv", ".parquet")
"""Ends of names of files for --measurements."""
MARKS = (
    ("first_time", "█", "passed at the first attempt"),
    ("later", "▓", "passed later"),
    ("failed", "x", "failed"),
    ("interrupted", "!", "interrupted"),
    ("open", "?", "open"),
    ("scrapped", "s", "scrapped"),
)


def _measurements_file(
    _context: click.Context, _option: click.Parameter, value: Path | None
) -> Path | None:
    if value and value.suffix.lower() not in TABLES:
        raise click.BadParameter(f"{value.name} ends with neither {' nor '.join(TABLES)}")
    return value


@click.command()
@options.manifest_option
@options.scope_options
@click.option(
    "--shifts",
    metavar="HH:MM,…",
    default="06:00,14:00,22:00",
    show_default=True,
    help="When shifts begin.",
)
@options.zone_option
@options.output_option()
@click.option(
    "--measurements",
    metavar="FILE",
    type=options.NEW_FILE,
    callback=_measurements_file,
    help="Write what tests measured, one row a value, to a .csv or .parquet file.",
)
@options.json_option
@options.lang_option
def report(
    *,
    manifest: str,
    shifts: str,
    zone: "tzinfo | None",
    output: Path | None,
    measurements: Path | None,
    as_json: bool,
    **scope: Any,
) -> None:
    """Report yield, pace, cycle times, failures and measurements.

    --output writes one HTML page that needs no network, for a screen or for A4.
    """
    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader
    from burner.report.figures.production_figures import production_figures as count

    calendar = _calendar(shifts, zone)
    with ManifestReader.open(manifest) as reader:
        figures = count(reader, AttemptFilter(**scope), calendar)
        if measurements is not None:
            _write_measurements(measurements, reader, AttemptFilter(**scope))
    if output is not None:
        _write_page(output, figures)
    if as_json:
        screen.say(json.dumps(figures.plain(), ensure_ascii=False, indent=2))
    elif output is None and measurements is None:
        _show(figures, Wording(language()), manifest_argument(manifest))


def _calendar(shifts: str, zone: "tzinfo | None") -> "Calendar":
    from burner.report.figures.calendar import Calendar, parse_boundaries

    try:
        boundaries = parse_boundaries(shifts)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--shifts") from error
    return Calendar(boundaries, zone)


def _write_measurements(target: Path, reader: "ManifestReader", chosen: "AttemptFilter") -> None:
    from burner.manifest.exchange.measurement_parquet import write_parquet
    from burner.manifest.exchange.measurement_table import measurements_csv
    from burner.manifest.reading.tested_attempts import attempts_with_tests

    attempts = attempts_with_tests(reader, reader.with_log_of_batch(chosen))
    with closing(attempts), written_whole(target) as part:
        if target.suffix.lower() == ".parquet":
            write_parquet(part, attempts)
            return
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(measurements_csv(attempts))


def _write_page(target: Path, figures: "Figures") -> None:
    from burner.core.atomic_file import check_is_place_for_file
    from burner.report.page.page import page

    check_is_place_for_file(target)
    try:
        target.write_text(page(figures, language()), encoding="utf-8", newline="\n")
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{target}: {error.strerror}") from error


# -- for the terminal -----------------------------------------------------------------------------


def _show(figures: "Figures", say: Wording, at: str) -> None:
    """Print the report; `at` is the manifest argument for commands that come next."""
    _show_units(figures, say)
    show_evidence(figures.scope.evidence, say)
    show_reconciled(figures.scope.reconciled, say)
    if not figures.units.total and not figures.without_unit:
        return
    show_standouts(figures, say)
    show_batches(figures.batches, say)
    _show_failures(figures, say)
    show_tests(figures, say)
    show_measurements(figures.measurements, say)
    _show_steps(figures, say)
    _show_places(say("By slot"), figures.slots, say)
    if len(figures.stations) > 1:
        _show_places(say("By station"), figures.stations, say)
    _show_shifts(figures.shifts, say)
    _show_open(figures, say, at)


def _show_units(figures: "Figures", say: Wording) -> None:
    from burner.report.page.numbers import count, duration, rate, share

    units, scope = figures.units, figures.scope
    state = say(f"state {scope.state}") if scope.state else ""
    title = " · ".join(filter(None, (scope.batch, scope.profile, state)))
    screen.say(title or say("all records"))
    screen.say(f"  {yield_bar(figures) or say('no units')}")
    for name, mark, words in MARKS:
        if number := getattr(units, name):
            screen.say(f"  {mark} {say(words)} {count(number)}")
    counts = [f"{say('good units')} {count(units.passed)}"]
    if scope.planned:
        counts.append(say("of {} planned", count(scope.planned)))
    counts += [f"{say('begun')} {count(units.total)}", f"{say('retries')} {count(figures.retries)}"]
    counts.append(f"{say('rework attempts')} {count(figures.rework.attempts)}")
    screen.say(f"  {' · '.join(counts)}")
    yields = (
        f"{say('first-pass yield')} {share(units.first_pass_yield)}",
        f"{say('final yield')} {share(units.final_yield)}",
        f"{say('Units per hour')} {rate(figures.per_hour)}",
        say("in {} of work", duration(figures.worked_s, say)),
    )
    screen.say(f"  {' · '.join(yields)}")


def yield_bar(figures: "Figures") -> str:
    """Units as a bar of marks, each at least one wide where there is any; empty without units."""
    units = figures.units
    total = max(units.total, figures.scope.planned or 0)
    if not total:
        return ""
    numbers = {mark: getattr(units, name) for name, mark, _ in MARKS}
    widths = {m: max(1, round(BAR_WIDTH * n / total)) for m, n in numbers.items() if n}
    if widths:  # what rounding left over, the widest takes
        widest = max(widths, key=lambda mark: widths[mark])
        widths[widest] += round(BAR_WIDTH * units.total / total) - sum(widths.values())
    bar = "".join(mark * width for mark, width in widths.items())
    return f"[{bar.ljust(BAR_WIDTH, '·')}]"


def _show_failures(figures: "Figures", say: Wording) -> None:
    from burner.report.page.numbers import share
    from burner.report.page.sections import what_happened

    rows = [
        (
            failure.code or "–",
            failure.attempts,
            failure.units,
            share(failure.share),
            share(failure.cumulative),
            what_happened(failure.code, say),
        )
        for failure in figures.failures
    ]
    if rows:
        heads = ("code", "attempts", "units", "share", "together", "")
        screen.table(say("Why attempts did not pass"), [say(head) for head in heads], rows)


def _show_steps(figures: "Figures", say: Wording) -> None:
    from burner.report.page.numbers import seconds

    spreads = [(say(step.step), step.spread) for step in figures.steps]
    if figures.cycle:
        spreads.append((say("all"), figures.cycle))
        rows = [
            (name, *(seconds(s, say) for s in (x.median_s, x.p5_s, x.p95_s, x.max_s)))
            for name, x in spreads
        ]
        heads = ("step", "median", "5 %", "95 %", "longest")
        screen.table(say("Cycle time by step"), [say(head) for head in heads], rows)


def _show_places(title: str, places: "tuple[SlotFigures, ...]", say: Wording) -> None:
    from burner.report.page.numbers import bauds, seconds, share

    heads = ("", "first-pass yield", "new units", "FAIL", "ERROR", "OPEN", "median", "baud", "")
    rows = [
        (
            f"{place.station} {place.slot}".strip(),
            share(place.first_pass_yield),
            place.new,
            *(place.outcomes[outcome] for outcome in ("FAIL", "ERROR", "OPEN")),
            seconds(place.cycle.median_s, say) if place.cycle else "–",
            bauds(place.bauds),
            say("below the rest") if place.behind else "",
        )
        for place in places
    ]
    screen.table(title, [say(head) for head in heads], rows)


def _show_shifts(shifts: "tuple[PeriodFigures, ...]", say: Wording) -> None:
    from burner.report.page.numbers import duration, rate, share

    heads = ("shift", "units passed", "per hour", "first-pass yield", "FAIL", "ERROR", "worked")
    rows = [
        (
            f"{span.start:%Y-%m-%d} {span.name}",
            span.good,
            rate(span.per_hour),
            share(span.first_pass_yield),
            span.fail,
            span.error,
            duration(span.worked_s, say),
        )
        for span in shifts[-MAX_SHIFTS:]
    ]
    left_out = len(shifts) > len(rows)
    title = say("By shift, the latest {}", len(rows)) if left_out else say("By shift")
    screen.table(title, [say(head) for head in heads], rows)


def _show_open(figures: "Figures", say: Wording, at: str) -> None:
    units = figures.open_units
    if not units:
        return
    rows = [
        (unit.device_name or "–", unit.unit_id, f"{unit.station} {unit.slot}")
        for unit in units[:MAX_NAMES]
    ]
    heads = [say(head) for head in ("column name", "unit", "slot")]
    screen.table(say("Open units: burn these again"), heads, rows)
    if len(units) > MAX_NAMES:
        more = len(units) - MAX_NAMES
        screen.say(say(" {} more: burner manifest list --outcome OPEN{}.", more, at))
