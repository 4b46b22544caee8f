"""`burner manifest keys`: make, show, hand over and withdraw the keys that sign."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from burner.cli import screen
from burner.cli.desk import desk_ledger, is_path, operator_option, reason_option, station_option
from burner.cli.options import manifest_option
from burner.cli.questions import Use, asks_passphrase, new_passphrase
from burner.errors import BurnerError

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
Tell = Callable[[str, str], None]
"""Prints a key's id; its PEM goes into the file that was asked for, else to the screen."""


@click.group("keys")
def keys_group() -> None:
    """Make, hand over and withdraw the keys that sign checkpoints."""


KEPT = {
    "account": "Its private half has no passphrase; this account alone can read its file.",
    "passphrase": "Its private half is encrypted: the passphrase is wanted whenever it signs.",
    "keyring": "Its private half is in the system's keyring.",
}
"""By `keys.Protection`."""

passphrase_option = click.option(
    "--passphrase",
    "wants_passphrase",
    is_flag=True,
    help="Encrypt it by a passphrase, which is then wanted whenever it signs.",
)


@keys_group.command("make")
@click.argument("owner")
@passphrase_option
@click.option("--keyring", "in_keyring", is_flag=True, help="Keep it in the system's keyring.")
@click.option("--out", type=NEW_FILE, help="Write the public half here, for QA.")
@click.option("--replace", is_flag=True, help="A person's next key; a station's is rotated.")
def make(
    *, owner: str, wants_passphrase: bool, in_keyring: bool, out: Path | None, replace: bool
) -> None:
    """Make a key for OWNER: a station id, or whoever countersigns.

    It is kept in a file that this account alone can read. With --passphrase, or where
    BURNER_KEY_PASSPHRASE holds one, that file is encrypted too.
    """
    from burner.manifest.signing import keys

    if not replace and (before := keys.current(owner)):
        raise BurnerError("E728", f"{owner}: key {before.id}")
    with _told(out) as tell:
        lock = _new_passphrase(owner, wants_passphrase and not in_keyring)
        public = keys.make(owner, lock, in_keyring=in_keyring).public
        tell(public.id, public.pem())
        screen.say(KEPT[keys.protection(owner)])


@keys_group.command("show")
@click.argument("owner", metavar="OWNER|PUB.pem")
@click.option("--out", type=NEW_FILE, help="Write the public half here, for QA.")
def show(owner: str, out: Path | None) -> None:
    """Print the public half of OWNER's key, or of a file: its id first, to be compared."""
    from burner.manifest.signing import keys

    public = keys.read_public(Path(owner)) if _names_file(owner) else keys.required(owner)
    with _told(out) as tell:
        tell(public.id, public.pem())


@keys_group.command("rotate")
@passphrase_option
@click.option("--keyring", "in_keyring", is_flag=True, help="Keep the new key in the keyring.")
@click.option("--out", type=NEW_FILE, help="Write the new public half here, for QA.")
@operator_option
@reason_option
@station_option
@manifest_option
def rotate(
    *,
    wants_passphrase: bool,
    in_keyring: bool,
    out: Path | None,
    operator: str,
    reason: str,
    station: str,
    manifest: str,
) -> None:
    """Make a new key for the station; the old one vouches for it in the chain.

    It is kept as the old one was, with a passphrase or in the keyring, unless an option differs.
    """
    from burner.manifest import desk
    from burner.manifest.signing import keys

    old = keys.unlock(station, asks_passphrase(Use.NEXT_KEY))
    before = keys.protection(station)
    wants_passphrase |= before is keys.Protection.PASSPHRASE
    in_keyring |= before is keys.Protection.KEYRING and not wants_passphrase
    with _told(out) as tell, desk_ledger(manifest, station) as ledger:
        desk.checkpoint(ledger.writer, old, "before the key is handed over")
        lock = _new_passphrase(station, wants_passphrase and not in_keyring)
        new = keys.prepare(station, lock, in_keyring=in_keyring)
        desk.rotate(ledger.writer, old, new.public, operator=operator, reason=reason)
        # Only now: what nobody vouches for must not sign.
        keys.adopt(station, new.public)
        tell(new.public.id, new.public.pem())
        screen.say(KEPT[keys.protection(station)])
        desk.checkpoint(ledger.writer, new, "the key was handed over")


@keys_group.command("revoke")
@click.option("--key-id", metavar="ID", default="", help="Else the one that stands in the chain.")
@operator_option
@reason_option
@station_option
@manifest_option
def revoke(**options: str) -> None:
    """Say that the station's key is in wrong hands: what it signs from now on is refused."""
    _withdraw("revoked", **options)


@keys_group.command("lost")
@click.option("--key-id", metavar="ID", default="", help="Else the one that stands in the chain.")
@operator_option
@reason_option
@station_option
@manifest_option
def lost(**options: str) -> None:
    """Say that the station's key is gone (a forgotten passphrase, a dead disk).

    Which key that is says the manifest, on whatever computer. Then make a new one and carry its
    public half to QA: nobody vouches for it but you.
    """
    _withdraw("lost", **options)


def _withdraw(
    what: str, *, key_id: str, operator: str, reason: str, station: str, manifest: str
) -> None:
    from burner.manifest.desk import head_of
    from burner.manifest.signing import keys
    from burner.manifest.signing.seals import KeyOp
    from burner.manifest.signing.withdrawal import withdraw

    own, damaged = None, False
    try:
        own = keys.current(station)
    except BurnerError as error:
        damaged = error.code == "E722"
        if not damaged:
            raise
    who = {"operator": operator, "reason": reason}
    with desk_ledger(manifest, station) as ledger:
        key = withdraw(ledger.writer, KeyOp(what), key_id=key_id, own=own, **who)
        head = head_of(ledger.writer)
    if damaged or key == own:
        keys.forget(station)
        own = None
    following = (
        f"{station} signs with {own.id}: carry its public half to QA"
        if own
        else f"Make the next one with: burner manifest keys make {station}"
    )
    screen.say(f"Key {key.id} is {what}. {following}")
    # No key that is trusted signs this record: only a head elsewhere tells when it is cut off.
    screen.say(f"Write this head down: {head.code()}")


def _names_file(text: str) -> bool:
    return text.endswith(".pem") or is_path(text)


def _new_passphrase(owner: str, wanted: bool) -> str | None:
    """The passphrase of a new key; None = it gets none."""
    from burner.manifest.signing.keys import PASSPHRASE

    return os.environ.get(PASSPHRASE) or (new_passphrase(owner) if wanted else None)


@contextmanager
def _told(out: Path | None) -> Iterator[Tell]:
    """Where a public half goes. A file is made first: where it cannot be, no key is made."""
    if out is None:
        yield lambda key, pem: screen.say(f"key {key}\n{pem.rstrip()}")
        return
    try:
        file = out.open("x", encoding="ascii")
    except FileExistsError as error:
        raise BurnerError("E736", str(out)) from error
    except OSError as error:
        raise BurnerError("E729", f"{out}: {error.strerror}") from error

    def tell(key: str, pem: str) -> None:
        screen.say(f"key {key}")
        file.write(pem)

    try:
        with file:
            yield tell
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BurnerError("E729", f"{out}: {error.strerror}") from error
        raise
