"""`burner manifest`: the log: list, verify, heads, import, backup, restore."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from burner.cli.commands.manifest_export import export
from burner.cli.commands.manifest_verify import verify
from burner.cli.existing_ledger import existing_ledger
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import key_options, options
from burner.cli.questions.secret_questions import Use, passphrase_prompt
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json, print_json_array
from burner.core.errors import BurnerError
from burner.core.words.plural import counted

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
COLUMNS = (*("record", "started (UTC)", "station", "slot", "unit", "name", "outcome", "code", "s"),)


@click.group("manifest", cls=OrderedGroup)
def manifest() -> None:
    """List, verify, export and back up the production log."""


@manifest.command("list")
@options.filter_options
@options.manifest_option
@options.json_option
def list_(manifest: str, as_json: bool, **attempts: Any) -> None:
    """List attempts, one row each, in their order."""
    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        chosen = reader.with_log_of_batch(AttemptFilter(**attempts))
        with closing(reader.attempts_json(chosen)) as elements:  # also when nobody reads on
            if as_json:
                print_json_array(elements)
            else:
                screen.table("", COLUMNS, map(_row, elements))


manifest.add_command(verify)


@manifest.command()
@options.output_option()
@options.manifest_option
@options.json_option
def head(output: Path | None, manifest: str, as_json: bool) -> None:
    """Print where the log stands, as a short code for paper.

    Write it down away from the station. --output writes the signed checkpoint, for a witness or QA.
    """
    from burner.manifest.heads.heads import current_head
    from burner.manifest.heads.note_file import write_note_file
    from burner.manifest.heads.paper_head import PaperHead
    from burner.manifest.log.checkpoint import Checkpoint
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        note = current_head(reader)
        origin, origin_key = reader.origin, reader.origin_key()
    checkpoint = Checkpoint.parse(note.text)
    paper = PaperHead.of(checkpoint)
    if output:
        write_note_file(output, str(note))
    if as_json:
        root = checkpoint.root.hex()
        about = {"origin": origin, "origin_key": origin_key, "size": checkpoint.size, "root": root}
        print_json({**about, "head": str(paper), "checkpoint": str(note)})
        return
    screen.say(f"log {origin}")
    screen.say(f"origin key {origin_key}")
    screen.say(f"head {paper}")


@manifest.command()
@click.argument("file", type=FILE)
@key_options.owner_option
def cosign(file: Path, owner: str) -> None:
    """Cosign the checkpoint in FILE, at QA's own computer.

    Compare what it prints with what the station shows: the signature says that this is it.
    """
    from burner.manifest.heads.cosignatures import cosign_note
    from burner.manifest.heads.heads import checkpoint_of
    from burner.manifest.heads.note_file import read_note_file, write_note_file
    from burner.manifest.heads.paper_head import PaperHead
    from burner.manifest.local.keys import witness_signer

    note = read_note_file(file)
    checkpoint = checkpoint_of(note)
    signer = witness_signer(owner, passphrase_prompt(Use.HEADS))
    write_note_file(file, str(cosign_note(note, signer)))
    screen.say(f"log {checkpoint.origin}, head {PaperHead.of(checkpoint)}")
    screen.say(f"Cosigned with {signer.key}")


@manifest.command()
@click.argument("source", metavar="FILE|URL")
@key_options.witness_key_option
@options.station_option
@options.manifest_option
def witness(source: str, witness_keys: tuple[str, ...], station: str, manifest: str) -> None:
    """Keep a witness's cosignature of the head, from FILE or URL.

    FILE was cosigned; URL is the submission prefix of a C2SP witness, which is asked. Needs
    --witness-key. Cosignatures go into every export.
    """
    from burner.manifest.heads.witness import collect_cosignatures
    from burner.manifest.local.key_argument import read_key
    from burner.manifest.log.note import KeyType

    if not witness_keys:
        raise click.UsageError("--witness-key says whose cosignature counts")
    keys = tuple(read_key(key, KeyType.COSIGNATURE) for key in witness_keys)
    with existing_ledger(manifest, station, Use.HEADS) as ledger:
        kept = collect_cosignatures(ledger, source, keys)
    for line in kept:
        screen.say(f"Kept: cosigned by {line.name}.")
    if not kept:
        screen.say("Nothing new: no cosignature of these keys, or it was kept before.")


manifest.add_command(export)


@manifest.command("import")
@click.argument("file", type=FILE)
@key_options.key_option(required=True)
@options.operator_option()
@options.station_option
@options.manifest_option
def import_(file: Path, key: str, operator: str, station: str, manifest: str) -> None:
    """Take in the log that another manifest exported.

    FILE is checked first, with the origin key of the other log; doubles are reported.
    """
    from burner.manifest.exchange.imports import import_log
    from burner.manifest.local.key_argument import read_key
    from burner.manifest.writing.ledger import Ledger

    trusted = read_key(key)
    with Ledger.open(manifest, station, prompt_passphrase=passphrase_prompt(Use.RECORDS)) as ledger:
        imported = import_log(ledger, file, trusted.name, trusted, operator=operator)
    new = counted(imported.size - imported.first, "record")
    screen.say(f"{new} came in, {imported.first} were here already.")
    if imported.doubled:
        screen.table(
            f"the units on the right have these too: {len(imported.doubled)}",
            ("", "name or ID", "product", "unit there", "unit here"),
            [(d.source, d.value, d.product_id, d.unit_id, d.holder) for d in imported.doubled],
        )
    else:
        screen.say("No name, IMEI or serial number came in twice.")


@manifest.command()
@click.argument("file", type=options.NEW_FILE)
@options.manifest_option
def backup(file: Path, manifest: str) -> None:
    """Copy the manifest to FILE while stations write, and check it."""
    from burner.manifest.exchange.backup import backup as copy

    copied = copy(manifest, file)
    for result in copied.results.values():
        if result.code:
            raise BurnerError(result.code, f"{file}: {result.check}: {result.place}")
    screen.say(f"{counted(copied.size, 'record')} copied to {file}; all agree.")


@manifest.command()
@click.option(
    "--old",
    default="",
    metavar="URL",
    help="The older copy, where it is not at the place of the manifest: a file, or the database "
    "of a server.",
)
@options.operator_option()
@options.reason_option
@options.station_option
@options.manifest_option
def restore(old: str, operator: str, reason: str, station: str, manifest: str) -> None:
    """Begin a new log in place of one that is lost or too old.

    This is for an older copy that was put back, for a manifest that is gone (E710), and where all
    keys are lost (E757). The new log names the last head that this computer knows of the old one.
    What is there comes in beside it: its names stay taken, its units can be looked up. Open its
    batches again, with the quantity that is left. Every station that knows the old log runs this
    once, and goes on with the new one then. On a server --manifest names an empty database.
    """
    from burner.manifest.restore.restore import restore as begin

    prompt = passphrase_prompt(Use.RECORDS)
    done = begin(
        manifest, station, operator=operator, reason=reason, old=old, prompt_passphrase=prompt
    )
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
        screen.say("Until then the quantity of their release does not count them.")
    else:
        screen.say("No record that this computer knows of is lost.")


def _row(element: Mapping[str, Any]) -> tuple[object, ...]:
    seconds = element["seconds"]
    return (
        element["number"],
        element["started"][:19].replace("T", " "),
        element["station"],
        element["slot"],
        element["unit_id"] or "–",
        element["device_name"] or "–",
        " → ".join(filter(None, (element["outcome"], element["corrected"]))),
        element["code"],
        f"{seconds:.1f}" if seconds is not None else "",
    )
