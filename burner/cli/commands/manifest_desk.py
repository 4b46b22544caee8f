"""`burner manifest`: heads, witnesses, certificates, corrections, and beginning anew."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import screen
from burner.cli.commands.manifest_keys import keys_group
from burner.cli.commands.manifest_verify import witness_option
from burner.cli.desk import desk_ledger, operator_option, reason_option, station_option
from burner.cli.language import language
from burner.cli.options import manifest_option
from burner.cli.questions import Use, asks_passphrase
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import Wording
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.log.note import SignedNote
    from burner.manifest.reading.reader import ManifestReader

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
LARGEST_NOTE = 64 << 10
"""Bytes of a head with its signatures."""


@click.command()
@click.option("-o", "--output", type=NEW_FILE, help="The signed checkpoint, for a witness or QA.")
@manifest_option
def head(output: Path | None, manifest: str) -> None:
    """Print where the log stands, as a short code: write it down away from the station."""
    from burner.manifest.heads.heads import current_head
    from burner.manifest.heads.paper_head import PaperHead
    from burner.manifest.log.checkpoint import Checkpoint
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        note = current_head(reader)
        screen.say(f"log {reader.origin}")
        screen.say(f"origin key {reader.origin_key()}")
    screen.say(f"head {PaperHead.of(Checkpoint.parse(note.text))}")
    if output:
        _write(output, str(note))


@click.command()
@click.argument("file", type=FILE)
@click.option("--owner", required=True, metavar="NAME", help="Whose key signs (see keys make).")
def cosign(file: Path, owner: str) -> None:
    """Countersign the checkpoint in FILE (QA does this on a computer of its own).

    Compare what it prints with what the station shows: the signature says that this is it.
    """
    from burner.manifest.heads.cosignatures import countersign
    from burner.manifest.heads.heads import checkpoint_of
    from burner.manifest.heads.paper_head import PaperHead
    from burner.manifest.local.keys import witness_signer

    note = _note(file)
    checkpoint = checkpoint_of(note)
    signer = witness_signer(owner, asks_passphrase(Use.HEADS))
    _write(file, str(countersign(note, signer)))
    screen.say(f"log {checkpoint.origin}, head {PaperHead.of(checkpoint)}")
    screen.say(f"Countersigned with {signer.key}")


@click.command()
@click.argument("source", metavar="FILE|URL")
@witness_option
@station_option
@manifest_option
def witness(source: str, witness_keys: tuple[str, ...], station: str, manifest: str) -> None:
    """Keep a witness's cosignature of the head: from a countersigned FILE, or asked for at URL.

    URL is the submission prefix of a C2SP witness. Cosignatures go into every export.
    """
    from burner.manifest.heads.cosignatures import keep_cosignatures
    from burner.manifest.heads.witness import ask_witness
    from burner.manifest.local.key_files import read_key
    from burner.manifest.log.note import KeyType

    if not witness_keys:
        raise click.UsageError("--witness-key says whose cosignature counts")
    keys = tuple(read_key(key, KeyType.COSIGNATURE) for key in witness_keys)
    with desk_ledger(manifest, station, Use.HEADS) as ledger:
        if "://" in source:
            kept = tuple(line for key in keys for line in ask_witness(ledger, source, key))
        else:
            kept = keep_cosignatures(ledger, _note(Path(source)), keys)
    for line in kept:
        screen.say(f"Kept: cosigned by {line.name}.")
    if not kept:
        screen.say("Nothing new: no cosignature of these keys, or it was kept before.")


@click.command()
@click.argument("unit", metavar="NAME|MAC|IMEI|SN")
@click.option("-o", "--output", type=NEW_FILE, required=True, help="As UNIT.tlog-proof.")
@click.option("--product", default="", metavar="ID", help="Where a unit has several.")
@manifest_option
def certificate(unit: str, output: Path, product: str, manifest: str) -> None:
    """Write the proof that the log holds the PASS of a UNIT, for whoever gets the unit.

    It speaks as of the size of the log now: a scrap that comes later does not show.
    """
    from burner.manifest.exchange.certificate import certificate as proof_of
    from burner.manifest.log.checkpoint import Checkpoint
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        proof = proof_of(reader, unit, product)
    _write(output, str(proof))
    size = Checkpoint.parse(proof.note.text).size
    screen.say(f"{output}: record {proof.index}, as of size {size}.")


@click.command()
@click.argument("what", type=click.Choice(("rework", "scrap", "void")))
@click.argument("unit", metavar="NAME|MAC|IMEI|SN")
@click.option("--product", default="", metavar="ID", help="Where a unit has several.")
@operator_option
@reason_option
@station_option
@manifest_option
def correct(
    *,
    what: str,
    unit: str,
    product: str,
    operator: str,
    reason: str,
    station: str,
    manifest: str,
) -> None:
    """Say that a UNIT is reworked, scrapped, or that its attempts do not count (void).

    Nothing is erased: it is a record of its own, with a name and a reason. Scrap and void take
    the unit out of its batch; void also frees its names. A scrapped unit is burned no more; a
    rework ends that, and lets the next burn write the unit again with its reason on record.
    """
    from burner.manifest.reading.batch_status import status
    from burner.manifest.writing.corrections import CorrectionKind
    from burner.manifest.writing.corrections import correct as record

    say = Wording(language())

    with desk_ledger(manifest, station, Use.RECORDS) as ledger:
        unit_id, product_id = _unit(ledger.reader, unit, product)
        batches = record(
            ledger,
            CorrectionKind(what),
            unit_id,
            product_id=product_id,
            operator=operator,
            reason=reason,
        )
        sums = [(batch, status(ledger.reader, batch).sum(say)) for batch in batches]
    screen.say(say(f"corrected {what}", unit_id, reason))
    for batch, stands in sums:
        screen.say(say("batch {}: {}", batch, stands))


@click.command()
@click.option(
    "--old",
    default="",
    metavar="URL",
    help="The older copy, where it is not at the place of the manifest: a file, or the database "
    "of a server.",
)
@operator_option
@reason_option
@station_option
@manifest_option
def restore(old: str, operator: str, reason: str, station: str, manifest: str) -> None:
    """Begin a new log where an older copy was put back, the manifest is gone (E710), or all keys
    are lost (E757).

    The new log names the last head that this computer knows of the old one. What is there comes
    in beside it: its names stay taken, its units can be looked up. Open its batches again, with
    the quantity that is left. Every station that knows the old log runs this once, and goes on
    with the new one then. On a server --manifest names an empty database.
    """
    from burner.manifest.restore.restore import restore as begin

    ask = asks_passphrase(Use.RECORDS)
    done = begin(manifest, station, operator=operator, reason=reason, old=old, ask=ask)
    begins = "was begun already" if done.already else "begins"
    screen.say(f"log {done.origin} {begins} in place of {done.old}")
    screen.say(f"origin key {done.key}: write it down")
    if done.old_place:
        screen.say(f"{counted(done.kept, 'record')} came in from {done.old_place}")
    if done.lost.continued_elsewhere:
        screen.say("The copy was continued elsewhere: what this computer wrote since is not in it.")
    if done.lost.at_least:
        many = "" if done.lost.exact else "at least "
        lost = counted(done.lost.at_least, "record")
        screen.say(f"lost: {many}{lost}; burn the units again that were made meanwhile")
    else:
        screen.say("No record that this computer knows of is lost.")


def _unit(reader: "ManifestReader", text: str, product: str) -> tuple[str, str]:
    """UnitId and ProductID of the one unit that is meant."""
    from burner.manifest.reading.unit_search import found_units

    with reader.connection() as connection:
        found = [row for _, row in found_units(connection, text, product)]
    if len(found) != 1:
        named = ", ".join(f"{row.unit_id} of {row.product_id}" for row in found)
        raise BurnerError(Code.UNIT_UNKNOWN, f"{text}: {named}" if named else text)
    return found[0].unit_id, found[0].product_id


def _note(path: Path) -> "SignedNote":
    """A head that was carried here as a file. Raises BurnerError (E735) for anything else."""
    from burner.core.plain_file import read_plain
    from burner.manifest.heads.heads import read_note

    try:
        data = read_plain(path, LARGEST_NOTE)
    except OSError as error:
        raise BurnerError(Code.HEAD_INVALID, f"{path}: {error.strerror}") from None
    return read_note(data)


def _write(path: Path, text: str) -> None:
    from burner.manifest.local.state import write_durably

    try:
        write_durably(path, text.encode())
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{path}: {error.strerror}") from None


DESK_COMMANDS = (head, cosign, witness, certificate, correct, restore, keys_group)
