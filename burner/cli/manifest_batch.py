"""`burner manifest`: batches from open to sealed folder, other manifests in, copies out."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import language, screen
from burner.cli.desk import no_key_of, operator_option, station_option
from burner.cli.manifest_verify import key_option, trust
from burner.cli.options import Moment, json_option, manifest_option
from burner.cli.questions import Use, asks_passphrase
from burner.errors import BurnerError, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from burner.manifest.batches import BatchStatus
    from burner.manifest.checks.verify import Verdict
    from burner.manifest.ledger import Ledger
    from burner.manifest.reader import Reader

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NAMED_AS = ("name", "product", "unit there", "station", "record", "unit here")
NAMED = ("device_name", "product_id", "unit_id", "station", "seq", "holder")
KNOWN_BY = (
    *("source", "value", "product_id", "unit_id", "station", "seq"),
    *("holder", "holder_station", "holder_seq"),
)


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
    from burner.manifest.ledger import Ledger

    with Ledger.open(manifest, station) as ledger:
        ledger.open_batch(
            batch,
            profile=profile,
            release_digest=digest,
            product_id=product,
            planned=quantity,
            operator=operator,
        )


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
    from burner.manifest.batches import status as stand
    from burner.manifest.batches import warned
    from burner.manifest.reader import Reader
    from burner.manifest.signing.unsigned import unsigned_stations
    from burner.report import audit

    with Reader.open(manifest) as reader:
        found = stand(reader, batch, since, until)
        warnings = warned(reader, batch)
        keyless = no_key_of(unsigned_stations(reader, batch))
        audited = audit.recorded(reader, batch) if as_json else None
        lines = [] if as_json else audit.lines(reader, batch)
    if as_json:
        units = {name: getattr(found, name) for name in ("open", "failed", "interrupted")}
        text = {"batch": batch, "state": found.state, **found.counts(), "changed": found.changed}
        text["warnings"] = warnings
        text["units"] = {**units, "scrap": found.scrapped}
        text["release"] = {"allowed": found.release_allowed, "made": found.release_made}
        text["without_key"] = [each.place for each in keyless]
        text["audit"] = audit.plain(audited) if audited else None
        screen.say(json.dumps(text, ensure_ascii=False, indent=2))
        return
    screen.findings(keyless, language(), screen.warn)
    screen.say(f"batch {batch} is {found.state}: {found.profile}, {found.attempts} attempts")
    if since or until:
        screen.say(f"of those tried then: {len(found.passed)} pass, {len(found.scrapped)} scrap")
        _say_bad(found)
        return
    _say_units(found)
    _say_warnings(warnings)
    for each in found.changed:
        screen.warn(f"changed after the close: {each}")
    if found.release_allowed is not None:
        screen.say(f"the release: {found.release_made} of {found.release_allowed} units")
    screen.say("sample audit")
    for line in lines:
        screen.say(f"  {line}")


def _say_units(found: "BatchStatus") -> None:
    screen.say(found.sum())
    _say_bad(found)


def _say_bad(found: "BatchStatus") -> None:
    named = (("open", found.open), ("failed", found.failed), ("interrupted", found.interrupted))
    for what, units in named:
        if units:
            screen.say(f"{len(units)} {what}: {', '.join(units)}")


def _say_warnings(warnings: "Mapping[str, int]") -> None:
    """What was seen of good units all the same; a code of a newer burner is named alone."""
    for code, units in warnings.items():
        row = table().get(code)
        sentence = row.sentence(language()) if row else ""
        screen.warn(f"{code} (units: {units})  {sentence}".rstrip())


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
    from burner.manifest import desk
    from burner.manifest.files.folder import STATEMENT, write_folder
    from burner.manifest.files.new_folder import new_folder
    from burner.manifest.given import folder_of
    from burner.manifest.ledger import Ledger
    from burner.manifest.signing import keys
    from burner.report.audit import lines

    folder = out or Path(folder_of(batch))
    signer = keys.unlock(station, asks_passphrase(Use.BATCH))
    with Ledger.open(manifest, station) as ledger, new_folder(folder) as part:
        closes = _may_close(ledger, batch, with_open)
        _verified(ledger.reader, thorough=True)
        found = _closed(ledger, batch, operator, with_open) if closes else _again(ledger, batch)
        desk.checkpoint(ledger.writer, signer, f"batch {batch}")
        verdict = _verified(ledger.reader)
        write_folder(
            ledger.reader,
            found,
            verdict,
            part,
            signer=signer,
            station=station,
            audited=lines(ledger.reader, batch),
            extra=_papers(ledger.reader, batch),
            bom=bom,
        )
    _say_units(found)
    screen.say(f"Sealed with key {signer.public.id} of {station}: {folder}")
    screen.say(f"Read {folder / STATEMENT} first.")


def _may_close(ledger: "Ledger", batch: str, with_open: bool) -> bool:
    """Whether there is something to close; False when this station closed the batch before."""
    from burner.manifest import batches

    before = batches.closing(ledger.reader, batch)
    if before is not None and before["head"]["station"] == ledger.writer.station:
        return False
    batches.check_closing(batches.status(ledger.reader, batch), with_open)
    return True


def _again(ledger: "Ledger", batch: str) -> "BatchStatus":
    from burner.manifest import batches

    screen.warn(f"Batch {batch} is closed already: only its folder is written again.")
    return batches.status(ledger.reader, batch)


def _closed(ledger: "Ledger", batch: str, operator: str, with_open: bool) -> "BatchStatus":
    from burner.manifest import batches

    return batches.close(ledger.writer, ledger.reader, batch, operator, with_open)


def _verified(reader: "Reader", *, thorough: bool = False) -> "Verdict":
    from burner.manifest.checks.verify import size, verify

    with screen.progress("verify", size(reader)) as advance:
        verdict = verify(reader, advance, thorough=thorough)
    if verdict.flaw:
        raise BurnerError("E713" if verdict.broken else "E714", str(verdict.flaw))
    if thorough:
        for warning in verdict.warnings:
            screen.warn(warning)
    return verdict


def _papers(reader: "Reader", batch: str) -> dict[str, str]:
    """The report of a batch, and the names for the customer's cloud."""
    from burner.manifest.files.name_list import name_lines
    from burner.manifest.reader import Filter
    from burner.report.of_manifest import report
    from burner.report.page import page

    wanted = Filter(batch=batch, manifest=reader.manifest)
    figures = report(reader, wanted)
    return {
        "report.html": page(figures, language()),
        "report.json": json.dumps(figures.plain(), ensure_ascii=False, indent=2) + "\n",
        "names.csv": "".join(name_lines(reader, wanted)),
    }


