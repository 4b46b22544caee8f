"""The certificate of a unit: a `.tlog-proof` file with the outcome of its last attempt.

It is as of the size of its head: a later scrap does not show.
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
from burner.manifest.entries.errors import inconsistent, not_as_signed
from burner.manifest.entries.kinds import KeyEnrolled, LogBegun, OutcomeEntry
from burner.manifest.exchange.log_file import head_for_proof
from burner.manifest.fold.keys import signer_of
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import AttemptRow, KeyRow
from burner.manifest.fold.rules import apply
from burner.manifest.log.checkpoint import Checkpoint, Cosignature, check_cosignatures
from burner.manifest.log.note import SignedNote, VerifierKey, decode_base64
from burner.manifest.log.proof import HEADER, MAX_BYTES, TlogProof
from burner.manifest.log.tree import inclusion_proof
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_search import find_units, imported_unit_error
from burner.manifest.store.bodies import body_at, entry_at
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.table_state import TableState
from burner.manifest.verify.replay import Replay


@dataclass(frozen=True)
class Certified:
    """The content of a checked certificate."""

    outcome: OutcomeEntry
    number: int
    """Of the record, in its log."""
    head: Checkpoint
    cosignatures: tuple[Cosignature, ...] = ()


def certificate(reader: ManifestReader, unit: str, product_id: str = "") -> TlogProof:
    """Prove the outcome by which a unit is PASS.

    Args:
        reader: of the manifest.
        unit: MAC, name, IMEI, label or serial number.
        product_id: its product; needed where the unit has several.

    Raises:
        BurnerError: E712 our log has no such unit, or several; E713 the manifest is damaged; E755
            no key of the log signed its head; E760 the unit is not PASS; E762 it is only in an
            imported log.
    """
    with reader.connection() as connection:
        state = TableState(connection)
        matches = find_units(connection, unit, product_id)
        if len(matches) != 1:
            raise BurnerError(Code.UNIT_UNKNOWN, f"{unit}: {len(matches)} units answer to it")
        ((imported_from, row),) = matches
        if imported_from:
            raise imported_unit_error(row, imported_from)
        attempt = state.get(AttemptRow, row.passed)
        if attempt is None or row.last != row.passed:
            raise BurnerError(Code.NO_PASS_TO_CERTIFY, f"{row.unit_id} is {row.status}")
        head, note = head_for_proof(connection, attempt.ended)
        hashes = inclusion_proof(TableHashes(connection), attempt.ended, head.size)
        signed = SignedNote.parse(note.encode())
        body = body_at(connection, attempt.ended)
        extra = b"\n".join([body, *_enrolments(connection, state, signed)])
        return TlogProof(attempt.ended, hashes, signed, extra)


def _enrolments(connection: Connection, state: ManifestState, note: SignedNote) -> list[bytes]:
    """The enrolments from the origin key to the signer of a head, one line each."""
    lines: list[bytes] = []
    row = signer_of(note, lambda key_id: state.get(KeyRow, key_id))
    while number := row.enrolled:
        entry = entry_at(connection, number)
        assert isinstance(entry, KeyEnrolled)  # noqa: S101 - the fold made the row of it
        sponsor = state.get(KeyRow, entry.enrolled_by)
        if not sponsor or sponsor.enrolled >= number:
            raise inconsistent(f"a key was not enrolled by record {number}")
        row = sponsor
        signature = b64encode(bytes.fromhex(entry.signature)).decode()
        lines.insert(0, f"{entry.key} {entry.role} {entry.until} {signature}".encode())
    return lines


def _replay_keys(lines: Iterable[bytes], key: VerifierKey, entry: OutcomeEntry) -> Replay:
    """The keys that follow from an origin key and the lines of a certificate."""
    stamp: dict[str, Any] = {"at": entry.at, "nonce": entry.nonce, "station": entry.station}
    replay, sponsor = Replay(), key
    state = replay.state
    state.update(apply(state, 0, LogBegun(**stamp, origin=key.name, key=str(key))))
    for number, line in enumerate(lines, 1):
        text, role, until, signature = line.decode().split(" ")
        if text == str(key):
            detail = f"{key.id.hex()} is a later key: give the origin key"
            raise BurnerError(Code.LOG_IS_ANOTHER, detail)
        if state.get(KeyRow, VerifierKey.parse(text).id.hex()):
            raise inconsistent(f"enrolment {number} is of a key that is already in the log")
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
    """Whether a file begins as a certificate."""
    try:
        with open_plain(path) as file:
            return file.read(len(HEADER)) == HEADER.encode()
    except OSError:
        return False


def check_certificate_file(
    path: Path, origin: str, key: VerifierKey, witnesses: tuple[VerifierKey, ...] = ()
) -> Certified:
    """Check a certificate with a key that is not taken from it.

    Args:
        path: of the file.
        origin: name of the log.
        key: its origin key; the enrolments lead from it to the signer of the head.
        witnesses: keys of witnesses whose cosignatures count.

    Raises:
        BurnerError: E713 it is false, or proves no outcome; E714 an enrolment is doubled; E724 it
            cannot be read; E752 it is of another log; E755 the enrolments do not lead from the
            origin key to the signer of its head.
    """
    try:
        proof = TlogProof.parse(read_plain(path, MAX_BYTES))
        head = proof.check()
        if head.origin != origin:
            raise BurnerError(Code.LOG_IS_ANOTHER, f"it is of {head.origin}, the key of {origin}")
        body, *enrolments = proof.extra.split(b"\n")
        entry = read(body)
        if not isinstance(entry, OutcomeEntry):
            raise not_as_signed(f"{path}: it contains no outcome")
        _replay_keys(enrolments, key, entry).check_head(proof.note, head.size, head.root)
        cosigned = check_cosignatures(proof.note, witnesses)
    except OSError as error:
        raise BurnerError(Code.EXPORT_INVALID, f"{path}: {error.strerror}") from None
    except ValueError as error:  # not a note, or not an enrolment
        raise not_as_signed(f"{path}: {error}") from None
    return Certified(entry, proof.index, head, cosigned)
