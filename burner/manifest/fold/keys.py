"""Rules of keys: which may sign heads of the log, and which may enrol others."""

from collections.abc import Callable, Iterator
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.errors import inconsistent, not_as_signed
from burner.manifest.entries.kinds import KeyEnrolled, KeyWithdrawn, enrolment_message
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import NEVER, Change, KeyRow, LogRow
from burner.manifest.log.note import NoteError, NoteSigner, SignedNote, VerifierKey

STATION, RUN, QA = "station", "run", "qa"
ENROLLING = (STATION, QA)


def own_log(state: ManifestState) -> LogRow:
    """The log itself: its first record makes it."""
    return next(iter(state.rows(LogRow, own=True)))


def lost_logs(state: ManifestState) -> Iterator[ManifestState]:
    """The logs that this one continues, the last one first, where their records are at hand."""
    origins = own_log(state).continues.split()
    for origin in origins:
        log = state.get(LogRow, origin)
        if log and (lost := state.foreign(origin, log.size)):
            yield lost
            before = own_log(lost).continues.split()
            origins += [other for other in before if other not in origins]


def in_force(row: KeyRow | None, at: str = "") -> bool:
    """Whether a key may sign heads.

    Args:
        row: of the key.
        at: moment of the record before the head; empty where no moment matters.
    """
    return row is not None and row.withdrawn == NEVER and not (at and row.until and at > row.until)


def may_enrol(row: KeyRow | None) -> bool:
    """Whether a key may enrol others."""
    return row is not None and row.role in ENROLLING and in_force(row)


def signer_of(note: SignedNote, key_of: Callable[[str], KeyRow | None], at: str = "") -> KeyRow:
    """The key of a log that signed a head.

    Args:
        note: the checkpoint with its signatures.
        key_of: the key of an id, if it is in the log.
        at: moment of the last record; empty: keys that were withdrawn later count too.

    Raises:
        BurnerError: E713 a signature is false, E755 none is of a key that may sign.
    """
    for signature in note.signatures:
        row = key_of(signature.id.hex())
        if row is None or (at and not in_force(row, at)):
            continue
        try:
            if note.check([VerifierKey.parse(row.key)]):
                return row
        except NoteError as error:
            raise not_as_signed(f"the head: {error}") from None
    signers = ", ".join(f"{line.name} {line.id.hex()}" for line in note.signatures)
    raise BurnerError(Code.LOG_SIGNER_NOT_AUTHORIZED, f"the head is signed by {signers}")


def enrolment(
    origin: str,
    sponsor: NoteSigner,
    *,
    key: VerifierKey,
    role: str = STATION,
    until: str = "",
    **fields: Any,
) -> KeyEnrolled:
    """The record by which a sponsor enrols a key.

    Args:
        origin: name of the log.
        sponsor: a key of the log that may enrol others.
        key: the new key.
        role: `station`, `run`, `qa`.
        until: moment after which a run key signs no more.
        fields: the others of `KeyEnrolled`, and of every record.
    """
    message = enrolment_message(origin, str(key), role, until)
    return KeyEnrolled(
        key=str(key),
        role=role,
        until=until,
        enrolled_by=sponsor.key.id.hex(),
        signature=sponsor.sign(message).hex(),
        **fields,
    )


def enrol(state: ManifestState, number: int, entry: KeyEnrolled) -> tuple[Change, ...]:
    """A key is enrolled by one of the log."""
    log, sponsor = own_log(state), state.get(KeyRow, entry.enrolled_by)
    if sponsor is None or not may_enrol(sponsor):
        detail = f"key {entry.enrolled_by} may not enroll another key"
        raise BurnerError(Code.LOG_SIGNER_NOT_AUTHORIZED, detail)
    try:
        key, by = VerifierKey.parse(entry.key), VerifierKey.parse(sponsor.key)
    except NoteError as error:
        raise inconsistent(str(error)) from None
    if key.name != log.origin or entry.role not in (STATION, RUN, QA):
        raise inconsistent(f"key {key.id.hex()} is named {key.name}, role {entry.role}")
    if state.get(KeyRow, key.id.hex()) is not None:
        raise BurnerError(Code.SIGNING_KEY_EXISTS, f"key {key.id.hex()} is in the log already")
    message = enrolment_message(log.origin, entry.key, entry.role, entry.until)
    if not by.verifies(message, bytes.fromhex(entry.signature)):
        detail = f"the signature of key {entry.enrolled_by} is false"
        raise BurnerError(Code.LOG_SIGNER_NOT_AUTHORIZED, detail)
    row = KeyRow(key.id.hex(), entry.key, entry.owner, entry.role, entry.until, number, NEVER)
    return (row,)


def withdraw(state: ManifestState, number: int, entry: KeyWithdrawn) -> tuple[Change, ...]:
    """A key is withdrawn."""
    row = state.get(KeyRow, entry.key_id)
    if row is None or not in_force(row):
        raise BurnerError(Code.KEY_NOT_IN_FORCE, f"key {entry.key_id} is not in force")
    return (row._replace(withdrawn=number),)
