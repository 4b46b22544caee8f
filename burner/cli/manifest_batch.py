"""`burner manifest`: batches from open to sealed folder, other manifests in, copies out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import language, screen
from burner.cli.desk import operator_option, passphrase, station_option
from burner.cli.options import json_option, manifest_option
from burner.errors import BurnerError

if TYPE_CHECKING:
    from burner.manifest.reader import Reader

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
@manifest_option
@json_option
def status(batch: str, manifest: str, as_json: bool) -> None:
    """Show how BATCH stands: planned = pass + scrap + missing, and which units are OPEN."""
    from burner.manifest.batches import status as stand
    from burner.manifest.reader import Reader

    with Reader.open(manifest) as reader:
        found = stand(reader, batch)
    if as_json:
        units = {"open": found.open, "failed": found.failed, "scrap": found.scrapped}
        release = {"allowed": found.release_allowed, "made": found.release_made}
        text = {"batch": batch, "state": found.state, **found.counts(), "units": units}
        text["release"] = release
        screen.say(json.dumps(text, ensure_ascii=False, indent=2))
        return
    screen.say(f"batch {batch} is {found.state}: {found.profile}, {found.attempts} attempts")
    screen.say(found.sum())
    if found.release_allowed is not None:
        screen.say(f"the release: {found.release_made} of {found.release_allowed} units")
    for what, named in (("OPEN", found.open), ("failed", found.failed)):
        if named:
            screen.say(f"{what}: {', '.join(named)}")


@click.command()
@click.argument("batch")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Default: ./BATCH")
@click.option("--with-open", is_flag=True, help="OPEN units count as missing.")
@operator_option
@station_option
@manifest_option
def close(
    *, batch: str, out: Path | None, with_open: bool, operator: str, station: str, manifest: str
) -> None:
    """Close BATCH, sign that, check the whole manifest and write the batch's sealed folder."""
    from burner.manifest import batches, desk, keys
    from burner.manifest.folder import SEAL, write_folder
    from burner.manifest.ledger import Ledger
    from burner.manifest.verify import size, verify

    folder = out or Path(batch)
    if (folder / SEAL).exists():
        raise BurnerError("E736", str(folder))
    signer = keys.unlock(station, passphrase)
    with Ledger.open(manifest, station) as ledger:
        found = batches.close(ledger.writer, ledger.reader, batch, operator, with_open)
        desk.checkpoint(ledger.writer, signer, f"batch {batch}")
        with screen.progress("verify", size(ledger.reader)) as advance:
            verdict = verify(ledger.reader, advance)
        if verdict.flaw:
            raise BurnerError("E713" if verdict.broken else "E714", str(verdict.flaw))
        extra = _papers(ledger.reader, batch)
        write_folder(ledger.reader, found, verdict, folder, signer=signer, extra=extra)
    screen.say(found.sum())
    screen.say(f"Sealed: {folder}")


def _papers(reader: "Reader", batch: str) -> dict[str, str]:
    """The report of a batch, and the names for the customer's cloud."""
    from burner.manifest.name_list import name_lines
    from burner.manifest.reader import Filter
    from burner.report.of_manifest import report
    from burner.report.page import page

    wanted = Filter(batch=batch)
    figures = report(reader, wanted)
    return {
        "report.html": page(figures, language()),
        "report.json": json.dumps(figures.plain(), ensure_ascii=False, indent=2) + "\n",
        "names.csv": "".join(name_lines(reader, wanted)),
    }


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--key", "key_files", multiple=True, type=FILE, help="Public key of its station.")
@operator_option
@station_option
@manifest_option
def import_(
    file: Path, key_files: tuple[Path, ...], operator: str, station: str, manifest: str
) -> None:
    """Take in the chain that another manifest exported; checked first, doubles reported."""
    from burner.manifest.imports import check_import, import_chain
    from burner.manifest.keys import read_public
    from burner.manifest.ledger import Ledger

    trusted = {key.id: key for key in map(read_public, key_files)} or None
    if trusted is None:
        screen.warn("Without --key, whoever wrote the file is taken at his word.")
    check_import(file, trusted)
    with Ledger.open(manifest, station) as ledger:
        imported = import_chain(ledger.writer, file, operator)
    screen.say(f"{imported.records} records came in, {imported.known} were here already.")
    if imported.duplicates:
        screen.table(
            f"{len(imported.duplicates)} names are held here by the units on the right",
            ("name", "product", "unit there", "station", "record", "unit here"),
            [
                (
                    d["device_name"],
                    d["product_id"],
                    d["unit_id"],
                    d["station"],
                    d["seq"],
                    d["holder"],
                )
                for d in imported.duplicates
            ],
        )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@manifest_option
def backup(file: Path, manifest: str) -> None:
    """Copy the manifest to FILE while stations write to it, and check the copy."""
    from burner.manifest.backup import backup as copy

    verdict = copy(manifest, file)
    if verdict.flaw:
        raise BurnerError("E713" if verdict.broken else "E714", f"{file}: {verdict.flaw}")
    screen.say(f"{verdict.records} records copied to {file}; they agree.")


batch_group.add_command(close)
BATCH_COMMANDS = (batch_group, close, import_, backup)
