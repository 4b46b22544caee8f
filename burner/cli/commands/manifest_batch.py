"""`burner manifest`: batches from open to sealed folder, other manifests in, copies out."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.desk import operator_option, reason_option, station_option
from burner.cli.language import language
from burner.cli.options import Moment, json_option, manifest_option
from burner.cli.questions import Use, asks_passphrase
from burner.core.errors import BurnerError, table
from burner.core.words.phrases import Wording, phrase
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from burner.manifest.reading.batch_status import BatchStatus
    from burner.manifest.reading.reader import ManifestReader

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("batch")
def batch_group() -> None:
    """Open batches, see how they stand, close them."""


@batch_group.command("open")
@click.argument("batch")
@click.option("--quantity", type=click.IntRange(min=1), help="Units to be made; no limit without.")
@click.option("--profile", required=True, metavar="NAME-VERSION", help="As `profile show` says.")
@click.option("--digest", required=True, metavar="HEX", help="Of the release.")
@click.option("--product", required=True, metavar="ID", help="The ProductID.")
@operator_option
@station_option
@manifest_option
def open_(
    *,
    batch: str,
    quantity: int | None,
    profile: str,
    digest: str,
    product: str,
    operator: str,
    station: str,
    manifest: str,
) -> None:
    """Open BATCH before its first unit (`burner burn --batch` does it too)."""
    from burner.manifest.writing.ledger import Ledger

    with Ledger.open(manifest, station, ask=asks_passphrase(Use.RECORDS)) as ledger:
        ledger.open_batch(
            batch,
            profile=profile,
            release_digest=digest,
            product_id=product,
            planned=quantity,
            operator=operator,
        )


@batch_group.command("list")
@manifest_option
@json_option
def list_(manifest: str, as_json: bool) -> None:
    """List all batches, imported ones too, in the order in which they were opened."""
    from burner.manifest.reading.batch_status import all_batches
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        found = all_batches(reader)
    if as_json:
        rows = [
            {
                "batch": b.batch,
                "state": b.row.state,
                "origin": b.origin,
                "profile": b.row.profile,
                "product_id": b.row.product_id,
                "key": b.row.key,
                **b.counts(),
            }
            for b in found
        ]
        screen.say(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    screen.table(
        "",
        ("batch", "state", "profile", "planned", "pass", "scrap", "missing", "open", "log"),
        [
            (
                b.batch,
                b.row.state,
                b.row.profile,
                "no limit" if b.planned is None else b.planned,
                len(b.passed),
                len(b.scrapped),
                b.missing,
                len(b.open),
                "" if b.own else b.origin,
            )
            for b in found
        ],
    )


@batch_group.command("raise")
@click.argument("batch")
@click.option("--quantity", type=click.IntRange(min=0), required=True, help="0 = no limit.")
@operator_option
@reason_option
@station_option
@manifest_option
def raise_(
    *, batch: str, quantity: int, operator: str, reason: str, station: str, manifest: str
) -> None:
    """Give the open BATCH another quantity; never below what holds a place."""
    from burner.cli.desk import desk_ledger

    with desk_ledger(manifest, station, Use.RECORDS) as ledger:
        ledger.change_batch(batch, quantity or None, operator=operator, reason=reason)
    screen.say(f"{batch}: {counted(quantity, 'unit')}" if quantity else f"{batch}: no limit")


@batch_group.command()
@click.argument("batch")
@click.option("--since", type=Moment(), help="Only attempts begun at or after this time.")
@click.option("--until", type=Moment(), help="Only attempts begun before this time.")
@manifest_option
@json_option
def status(
    *, batch: str, since: datetime | None, until: datetime | None, manifest: str, as_json: bool
) -> None:
    """Show how BATCH stands: planned = pass + scrap + missing, its bad units, its sample audit.

    With --since or --until, how the units stand that were tried then, by those attempts.
    """
    from burner.manifest.reading.batch_status import status as stand
    from burner.manifest.reading.batch_status import warned
    from burner.manifest.reading.reader import ManifestReader
    from burner.report import audit

    say = Wording(language())
    with ManifestReader.open(manifest) as reader:
        found = stand(reader, batch, since, until)
        warnings = warned(reader, batch)
        audited = audit.recorded(reader, batch) if as_json else None
        lines = [] if as_json else audit.lines(reader, batch, say)
    if as_json:
        units = {name: getattr(found, name) for name in ("open", "failed", "interrupted")}
        text: dict[str, Any] = {
            "batch": batch,
            "state": found.row.state,
            **found.counts(),
            "changed": found.changed,
        }
        text["warnings"] = warnings
        text["units"] = {**units, "scrap": found.scrapped}
        limit = found.limit
        allowed, made = (limit.allowed, limit.taken) if limit else (None, None)
        text["release"] = {"allowed": allowed, "made": made}
        text["origin"], text["key"] = found.origin, found.row.key
        text["audit"] = audit.plain(audited) if audited else None
        screen.say(json.dumps(text, ensure_ascii=False, indent=2))
        return
    imported = "" if found.own else say("imported from", found.origin)
    state = say(f"state {found.row.state}")
    attempts = say.counted("attempts made", found.attempts, found.attempts)
    screen.say(say("batch stands", batch, imported, state, found.row.profile, attempts))
    if since or until:
        screen.say(say("tried then", len(found.passed), len(found.scrapped)))
        _say_bad(found)
        return
    _say_units(found)
    _say_warnings(warnings)
    for each in found.changed:
        screen.warn(say("changed after", each))
    if found.limit and found.limit.allowed is not None:
        most, taken = found.limit.allowed, found.limit.taken
        screen.say(say.counted("of the release", most, taken, most))
    screen.say(say("sample audit"))
    for line in lines:
        screen.say(f"  {line}")


def _say_units(found: "BatchStatus") -> None:
    screen.say(found.sum(Wording(language())))
    _say_bad(found)


def _say_bad(found: "BatchStatus") -> None:
    named = (("open", found.open), ("failed", found.failed), ("interrupted", found.interrupted))
    for what, units in named:
        if units:
            screen.say(phrase(f"units {what}", language(), len(units), ", ".join(units)))


def _say_warnings(warnings: "Mapping[str, int]") -> None:
    """What was seen of good units all the same; a code of a newer burner is named alone."""
    for code, units in warnings.items():
        row = table().get(code)
        sentence = row.sentence(language()) if row else ""
        screen.warn(phrase("seen of units", language(), code, units, sentence).rstrip())


@click.command()
@click.argument("batch")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Default: ./BATCH")
@click.option("--with-open", is_flag=True, help="OPEN units count as missing.")
@click.option("--bom", is_flag=True, help="units.csv with a byte order mark, for spreadsheets.")
@operator_option
@station_option
@manifest_option
def close(
    *,
    batch: str,
    out: Path | None,
    with_open: bool,
    bom: bool,
    operator: str,
    station: str,
    manifest: str,
) -> None:
    """Check the whole manifest, close BATCH, sign that and write the batch's sealed folder.

    Nothing is closed when the manifest does not agree, or where no folder can be written.
    A batch that this station has closed already gets a folder again, for one that was lost.
    """
    from burner.manifest.closing.close_batch import close_batch
    from burner.manifest.exchange.folder import STATEMENT
    from burner.manifest.writing.batch_id import folder_name_of
    from burner.manifest.writing.ledger import Ledger
    from burner.report.audit import lines

    folder = out or Path(folder_name_of(batch))
    with Ledger.open(manifest, station, ask=asks_passphrase(Use.BATCH)) as ledger:
        reader = ledger.reader
        with screen.progress("verify", reader.size()) as advance:
            found, closed = close_batch(
                ledger,
                batch,
                folder,
                operator=operator,
                with_open=with_open,
                papers=lambda: _papers(reader, batch),
                audited=lambda: lines(reader, batch),
                progress=advance,
                bom=bom,
            )
        key = ledger.writer.key.signer.key
    say = Wording(language())
    if not closed:
        screen.warn(say("closed already", batch))
    _say_units(found)
    screen.say(say("sealed", key.id.hex(), station, folder))
    screen.say(say("read first", folder / STATEMENT))


def _papers(reader: "ManifestReader", batch: str) -> dict[str, str]:
    """The report of a batch."""
    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.report.of_manifest import report
    from burner.report.page import page

    figures = report(reader, AttemptFilter(batch=batch))
    return {
        "report.html": page(figures, language()),
        "report.json": json.dumps(figures.plain(), ensure_ascii=False, indent=2) + "\n",
    }


@click.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--key",
    required=True,
    metavar="KEY|FILE",
    help="Origin key of the other log, from whoever is trusted.",
)
@operator_option
@station_option
@manifest_option
def import_(file: Path, key: str, operator: str, station: str, manifest: str) -> None:
    """Take in the log that another manifest exported; checked first, doubles reported."""
    from burner.manifest.exchange.imports import import_log
    from burner.manifest.local.key_files import read_key
    from burner.manifest.writing.ledger import Ledger

    trusted = read_key(key)
    with Ledger.open(manifest, station, ask=asks_passphrase(Use.RECORDS)) as ledger:
        came = import_log(ledger, file, trusted.name, trusted, operator=operator)
    screen.say(
        f"{counted(came.size - came.first, 'record')} came in, {came.first} were here already."
    )
    if came.doubled:
        screen.table(
            f"the units on the right have these too: {len(came.doubled)}",
            ("", "name or ID", "product", "unit there", "unit here"),
            [(d.source, d.value, d.product_id, d.unit_id, d.holder) for d in came.doubled],
        )
    else:
        screen.say("No name, IMEI or serial number came in twice.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@manifest_option
def backup(file: Path, manifest: str) -> None:
    """Copy the manifest to FILE while stations write to it, and check the copy."""
    from burner.manifest.exchange.backup import backup as copy

    found = copy(manifest, file)
    for result in found.results.values():
        if result.code:
            raise BurnerError(result.code, f"{file}: {result.check}: {result.place}")
    screen.say(f"{counted(found.size, 'record')} copied to {file}; all agree.")


batch_group.add_command(close)
BATCH_COMMANDS = (batch_group, import_, backup)
