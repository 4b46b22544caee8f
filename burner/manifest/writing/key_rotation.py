"""Rotation of a station's key: the next key is protected as the old one, and used once enrolled."""

from collections.abc import Callable

from burner.core.secrets.passphrase import PromptPassphrase
from burner.manifest.local import keys
from burner.manifest.local.key_store import Protection
from burner.manifest.local.keys import LocalSigner
from burner.manifest.local.recipient_key import keep_identity
from burner.manifest.writing import log_keys
from burner.manifest.writing.ledger import Ledger


def rotate_station_key(
    ledger: Ledger,
    *,
    wants_passphrase: bool,
    in_keyring: bool,
    passphrase: Callable[[bool], str | None],
    prompt_passphrase: PromptPassphrase | None = None,
    operator: str,
    reason: str,
) -> LocalSigner:
    """Make the next key of the ledger's station. The old one enrols it and is withdrawn.

    Args:
        ledger: of the station.
        wants_passphrase: encrypt it, also where the old one is not encrypted.
        in_keyring: keep it in the system's keyring, also where the old one is not there.
        passphrase: gives the passphrase of the new key; gets whether one is needed.
        prompt_passphrase: asks for the one of the key for sealed releases, which stays.
        operator: who rotates it.
        reason: why.

    Raises:
        BurnerError: as `log_keys.rotate` and `keys.make_key`; the old key stays then.
    """
    station = ledger.writer.station
    present = keys.protection(station)
    wants_passphrase |= present is Protection.PASSPHRASE
    in_keyring |= present is Protection.KEYRING and not wants_passphrase
    lock = passphrase(wants_passphrase) if not in_keyring else None
    held = keys.station_identities(station, prompt_passphrase)
    made = keys.make_key(station, lock, in_keyring=in_keyring, use=False)
    signer = LocalSigner(ledger.origin, made)
    log_keys.rotate(ledger, signer, operator=operator, reason=reason)
    keys.use_key(station, made)  # not earlier: a key must be enrolled before it signs
    for identity in held:
        keep_identity(station, identity, [made] if lock or in_keyring else ())
    return signer
