"""`burner burn SOURCE`: burns units in one slot or in many, and records every one."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.parameters import options
from burner.cli.parameters.label_options import printer_option
from burner.cli.parameters.yes_option import yes_option
from burner.cli.run.mes_of_run import destinations_of, mes_of_run, with_interlock
from burner.cli.run.run import BurnArguments, burn_batch, print_event
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.code import Code

if TYPE_CHECKING:
    from burner.burn.job import Job
    from burner.burn.testing.equipment import TestEquipment
    from burner.cli.parameters.slots import Slots
    from burner.cli.questions.work_order import WorkOrder
    from burner.core.errors import Finding
    from burner.core.secrets.search import SecretSearch
    from burner.manifest.writing.ledger import Ledger
    from burner.release.release import Release
    from burner.station.fixture.station_rules import StationRules


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.slot_options
@options.manifest_option
@options.logs_option
@options.secret_option
@options.slot_station_option
@options.batch_option
@options.operator_option(required=False)
@options.quantity_option(smallest=1)
@click.option("--once", is_flag=True, help="Take the board that is in each slot now (the default).")
@options.repeat_options
@click.option(
    "--rework",
    metavar="REASON",
    default="",
    callback=options.one_line,
    help="Burn known units again, for this reason.",
)
@printer_option
@yes_option
@click.option("--bell", is_flag=True, help="Ring once on PASS, twice on FAIL and ERROR.")
@options.json_option
@options.lang_option
def burn(
    ports: tuple[str, ...],
    station_file: Path | None,
    bench: str | None,
    station: str | None,
    once: bool,
    **arguments: Any,
) -> int:
    """Burn units with SOURCE, a profile or release, and record each.

    Batch, operator and quantity are asked for on a terminal. Elsewhere the batch is the one that is
    open here, or product and date; the operator is the login name. With --count a board from which
    nothing can be read does not count. --json prints a line an event (burner explain --events).

    Exit status: 0 all passed, 1 some unit did not, 2 usage, 3 SOURCE or an option refused,
    4 the station could do nothing, 70 a bug of burner, 130 interrupted.
    """
    from burner.cli.parameters.command_rules import own_station_file, rules_of_command
    from burner.cli.parameters.slots import open_slots

    chosen = BurnArguments(**arguments)
    if once and (chosen.watch or chosen.count):
        raise click.UsageError("--once is one board a slot; leave out --watch and --count")
    station_file = own_station_file(station_file, ports)
    rules = rules_of_command(
        station_file,
        source=chosen.source,
        secret=chosen.secret,
        manifest=chosen.manifest,
        station=station,
    )
    if rules:
        chosen = replace(chosen, manifest=rules.manifest)
    with open_slots(
        ports, station_file, bench, chosen.source, chosen.count, station=station
    ) as slots:
        return _prepare_and_run(chosen, slots, rules)


def _prepare_and_run(chosen: BurnArguments, slots: "Slots", rules: "StationRules | None") -> int:
    from burner.cli.parameters.slots import warm_devices
    from burner.cli.questions.secret_questions import Use, passphrase_prompt
    from burner.cli.questions.work_order import is_person
    from burner.cli.run.equipment import open_equipment
    from burner.cli.run.event_schema import start_json
    from burner.core.secrets.search import SecretSearch
    from burner.devices.segment_cache import SegmentCache
    from burner.manifest.reading.earlier_batches import warn_of_reused_version
    from burner.manifest.store.writer import KEEP_EVERY
    from burner.manifest.writing.ledger import Ledger

    interactive = is_person() and not chosen.yes and not chosen.as_json
    if chosen.as_json:
        print_event(start_json())
    segment_cache, search = SegmentCache(), SecretSearch()
    with warm_devices(slots, chosen.logs, segment_cache, search) as devices:
        release = _open_source(chosen, slots, search, rules, interactive=interactive)
        for segment in (*release.route, *release.segments):
            segment_cache.prepare(segment)
        destinations = destinations_of(slots)
        every = slots.checkpoint_every or KEEP_EVERY
        prompt = passphrase_prompt(Use.RECORDS) if interactive else None
        simulated = slots.bench_control is not None
        with (
            open_equipment(chosen.source, release, slots) as equipment,
            Ledger.open(
                chosen.manifest,
                slots.station,
                prompt_passphrase=prompt,
                keep_every=every,
                simulated=simulated,
                policy=rules.policy if rules else None,
            ) as ledger,
        ):
            _warn(chosen, warn_of_reused_version(ledger.reader, release.profile, release.recipe()))
            order = _open_batch(chosen, release, ledger, slots.station, interactive=interactive)
            job = _job(release, order, slots.station, equipment)
            with mes_of_run(destinations, ledger) as mes:
                return burn_batch(chosen, slots, devices, with_interlock(job, mes), ledger, mes=mes)


def _open_source(
    chosen: BurnArguments,
    slots: "Slots",
    search: "SecretSearch",
    rules: "StationRules | None",
    *,
    interactive: bool,
) -> "Release":
    """Open profile or release, tell `search` its secret, and print its warnings."""
    from burner.cli.questions.secret_questions import (
        Use,
        passphrase_prompt,
        product_secret_prompt,
    )
    from burner.cli.run.hooks import missing_hooks
    from burner.cli.run.inputs import check_labels_name_boards
    from burner.core.errors import refuse
    from burner.manifest.local.keys import station_identities
    from burner.programs.missing import missing_for_tests
    from burner.release.opening import open_release

    prompt = product_secret_prompt(chosen.source.name) if interactive else None
    release = open_release(
        chosen.source,
        prompt_secret=prompt,
        reference=chosen.secret,
        identities=lambda: station_identities(
            slots.station, passphrase_prompt(Use.RELEASES) if interactive else None
        ),
        accepts=rules.check_release if rules else None,
    )
    search.add(release.key.product_secret)
    if not chosen.once:
        check_labels_name_boards(slots, release.profile.identity)
    _warn(chosen, release.warnings)
    refuse(
        [
            *missing_for_tests(release.profile.all_tests, chosen.source.parent),
            *missing_hooks(slots),
        ]
    )
    return release


def _job(release: "Release", order: "WorkOrder", station: str, equipment: "TestEquipment") -> "Job":
    from burner.burn.job import Job
    from burner.core.version import burner_version

    versions = {"burner": burner_version(), "python": platform.python_version()}
    if release.sbom:
        versions["sbom"] = release.sbom
    return Job(release, station, order.operator, order.batch, versions, equipment)


def _warn(chosen: BurnArguments, findings: "Sequence[Finding]") -> None:
    """Print warnings for a person, or a line of JSON for each."""
    if not chosen.as_json:
        screen.findings(findings, language(), screen.warn)
        return
    for finding in findings:
        line = {"event": "warning", **asdict(finding)}
        del line["warning"]
        if not finding.accepted:
            del line["accepted"]
        print_event(line)


def _open_batch(
    chosen: BurnArguments, release: "Release", ledger: "Ledger", station: str, *, interactive: bool
) -> "WorkOrder":
    """Take the work order from options and answers, and open its batch."""
    from burner.cli.questions.work_order import take_order
    from burner.core.errors import BurnerError
    from burner.manifest.reading.open_batches import open_batches
    from burner.manifest.reading.release_room import check_policy_of_log, check_units_left
    from burner.manifest.writing.open_batch import (
        check_preflight,
        check_release_limits,
        open_batch_check,
        open_batch_for,
    )

    check_policy_of_log(ledger.reader, release, ledger.policy)
    check_release_limits(ledger, release.profile)
    goes_on = bool(chosen.batch and ledger.reader.batch(chosen.batch))
    if not chosen.rework and not goes_on:
        check_units_left(ledger.reader, release)
    product = release.profile.product
    of_release = {
        "profile": release.profile.title,
        "release_digest": release.digest,
        "product_id": product.id,
    }
    order = take_order(
        product.name,
        chosen.batch,
        chosen.operator,
        chosen.quantity,
        interactive=interactive,
        is_new=lambda batch: ledger.reader.batch(batch) is None,
        check_batch=open_batch_check(ledger, release.profile.limits),
        going_on=() if chosen.batch else open_batches(ledger.reader, station, **of_release),
        holds_secret=lambda text: bool(release.search.spans(text)),
    )
    if release.search.spans(chosen.rework):
        raise BurnerError(Code.SECRET_IN_ENTERED_TEXT, "rework")
    if not chosen.as_json and not interactive:
        _print_defaults(chosen, order, ledger)
    open_batch_for(ledger, release, order.batch, quantity=order.quantity, operator=order.operator)
    check_preflight(ledger, order.batch)
    return order


def _print_defaults(chosen: BurnArguments, order: "WorkOrder", ledger: "Ledger") -> None:
    """Say which defaults were taken, where nobody was asked."""
    from burner.core.words.phrases import phrase

    if not (chosen.batch and chosen.operator):
        screen.warn(phrase("chosen", language(), order.batch, order.operator))
    if order.quantity is None and ledger.reader.batch(order.batch) is None:
        screen.warn(phrase("chosen new", language(), order.batch))
