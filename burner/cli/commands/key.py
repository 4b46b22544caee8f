"""`burner key`: the keys that sign the log: made, shown, enrolled, rotated, withdrawn."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.existing_ledger import existing_ledger
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import key_options, options
from burner.cli.parameters.signing import SignerArguments
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.questions.secret_questions import (
    Use,
    new_passphrase,
    passphrase_prompt,
)
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.next_command import manifest_argument
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import PASSPHRASE

if TYPE_CHECKING:
    from burner.manifest.fold.rows import KeyRow
    from burner.manifest.writing.ledger import Ledger

PROTECTION = {
    "account": "It has no passphrase; this account alone can read its file.",
    "passphrase": "It is encrypted: the passphrase is wanted whenever it signs.",
    "keyring": "It is in the system's keyring.",
    "token": "It stays in its token, which enrolls a key for each day. A token opens no sealed "
    "releases: the key for them is in a file that this account alone can read.",
}
"""By `Protection`."""
COLUMNS = ("id", "owner", "role", "since record", "until", "withdrawn at", "key")


def _passphrase(owner: str, wanted: bool) -> str | None:
    """The passphrase from the environment, or typed twice; None where none is wanted.

    The environment alone encrypts no key: the variable is set for the keys of people, too.
    """
    return (os.environ.get(PASSPHRASE) or new_passphrase(owner)) if wanted else None


def _ledger_of_key(manifest: str, station: str) -> "Ledger":
    """The manifest, opened by a station that has a key: a name that is none makes no station.

    Raises:
        BurnerError: E721 the station has no key; as `existing_ledger`.
    """
    from burner.manifest.local import keys

    if not keys.has_key(station):
        raise BurnerError(Code.SIGNING_KEY_MISSING, f"no key of {station}")
    return existing_ledger(manifest, station, Use.NEXT_KEY)


@click.group("key", cls=OrderedGroup)
def key() -> None:
    """Make, show, enroll, rotate and withdraw keys."""


@key.command()
@click.argument("owner")
@key_options.key_protection_options
@click.option(
    "--token",
    metavar="URI",
    default="",
    help="Use the key in a PKCS #11 token: pkcs11:token=T;object=O?module-path=LIBRARY. Its PIN "
    "comes from BURNER_TOKEN_PIN. It enrolls a run key for a day.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Make another one: the key of OWNER is lost, or its passphrase is. It must be enrolled.",
)
def make(*, owner: str, wants_passphrase: bool, in_keyring: bool, token: str, again: bool) -> None:
    """Make a signing key for OWNER: a station, or a witness.

    A person who signs or approves releases makes a pair: `burner key pair`.

    A station makes its key by itself at its first record; this is for a passphrase or the keyring,
    and for a key that is lost. Where the old one still works, use `burner key rotate`.
    """
    from burner.manifest.local import keys

    if keys.has_key(owner) and not again:
        raise BurnerError(Code.SIGNING_KEY_EXISTS, owner)
    before = _recipient_on_disk(owner)
    if token:
        keys.use_token(owner, token)
        screen.say(PROTECTION[keys.protection(owner)])
        _warn_of_new_recipient(owner, before)
        return
    lock = _passphrase(owner, wants_passphrase) if not in_keyring else None
    made = keys.make_key(owner, lock, in_keyring=in_keyring)
    screen.say(f"{owner} has a key. {PROTECTION[keys.protection(owner)]}")
    screen.say(f"As a station, `burner key show --station {owner}` prints it.")
    screen.say(f"As a witness it is {keys.as_witness(owner, made).key}")
    screen.say(f"Releases are sealed for it with {keys.station_recipient(owner)}")
    _warn_of_new_recipient(owner, before)


def _recipient_on_disk(owner: str) -> str:
    """For whom releases are sealed that the owner opens; empty: nobody made a key for that."""
    from burner.manifest.local.recipient_key import has_recipient, recipient

    try:
        return recipient(owner) if has_recipient(owner) else ""
    except BurnerError:
        return "damaged"


def _warn_of_new_recipient(owner: str, before: str) -> None:
    if before not in ("", _recipient_on_disk(owner)):
        screen.warn(
            f"The old key of {owner} for sealed releases could not be kept: what was sealed for it "
            "stays closed. The engineer needs the new one: "
            f"burner key recipient --station {owner} -o FILE"
        )


@key.command()
@options.output_option()
@click.option(
    "--new",
    is_flag=True,
    help="Make another one: the present key is lost or damaged. What was sealed for it stays "
    "closed.",
)
@options.station_file_option
@options.slot_station_option
def recipient(
    output: Path | None, new: bool, station_file: Path | None, station: str | None
) -> None:
    """Show this station's public key for sealed releases.

    With -o it is written to a file for the engineer: burner release build PROFILE --to FILE. A
    station that has no key yet gets one now. The private half is protected like the station's key,
    and stays here.
    """
    from burner.cli.parameters.command_rules import own_station_file, station_of_command
    from burner.core.atomic_file import write_output
    from burner.manifest.local.keys import station_recipient

    name = station_of_command(own_station_file(station_file), station)
    public = station_recipient(name, passphrase_prompt(Use.RELEASES), new=new)
    if output is None:
        screen.say(public)
    else:
        write_output(output, f"# {name}\n{public}\n".encode())
        screen.say(f"{output}  for station {name}: {public}")


@key.command()
@click.argument("path", metavar="FILE", type=options.NEW_FILE)
def pair(path: Path) -> None:
    """Make a key pair for a person, who signs or approves with it.

    FILE is where the private key goes, such as alice.pem; alice.pub beside it is the public key,
    for everybody. The private key is encrypted; its passphrase is asked for.
    """
    from burner.release.envelope.key_pair import check_place, make_key_pair

    private = path if path.suffix else path.with_suffix(".pem")
    check_place(private)
    passphrase = os.environ.get(PASSPHRASE) or new_passphrase(private.stem)
    public, made = make_key_pair(private, passphrase)
    screen.say(f"{private}  private, encrypted: keep it, show it to nobody")
    screen.say(f"{public}  public: {made.fingerprint}")


@key.command()
@click.argument("uri", metavar="URI")
@options.output_option(required=True)
def public(uri: str, output: Path) -> None:
    """Write the public key of a person: URI is the private key.

    URI is what --signer takes, such as hsm:2?label=TOKEN. Stations, and others who check, need the
    public key.
    """
    from burner.core.atomic_file import write_output

    made = SignerArguments(uri, output.stem, None).signer().key
    write_output(output, made.pem.encode())
    screen.say(f"{output}  public: {made.fingerprint}")


@key.command()
@station_file_names
@options.station_option
@options.manifest_option
@options.json_option
def show(station: str, manifest: str, as_json: bool) -> None:
    """Show the keys of the log, and those of this station."""
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        rows, origin = reader.log_keys(), reader.origin
    own, for_station = _own_key(station, origin), _own_recipient(station)
    if as_json:
        listed = [row._asdict() for row in rows]
        print_json({"origin": origin, "keys": listed, "own": own, "recipient": for_station})
        return
    screen.table(f"log {origin}", COLUMNS, map(_row, rows))
    if for_station:
        screen.say(f"Releases are sealed for {station} with {for_station}")
    if own and own not in {row.key for row in rows}:
        screen.warn(f"The key of {station} is not in the log. At an enrolled station:")
        enroll = f"burner key enroll '{own}' --owner {station} --operator ID"
        screen.say(f"  {enroll}{manifest_argument(manifest)}")
        screen.say("  (with --role qa for a desk that burns nothing)")


def _own_key(station: str, origin: str) -> str:
    """The station's key, under the name of the log; empty where it has none."""
    from burner.manifest.local import keys
    from burner.manifest.local.station_key import long_term_key

    if not keys.has_key(station):
        return ""
    signer = keys.station_signer(station, passphrase_prompt(Use.RECORDS))(origin)
    return str(long_term_key(signer).key)


