"""`burner manifest`: heads, checkpoints, corrections, and what a person answers for."""

from pathlib import Path

import click

from burner.cli import screen
from burner.cli.desk import desk_ledger, operator_option, reason_option, station_option
from burner.cli.manifest_keys import keys_group
from burner.cli.options import manifest_option
from burner.cli.questions import Use, asks_passphrase
from burner.errors import BurnerError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--out", type=NEW_FILE, help="Also as a file, to be kept or countersigned.")
@manifest_option
def head(out: Path | None, manifest: str) -> None:
    """Print where every chain stands, as short codes: write them down away from the station."""
    from burner.manifest.reader import Reader
    from burner.manifest.signing.heads import current_heads, write_heads

    with Reader.open(manifest) as reader:
        heads = current_heads(reader)
    for each in heads:
        screen.say(each.code())
    if out:
        write_heads(out, heads)


@click.command()
@click.argument("file", type=FILE)
@click.option("--owner", required=True, metavar="NAME", help="Whose key signs (see keys make).")
def countersign(file: Path, owner: str) -> None:
    """Sign the heads in FILE (QA does this on a computer of its own).

    Compare what it prints with what the stations showed: the signature says that these are they.
    """
    from burner.manifest.signing import heads, keys

    for each in heads.heads_of(file):
        screen.say(each.code())
    signer = keys.unlock(owner, asks_passphrase(Use.HEADS))
    signed = heads.countersign(file, signer, owner)
    screen.say(f"{len(signed)} heads signed with key {signer.public.id} of {owner}.")


@click.command()
@station_option
@manifest_option
def checkpoint(station: str, manifest: str) -> None:
    """Sign the station's chain as it stands now, and print the head."""
    from burner.manifest import desk
    from burner.manifest.signing import keys

    signer = keys.unlock(station, asks_passphrase(Use.CHECKPOINT))
    with desk_ledger(manifest, station) as ledger:
        screen.say(desk.checkpoint(ledger.writer, signer, "on demand").code())


@click.command()
@click.argument("what", type=click.Choice(("rework", "scrap", "void")))
@click.argument("unit", metavar="NAME|MAC|IMEI|SN")
@operator_option
@reason_option
@station_option
@manifest_option
def correct(
    *, what: str, unit: str, operator: str, reason: str, station: str, manifest: str
) -> None:
    """Say that a UNIT is reworked, scrapped, or that its attempts do not count (void).

    Nothing is erased: it is a record of its own, with a name and a reason. Scrap and void take
    the unit out of its batch; void also frees its names. A scrapped unit is burned no more; a
    rework ends that, and lets the next burn write the unit again with its reason on record.
    """
    from burner.manifest import desk

    with desk_ledger(manifest, station) as ledger:
        units = ledger.reader.find(unit)
        last = ledger.unit(units[0], "").last if len(units) == 1 else None
        if last is None:
            found = f"{unit}: {', '.join(units)}" if units else unit
            raise BurnerError("E712", found)
        desk.correct(
            ledger.writer,
            desk.Correction(what),
            units[0],
            product_id=last.attempt.product_id,
            operator=operator,
            reason=reason,
            batch=last.attempt.batch,
        )


@click.command()
@click.argument("what", type=click.Choice(("old-copy", "clock", "new")), default="old-copy")
@operator_option
@reason_option
@station_option
@manifest_option
def acknowledge(what: str, operator: str, reason: str, station: str, manifest: str) -> None:
    """Answer for what cannot be mended, so that the station goes on; the chain says so for ever.

    \b
    old-copy  a restored old copy, when the newer manifest is lost (E710, the default):
              the numbers of the lost records are never used again
    clock     records of the future, when the clock is right now and had run ahead (E709)
    new       a new or another manifest where this computer wrote one that is gone (E710)
    """
    from burner.manifest import answers
    from burner.manifest.database import place
    from burner.manifest.local.remembered import Remembered, must_exist
    from burner.manifest.writer import Writer

    where = place(manifest)
    if what != "new":
        must_exist(where)
    elif not Remembered(where).manifest():
        raise BurnerError("E732", f"{where}: this computer wrote no manifest here before")
    old, new = what == "old-copy", what == "new"
    with Writer(where, station, accept_old=old, accept_new=new) as writer:
        if what == "clock":
            was, now = answers.clock(writer, operator, reason)
            screen.say(f"The last record is of {was}; station {station} goes on from {now}.")
        elif new:
            gone = answers.new_manifest(writer, operator, reason)
            screen.say(f"Manifest {gone} is gone; {writer.manifest} is in its place.")
        else:
            first, last = answers.old_copy(writer, operator, reason)
            lost = f"Records {first} to {last} of station {station} are lost"
            other = f"The records of station {station} are not those it wrote"
            screen.say(f"{lost if first <= last else other}; it goes on from there.")


@click.command()
@station_option
@manifest_option
def migrate(station: str, manifest: str) -> None:
    """Bring the tables of an older burner up to date. Make a backup first."""
    from burner.manifest.database import place
    from burner.manifest.local.remembered import must_exist
    from burner.manifest.writer import Writer

    where = place(manifest)
    must_exist(where)
    with Writer(where, station):
        screen.say("The manifest is up to date.")


DESK_COMMANDS = (head, countersign, checkpoint, correct, acknowledge, migrate, keys_group)
