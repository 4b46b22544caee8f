"""`burner batch`: work orders, from their opening to the sealed folder."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.commands.batch_approve import approve
from burner.cli.commands.batch_audit import audit
from burner.cli.commands.batch_labels import labels
from burner.cli.groups import OrderedGroup
from burner.cli.pages.batch_units import show_bad_units, show_units
from burner.cli.pages.batch_warnings import show_backlog, show_warnings
from burner.cli.pages.evidence import show_evidence, show_reconciled
from burner.cli.parameters import options
from burner.cli.parameters.first_article import first_article_of, first_article_options
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.questions.secret_questions import Use, passphrase_prompt, product_secret_prompt
from burner.cli.run.close_hook import run_close_hook
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.words.phrases import Wording
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.reading.batch_status import BatchStatus
    from burner.manifest.reading.reader import ManifestReader

COLUMNS = ("batch", "state", "profile", "planned", "pass", "scrap", "missing", "open", "log")


@click.group("batch", cls=OrderedGroup)
def batch() -> None:
    """Open batches, see how they stand, close them."""


@batch.command("open")
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.quantity_option()
@options.batch_option
@first_article_options
@click.option(
    "--preflight",
    type=click.Choice(["required"]),
    help="Begin no unit before a good preflight of the cloud platform, whatever the release says.",
)
@click.option(
    "--simulated",
    is_flag=True,
    help="For a simulated bench: begin a manifest of simulated units, where there is none yet.",
)
@options.secret_option
@options.operator_option()
@options.station_file_option
@options.slot_station_option
@options.manifest_option
def open_(
    *,
    source: Path,
    quantity: int | None,
    batch: str,
    first_article: int | None,
    approvers: tuple[Path, ...],
    preflight: str | None,
    simulated: bool,
    secret: str,
    operator: str,
    station_file: Path | None,
    station: str | None,
    manifest: str,
) -> None:
    """Open a batch for SOURCE, a profile or release file.

    Without --quantity, or with 0, it has no limit. Without --batch it is named by product and date.
    Where the ProductSecret can be had, the batch takes only units of this product key; else of
    that of a good preflight or its first unit. `burner burn` opens its batch by itself. A station
    whose file says which releases it accepts names that file.
    """
    from burner.cli.parameters.command_rules import (
        own_station_file,
        rules_of_command,
        station_of_command,
    )
    from burner.manifest.reading.release_room import check_units_left, units_left
    from burner.manifest.writing.ledger import Ledger
    from burner.manifest.writing.open_batch import batch_of_day, open_batch_for, unused_batch
    from burner.release.opening import open_with_key_if_present
    from burner.release.release import Release

    station_file = own_station_file(station_file)
    rules = rules_of_command(
        station_file, source=source, secret=secret, manifest=manifest, station=station
    )
    policy = rules.policy if rules else None
    article = first_article_of(first_article, approvers, policy)
    prompt_secret = product_secret_prompt(source.name)
    accepts = rules.check_release if rules else None
    release = open_with_key_if_present(source, secret, prompt_secret, accepts)
    has_key = isinstance(release, Release)
    with Ledger.open(
        rules.manifest if rules else manifest,
        station_of_command(station_file, station),
        prompt_passphrase=passphrase_prompt(Use.RECORDS),
        simulated=simulated or None,
        policy=policy,
    ) as ledger:
        name = batch or unused_batch(
            batch_of_day(release.profile.product.name),
            lambda other: ledger.reader.batch(other) is None,
        )
        if ledger.reader.batch(name) is None:
            check_units_left(ledger.reader, release)
        open_batch_for(
            ledger,
            release,
            name,
            quantity=quantity or None,
            operator=operator,
            first_article=article,
            preflight_required=preflight is not None,
        )
        row = ledger.reader.batch(name)
        left = units_left(ledger.reader, release)
    assert row is not None  # noqa: S101 - it was opened
    screen.say(f"batch {name} is open: {row.profile}, {_planned(row.planned)}")
    say = Wording(language())
    if article:
        names = ", ".join(article.approvers)
        screen.say(say.counted("first article asked", article.units, article.units, names))
    if row.preflight_required and row.preflight < 0:
        screen.say(say("preflight asked"))
    if quantity is not None and quantity != (row.planned or 0):
        screen.warn("It was open before, with this quantity. To change it: burner batch raise")
    if left is not None and row.planned and row.planned - row.taken > left:
        screen.warn(say("fewer of release", left))
    if not row.key:
        absent = "It was opened without a product key" if has_key else "The secret is not at hand"
        screen.warn(f"{absent}: the key of a good preflight or of the first unit counts.")


@batch.command("list")
@station_file_names
@options.manifest_option
@options.json_option
def list_(manifest: str, as_json: bool) -> None:
    """List all batches, imported ones too, in the order of their opening."""
    from burner.manifest.reading.batch_status import all_batches
    from burner.manifest.reading.reader import ManifestReader
    from burner.report import batch_json

    with ManifestReader.open(manifest) as reader:
        batches = all_batches(reader)
    if as_json:
        print_json([batch_json.row(status) for status in batches])
    else:
        screen.table("", COLUMNS, map(_row, batches))
        _show_withdrawals(batches)


@batch.command()
@options.batch_argument
@options.time_options
@station_file_names
@options.manifest_option
@options.json_option
def status(
    *, batch: str, since: datetime | None, until: datetime | None, manifest: str, as_json: bool
) -> None:
    """Show how BATCH stands: planned = pass + scrap + missing.

    Also its bad units and its sample audit. With --since or --until: how the units stand that were
    tried then, by those attempts.
    """
    from burner.manifest.reading.batch_status import batch_status
    from burner.manifest.reading.reader import ManifestReader
    from burner.report import batch_json

    with ManifestReader.open(manifest) as reader:
        stands = batch_status(reader, batch, since, until)
        if as_json:
            print_json(batch_json.details(reader, stands))
        else:
            _show_status(reader, stands, windowed=bool(since or until))


@batch.command("raise")
@options.batch_argument
@options.quantity_option(required=True)
@options.operator_option()
@options.reason_option
@station_file_names
@options.station_option
@options.manifest_option
def raise_(
    *, batch: str, quantity: int, operator: str, reason: str, station: str, manifest: str
) -> None:
    """Give the open BATCH a larger or a smaller quantity.

    0 is no limit. It is never smaller than the number of its units that have passed or are in work.
    """
    from burner.cli.existing_ledger import existing_ledger

    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        ledger.change_batch(batch, quantity or None, operator=operator, reason=reason)
        row = ledger.reader.batch(batch)
    screen.say(f"{batch}: {_planned(quantity)}")
    if row and row.exceeds_preflight:
        units = row.preflight_units
        screen.warn(Wording(language()).counted("preflight of fewer", units, units))


batch.add_command(approve)
batch.add_command(audit)
batch.add_command(labels)


@batch.command()
@options.batch_argument
@options.output_option(options.NEW_FOLDER)
@click.option("--with-open", is_flag=True, help="Count OPEN units as missing.")
@options.bom_option
@options.operator_option()
@station_file_names
@options.station_option
@options.manifest_option
def close(
    *,
    batch: str,
    output: Path | None,
    with_open: bool,
    bom: bool,
    operator: str,
    station: str,
    manifest: str,
) -> None:
    """Check the manifest, close BATCH and write its sealed folder.

    The folder is ./BATCH, or --output. Nothing is closed when the manifest does not agree, or where
    no folder can be written. A batch that this station has closed already gets a folder again, for
    one that was lost.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.manifest.closing.close_batch import CloseRequest
    from burner.manifest.exchange.folder import STATEMENT
    from burner.manifest.writing.batch_id import folder_name_of
    from burner.report.sealed_batch import seal_batch

    folder = output or Path(folder_name_of(batch))
    request = CloseRequest(batch, folder, operator, with_open=with_open, bom=bom)
    with existing_ledger(manifest, station, Use.BATCH) as ledger:
        with screen.progress("verify", ledger.reader.size()) as progress:
            stands, closed = seal_batch(ledger, request, language(), progress=progress)
        key = ledger.writer.key.signer.key
        show_backlog(ledger.reader, batch)
    say = Wording(language())
    if not closed:
        screen.warn(say("closed already", batch))
    show_units(stands)
    screen.say(say("sealed", key.id.hex(), station, folder))
    screen.say(say("read first", folder / STATEMENT))
    if closed:
        run_close_hook(stands, folder, station=station, operator=operator)


