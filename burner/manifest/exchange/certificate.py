"""A unit's certificate: one `.tlog-proof` file that says what the log holds of its last attempt.

It speaks as of the size of its head: a scrap that comes later does not show.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import open_plain, read_plain
from burner.manifest.entries.body import read
from burner.manifest.entries.kinds import KeyEnrolled, LogBegun, OutcomeEntry
from burner.manifest.exchange.log_file import head_for_proof
from burner.manifest.fold.keys import signer_of
from burner.manifest.fold.rows import AttemptRow, KeyRow
from burner.manifest.fold.rules import apply
from burner.manifest.fold.state import ManifestState
from burner.manifest.log.checkpoint import Checkpoint, Cosignature, check_cosignatures
from burner.manifest.log.note import SignedNote, VerifierKey, decode_base64
from burner.manifest.log.proof import HEADER, MAX_BYTES, TlogProof
from burner.manifest.log.tree import inclusion_proof
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_search import found_units, only_imported
from burner.manifest.store.bodies import body_at, entry_at
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.state import TableState
from burner.manifest.verify.replay import Replay


@dataclass(frozen=True)
class Certified:
    """What a certificate says, after it was checked."""

    outcome: OutcomeEntry
    number: int
    """Of the record, in its log."""
    head: Checkpoint
    cosignatures: tuple[Cosignature, ...] = ()


def certificate(reader: ManifestReader, unit: str, product_id: str = "") -> TlogProof:
    """The proof of the outcome that a unit is what it is by.

    Args:
        reader: of the manifest.
        unit: MAC, name, IMEI, label or serial number.
        product_id: under which product; empty where there is only one.

    Raises:
        BurnerError: E712 our log knows no such unit, or several answer; E713 the manifest is
            damaged; E755 no key of the log signed its head; E760 the unit has no PASS that counts;
            E762 only an imported log knows it.
    """
    with reader.connection() as connection:
        state = TableState(connection)
        found = found_units(connection, unit, product_id)
        if len(found) != 1:
            raise BurnerError(Code.UNIT_UNKNOWN, f"{unit}: {len(found)} units answer to it")
        ((imported_from, row),) = found
        if imported_from:
            raise only_imported(row, imported_from)
        attempt = state.get(AttemptRow, row.passed)
        if attempt is None or row.last != row.passed:
            raise BurnerError(Code.NO_PASS_TO_CERTIFY, f"{row.unit_id} is {row.word}")
        head, note = head_for_proof(connection, attempt.ended)
        hashes = inclusion_proof(TableHashes(connection), attempt.ended, head.size)
        signed = SignedNote.parse(note.encode())
        body = body_at(connection, attempt.ended)
        extra = b"\n".join([body, *_enrolments(connection, state, signed)])
        return TlogProof(attempt.ended, hashes, signed, extra)


def _enrolments(connection: Connection, state: ManifestState, note: SignedNote) -> list[bytes]:
    """How the origin key let in who signed a head, a line a key; none, where it signed itself."""
    found: list[bytes] = []
    row = signer_of(note, lambda key_id: state.get(KeyRow, key_id))
    while number := row.enrolled:
        entry = entry_at(connection, number)
        assert isinstance(entry, KeyEnrolled)  # noqa: S101 - the fold made the row of it
        sponsor = state.get(KeyRow, entry.enrolled_by)
        if not sponsor or sponsor.enrolled >= number:
            raise BurnerError(
                Code.MANIFEST_INCONSISTENT, f"a key was not enrolled by record {number}"
            )
        row = sponsor
        signature = b64encode(bytes.fromhex(entry.signature)).decode()
        found.insert(0, f"{entry.key} {entry.role} {entry.until} {signature}".encode())
    return found


def _keys(lines: Iterable[bytes], key: VerifierKey, entry: OutcomeEntry) -> Replay:
    """The keys that an origin key let in, by the lines of a certificate."""
    stamp: dict[str, Any] = {"at": entry.at, "nonce": entry.nonce, "station": entry.station}
    replay, sponsor = Replay(), key
    state = replay.state
    state.update(apply(state, 0, LogBegun(**stamp, origin=key.name, key=str(key))))
    for number, line in enumerate(lines, 1):
        text, role, until, signature = line.decode().split(" ")
        if text == str(key):
            raise BurnerError(
                Code.LOG_IS_ANOTHER, f"{key.id.hex()} is a later key: give the origin key"
            )
        if state.get(KeyRow, VerifierKey.parse(text).id.hex()):
            raise BurnerError(
                Code.MANIFEST_INCONSISTENT,
                f"enrolment {number} is of a key that is already in the log",
            )
        enrolment = KeyEnrolled(
            **stamp,
            key=text,
            owner=entry.station,
            role=role,
            until=until,
            enrolled_by=sponsor.id.hex(),
            signature=decode_base64(signature).hex(),
        )
        state.update(apply(state, number, enrolment))
        sponsor = VerifierKey.parse(text)
    replay.at = entry.at
    return replay


def is_certificate(path: Path) -> bool:
    """Whether a file begins as one."""
    try:
        with open_plain(path) as file:
            return file.read(len(HEADER)) == HEADER.encode()
    except OSError:
        return False


def check_certificate_file(
    path: Path, origin: str, key: VerifierKey, witnesses: tuple[VerifierKey, ...] = ()
) -> Certified:
    """Check a certificate with a key from outside it.

    Args:
        path: of the file.
        origin: name of the log.
        key: its origin key; it signed the head, or the enrolments lead from it to who did.
        witnesses: keys of witnesses whose cosignatures count.

    Raises:
        BurnerError: E713 it does not hold, or is no record of an outcome; E714 an enrolment is
            doubled; E724 it cannot be read; E752 it is of another log; E755 nothing leads from the
            origin key to who signed its head.
    """
    try:
        proof = TlogProof.parse(read_plain(path, MAX_BYTES))
        head = proof.check()
        if head.origin != origin:
            raise BurnerError(Code.LOG_IS_ANOTHER, f"it is of {head.origin}, the key of {origin}")
        body, *enrolments = proof.extra.split(b"\n")
        entry = read(body)
        if not isinstance(entry, OutcomeEntry):
            raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"{path}: it contains no outcome")
        _keys(enrolments, key, entry).check_head(proof.note, head.size, head.root)
        cosigned = check_cosignatures(proof.note, witnesses)
    except OSError as error:
        raise BurnerError(Code.EXPORT_INVALID, f"{path}: {error.strerror}") from None
    except ValueError as error:  # a note or a line that is none
        raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"{path}: {error}") from None
    return Certified(entry, proof.index, head, cosigned)