@click.command("import")
@click.argument("file", type=FILE)
@key_option
@operator_option
@station_option
@manifest_option
def import_(file: Path, keys: tuple[str, ...], operator: str, station: str, manifest: str) -> None:
    """Take in the chain that another manifest exported; checked first, doubles reported."""
    from burner.manifest.files.imports import import_chain
    from burner.manifest.ledger import Ledger

    trusted = trust(keys)
    if trusted is None:
        screen.warn("Without --key, whoever wrote the file is taken at his word.")
    with Ledger.open(manifest, station) as ledger:
        imported = import_chain(ledger.writer, file, operator, trusted)
    screen.say(f"{imported.records} records came in, {imported.known} were here already.")
    if imported.duplicates:
        screen.table(
            f"names held here by the units on the right: {len(imported.duplicates)}",
            NAMED_AS,
            [tuple(each[key] for key in NAMED) for each in imported.duplicates],
        )
    if imported.doubled_ids:
        screen.table(
            f"IDs that the units on the right have too: {len(imported.doubled_ids)}",
            ("", "ID", *NAMED_AS[1:], "station", "record"),
            [tuple(each[key] for key in KNOWN_BY) for each in imported.doubled_ids],
        )
    if not imported.duplicates and not imported.doubled_ids:
        screen.say("No name, IMEI or serial number came in twice.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@manifest_option
def backup(file: Path, manifest: str) -> None:
    """Copy the manifest to FILE while stations write to it, and check the copy."""
    from burner.manifest.files.backup import backup as copy

    verdict = copy(manifest, file)
    if verdict.flaw:
        raise BurnerError("E713" if verdict.broken else "E714", f"{file}: {verdict.flaw}")
    screen.say(f"{verdict.records} records copied to {file}; they agree.")


batch_group.add_command(close)
BATCH_COMMANDS = (batch_group, close, import_, backup)