def _own_recipient(station: str) -> str:
    """For whom releases are sealed that the station opens; empty where it has no key."""
    from burner.manifest.local import keys

    if not keys.has_key(station):
        return ""
    return keys.station_recipient(station, passphrase_prompt(Use.RELEASES))


def _row(row: "KeyRow") -> tuple[object, ...]:
    withdrawn = row.withdrawn if row.withdrawn >= 0 else ""
    return row.id, row.owner, row.role, row.enrolled, row.until, withdrawn, row.key


@key.command()
@click.argument("key", metavar="KEY|FILE")
@key_options.owner_option
@click.option(
    "--role",
    type=click.Choice(("station", "qa")),
    default="station",
    show_default=True,
    help="station: it burns; qa: a desk that corrects, closes, enrolls keys and withdraws them.",
)
@options.operator_option()
@station_file_names
@options.station_option
@options.manifest_option
def enroll(*, key: str, owner: str, role: str, operator: str, station: str, manifest: str) -> None:
    """Enroll another station's KEY; the key of this station signs that.

    This station is one that writes into the manifest already: name it with --station.
    """
    from burner.manifest.local.key_argument import read_key
    from burner.manifest.local.station_key import long_term_key
    from burner.manifest.writing.log_keys import enrol

    verifier = read_key(key)
    with _ledger_of_key(manifest, station) as ledger:
        sponsor = long_term_key(ledger.writer.key.signer)
        number = enrol(ledger, verifier, owner=owner, sponsor=sponsor, role=role, operator=operator)
    screen.say(f"key {verifier.id.hex()} of {owner} is in, by record {number}")


@key.command()
@key_options.key_protection_options
@options.operator_option()
@options.reason_option
@station_file_names
@options.station_option
@options.manifest_option
def rotate(
    *,
    wants_passphrase: bool,
    in_keyring: bool,
    operator: str,
    reason: str,
    station: str,
    manifest: str,
) -> None:
    """Make the next key of this station and withdraw the old one.

    The old key enrolls the new one. It is kept as the old one was, with a passphrase or in the
    keyring, unless an option differs.
    """
    from burner.manifest.local import keys
    from burner.manifest.writing.key_rotation import rotate_station_key

    with _ledger_of_key(manifest, station) as ledger:
        signer = rotate_station_key(
            ledger,
            wants_passphrase=wants_passphrase,
            in_keyring=in_keyring,
            passphrase=lambda wanted: _passphrase(station, wanted),
            prompt_passphrase=passphrase_prompt(Use.NEXT_KEY),
            operator=operator,
            reason=reason,
        )
    screen.say(f"key {signer.key.id.hex()} of {station} signs from now on: {signer.key}")
    screen.say(PROTECTION[keys.protection(station)])


@key.command()
@click.argument("key_id", metavar="ID")
@options.operator_option()
@options.reason_option
@station_file_names
@options.station_option
@options.manifest_option
def withdraw(key_id: str, operator: str, reason: str, station: str, manifest: str) -> None:
    """Withdraw the key with this ID: it signs no more.

    It is in wrong hands, or lost. `burner key show` tells the ID.
    """
    from burner.manifest.writing import log_keys

    with _ledger_of_key(manifest, station) as ledger:
        log_keys.withdraw(ledger, key_id, operator=operator, reason=reason)
    screen.say(f"key {key_id} is withdrawn")
