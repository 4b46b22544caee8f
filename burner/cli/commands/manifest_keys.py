"""`burner manifest keys`: which keys sign the log; made, let in, handed over, withdrawn."""

import os
from pathlib import Path

import click

from burner.cli import screen
from burner.cli.desk import desk_ledger, operator_option, reason_option, station_option
from burner.cli.next_command import manifest_argument
from burner.cli.options import json_option, manifest_option
from burner.cli.questions import Use, asks_passphrase, new_passphrase
from burner.core.code import Code
from burner.core.errors import BurnerError

NEW_FILE = click.Path(dir_okay=False, path_type=Path)

KEPT = {
    "account": "It has no passphrase; this account alone can read its file.",
    "passphrase": "It is encrypted: the passphrase is wanted whenever it signs.",
    "keyring": "It is in the system's keyring.",
    "token": "It stays in its token, which lets a key in for each day.",
}
"""By `keys.Protection`."""

passphrase_option = click.option(
    "--passphrase",
    "wants_passphrase",
    is_flag=True,
    help="Encrypt it by a passphrase, which is then wanted whenever it signs.",
)
keyring_option = click.option(
    "--keyring", "in_keyring", is_flag=True, help="Keep it in the system's keyring."
)


def _passphrase(owner: str, wanted: bool) -> str | None:
    """From the environment, or typed twice."""
    from burner.manifest.local.keys import PASSPHRASE

    return os.environ.get(PASSPHRASE) or (new_passphrase(owner) if wanted else None)


@click.group("keys")
def keys_group() -> None:
    """The keys that sign the log: make, show, let in, hand over, withdraw."""


@keys_group.command("make")
@click.argument("owner")
@passphrase_option
@keyring_option
@click.option(
    "--token",
    metavar="URI",
    default="",
    help="Use the key in a PKCS #11 token: pkcs11:token=T;object=O?module-path=LIBRARY. Its PIN "
    "comes from BURNER_TOKEN_PIN. It lets a run key in for a day.",
)
@click.option(
    "--again",
    is_flag=True,
    help="The key of OWNER is lost, or its passphrase is: make another one, to be let in anew.",
)
def make(*, owner: str, wants_passphrase: bool, in_keyring: bool, token: str, again: bool) -> None:
    """Make a key for OWNER: a station id, or whoever countersigns.

    A station makes its key by itself at its first record; this is for a passphrase or the keyring,
    and for a key that is lost. Where the old one still works, use `keys rotate`.
    """
    from burner.manifest.local import keys

    if keys.has_key(owner) and not again:
        raise BurnerError(Code.SIGNING_KEY_EXISTS, owner)
    if token:
        keys.use_token(owner, token)
        screen.say(KEPT[keys.protection(owner)])
        return
    lock = _passphrase(owner, wants_passphrase) if not in_keyring else None
    made = keys.make_key(owner, lock, in_keyring=in_keyring)
    screen.say(f"{owner} has a key. {KEPT[keys.protection(owner)]}")
    screen.say(f"As a station, `burner manifest keys show --station {owner}` prints it.")
    screen.say(f"As a witness it is {keys.as_witness(owner, made).key}")


@keys_group.command("show")
@station_option
@manifest_option
@json_option
def show(station: str, manifest: str, as_json: bool) -> None:
    """Show the keys of the log, and the one of this station under its name."""
    import json

    from burner.manifest.local import keys
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.store.station_key import lasting

    with ManifestReader.open(manifest) as reader:
        rows, origin = reader.log_keys(), reader.origin
    own = ""
    if keys.has_key(station):
        signer = keys.station_signer(station, asks_passphrase(Use.RECORDS))(origin)
        own = str(lasting(signer).key)
    if as_json:
        listed = [row._asdict() for row in rows]
        screen.say(json.dumps({"origin": origin, "keys": listed, "own": own}, indent=2))
        return
    screen.table(
        f"log {origin}",
        ("id", "owner", "role", "since record", "until", "withdrawn at", "key"),
        [
            (
                row.id,
                row.owner,
                row.role,
                row.enrolled,
                row.until,
                row.withdrawn if row.withdrawn >= 0 else "",
                row.key,
            )
            for row in rows
        ],
    )
    if own and own not in {row.key for row in rows}:
        screen.warn(f"The key of {station} is not in the log. At a station that is in:")
        enroll = f"burner manifest keys enroll '{own}' --owner {station} --operator WHO"
        screen.say(f"  {enroll}{manifest_argument(manifest)}")
        screen.say("  (with --role qa for a desk that burns nothing)")


@keys_group.command("enroll")
@click.argument("key", metavar="KEY|FILE")
@click.option("--owner", required=True, metavar="STATION", help="Whose key it is.")
@click.option(
    "--role",
    type=click.Choice(("station", "qa")),
    default="station",
    show_default=True,
    help="station: it burns; qa: a desk that corrects, closes, lets keys in and withdraws them.",
)
@operator_option
@station_option
@manifest_option
def enroll(*, key: str, owner: str, role: str, operator: str, station: str, manifest: str) -> None:
    """Let another station's KEY into the log, by the word of this station."""
    from burner.manifest.local.key_files import read_key
    from burner.manifest.store.station_key import lasting
    from burner.manifest.writing.log_keys import enrol

    verifier = read_key(key)
    with desk_ledger(manifest, station, Use.NEXT_KEY) as ledger:
        sponsor = lasting(ledger.writer.key.signer)
        number = enrol(ledger, verifier, owner=owner, sponsor=sponsor, role=role, operator=operator)
    screen.say(f"key {verifier.id.hex()} of {owner} is in, by record {number}")


@keys_group.command("rotate")
@passphrase_option
@keyring_option
@operator_option
@reason_option
@station_option
@manifest_option
def rotate(
    *,
    wants_passphrase: bool,
    in_keyring: bool,
    operator: str,
    reason: str,
    station: str,
    manifest: str,
) -> None:
    """Make the next key of this station; the old one lets it in and is withdrawn.

    It is kept as the old one was, with a passphrase or in the keyring, unless an option differs.
    """
    from burner.manifest.local import keys
    from burner.manifest.writing import log_keys

    with desk_ledger(manifest, station, Use.NEXT_KEY) as ledger:
        before = keys.protection(station)
        wants_passphrase |= before is keys.Protection.PASSPHRASE
        in_keyring |= before is keys.Protection.KEYRING and not wants_passphrase
        lock = _passphrase(station, wants_passphrase) if not in_keyring else None
        made = keys.make_key(station, lock, in_keyring=in_keyring, adopts=False)
        signer = keys.LocalSigner(ledger.origin, made)
        log_keys.rotate(ledger, signer, operator=operator, reason=reason)
        # Only now: what nobody let in must not sign.
        keys.use_key(station, made)
    screen.say(f"key {signer.key.id.hex()} of {station} signs from now on: {signer.key}")
    screen.say(KEPT[keys.protection(station)])


@keys_group.command("withdraw")
@click.argument("key_id", metavar="ID")
@operator_option
@reason_option
@station_option
@manifest_option
def withdraw(key_id: str, operator: str, reason: str, station: str, manifest: str) -> None:
    """A key signs no more from now on: it is in wrong hands, or lost. ID as `keys show` has it."""
    from burner.manifest.writing import log_keys

    with desk_ledger(manifest, station, Use.NEXT_KEY) as ledger:
        log_keys.withdraw(ledger, key_id, operator=operator, reason=reason)
    screen.say(f"key {key_id} is withdrawn")