# -- for people ------------------------------------------------------------------------------------


def _planned(quantity: int | None) -> str:
    return counted(quantity, "unit") if quantity else "no limit"


def _row(status: "BatchStatus") -> tuple[object, ...]:
    withdrawal = status.withdrawal
    return (
        status.batch,
        f"{status.row.state}{', withdrawn' if withdrawal and withdrawal.binds else ''}",
        status.row.profile,
        "no limit" if status.planned is None else status.planned,
        len(status.passed),
        len(status.scrapped),
        status.missing,
        len(status.open),
        "" if status.own else status.origin,
    )


def _show_status(reader: "ManifestReader", status: "BatchStatus", *, windowed: bool) -> None:
    from burner.manifest.reading.batch_status import units_by_warning
    from burner.manifest.reading.reconciliations import last_reconciliation_status
    from burner.manifest.reading.release_evidence import release_evidence
    from burner.report.sampling import audit

    say = Wording(language())
    imported = "" if status.own else say("imported from", status.origin)
    state = say(f"state {status.row.state}")
    attempts = say.counted("attempts made", status.attempts, status.attempts)
    screen.say(say("batch stands", status.batch, imported, state, status.row.profile, attempts))
    if windowed:
        _show_withdrawals([status])
        screen.say(say("tried then", len(status.passed), len(status.scrapped)))
        show_bad_units(status)
        return
    show_evidence(release_evidence(reader, status.batch), say)
    for of in (status.batch, ""):
        show_reconciled(last_reconciliation_status(reader, status.row.product_id, of), say)
    show_units(status)
    show_warnings(units_by_warning(reader, status.batch))
    show_backlog(reader, status.batch)
    for change in status.changed:
        screen.warn(say("changed after", change))
    if status.limit and status.limit.allowed is not None:
        most, taken = status.limit.allowed, status.limit.taken
        screen.say(say.counted("of the release", most, taken, most))
    screen.say(say("sample audit"))
    for line in audit.audit_lines(reader, status.batch, say):
        screen.say(f"  {line}")


def _show_withdrawals(batches: "Sequence[BatchStatus]") -> None:
    """A line for each release that was withdrawn."""
    from burner.manifest.reading.evidence_rows import withdrawal_text

    say = Wording(language())
    of_releases = {(b.row.profile, b.row.release_digest): b.withdrawal for b in batches}
    for (profile, digest), withdrawal in of_releases.items():
        if withdrawal:
            release = f"{profile} {digest[:16]}"
            screen.warn(say("release withdrawn", release, withdrawal_text(withdrawal, say)))
