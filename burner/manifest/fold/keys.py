"""Which keys may sign heads of the log, and let others in."""

from typing import Any

from burner.errors import BurnerError
from burner.manifest.entries.kinds import KeyEnrolled, KeyWithdrawn, enrolment_message
from burner.manifest.fold.rows import NEVER, Change, KeyRow, LogRow, Put
from burner.manifest.fold.state import State
from burner.manifest.log.note import NoteError, NoteSigner, VerifierKey

STATION, RUN, QA = "station", "run", "qa"
ENROLLING = (STATION, QA)


def own_log(state: State) -> LogRow:
    """The log itself: its first record makes it."""
    return next(iter(state.rows(LogRow, own=True)))


def in_force(row: KeyRow | None, at: str = "") -> bool:
    """Whether a key may sign heads.

    Args:
        row: of the key.
        at: moment of the record before the head; empty where no moment matters.
    """
    return row is not None and row.withdrawn == NEVER and not (at and row.until and at > row.until)


def may_enrol(row: KeyRow | None) -> bool:
    """Whether a key may let others in."""
    return row is not None and row.role in ENROLLING and in_force(row)


def enrolment(
    stamp: dict[str, Any],
    origin: str,
    key: str,
    owner: str,
    sponsor: NoteSigner,
    *,
    role: str = STATION,
    until: str = "",
    operator: str = "",
    reason: str = "",
) -> KeyEnrolled:
    """The record by which a sponsor lets a key in."""
    return KeyEnrolled(
        **stamp,
        key=key,
        owner=owner,
        role=role,
        until=until,
        enrolled_by=sponsor.key.id.hex(),
        signature=sponsor.sign(enrolment_message(origin, key, role, until)).hex(),
        operator=operator,
        reason=reason,
    )


def enrol(state: State, number: int, entry: KeyEnrolled) -> tuple[Change, ...]:
    """One more key, by the word of one that is in."""
    log, sponsor = own_log(state), state.get(KeyRow, entry.enrolled_by)
    if sponsor is None or not may_enrol(sponsor):
        raise BurnerError("E755", f"key {entry.enrolled_by} may not let another key in")
    try:
        key, by = VerifierKey.parse(entry.key), VerifierKey.parse(sponsor.key)
    except NoteError as error:
        raise BurnerError("E714", str(error)) from None
    if key.name != log.origin or entry.role not in (STATION, RUN, QA):
        raise BurnerError("E714", f"key {key.id.hex()} is named {key.name}, role {entry.role}")
    if state.get(KeyRow, key.id.hex()) is not None:
        raise BurnerError("E728", f"key {key.id.hex()} is in the log already")
    message = enrolment_message(log.origin, entry.key, entry.role, entry.until)
    if not by.verifies(message, bytes.fromhex(entry.signature)):
        raise BurnerError("E755", f"the signature of key {entry.enrolled_by} is false")
    row = KeyRow(key.id.hex(), entry.key, entry.owner, entry.role, entry.until, number, NEVER)
    return (Put(row),)


def withdraw(state: State, number: int, entry: KeyWithdrawn) -> tuple[Change, ...]:
    """A key signs no more."""
    row = state.get(KeyRow, entry.key_id)
    if row is None or not in_force(row):
        raise BurnerError("E727", f"key {entry.key_id} is not in force")
    return (Put(row._replace(withdrawn=number)),)
