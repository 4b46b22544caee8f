"""A unit's certificate: one `.tlog-proof` file that says what the log holds of its last attempt.

It speaks as of the size of its head: a scrap that comes later does not show.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burner.errors import BurnerError
from burner.files import open_plain, read_plain
from burner.manifest.entries.kinds import EntryError, Outcome, read
from burner.manifest.exchange.log_file import evidence
from burner.manifest.fold.rows import NEVER, AttemptRow, UnitRow
from burner.manifest.log.checkpoint import Checkpoint, Cosignature, check_cosignatures
from burner.manifest.log.note import Note, NoteError, VerifierKey
from burner.manifest.log.proof import HEADER, MAX_BYTES, Proof
from burner.manifest.log.tree import inclusion_proof
from burner.manifest.reader import Reader, units_by
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.opening import body_at
from burner.manifest.store.state import TableState


@dataclass(frozen=True)
class Certified:
    """What a certificate says, after it was checked."""

    outcome: Outcome
    number: int
    """Of the record, in its log."""
    head: Checkpoint
    cosignatures: tuple[Cosignature, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For people and scripts."""
        return {
            "unit": self.outcome.unit_id,
            "outcome": self.outcome.result.outcome,
            "batch": self.outcome.batch,
            "product": self.outcome.product_id,
            "station": self.outcome.station,
            "at": self.outcome.at,
            "record": self.number,
            "origin": self.head.origin,
            "as of size": self.head.size,
            "cosigned by": [c.witness.name for c in self.cosignatures],
        }


def certificate(reader: Reader, unit: str, product_id: str = "") -> Proof:
    """The proof of the outcome that a unit is what it is by.

    Args:
        reader: of the manifest.
        unit: MAC, name, IMEI, label or serial number.
        product_id: under which product; empty where there is only one.

    Raises:
        BurnerError: E712 our log knows no such unit, or several answer; E713 the manifest is
            damaged; E760 the unit has no PASS that counts.
    """
    with reader.connection() as connection:
        state = TableState(connection)
        rows = [
            row
            for unit_id in units_by(connection, unit)
            for row in state.rows(UnitRow, unit_id=unit_id)
            if product_id in ("", row.product_id)
        ]
        if len(rows) != 1:
            raise BurnerError("E712", f"{unit}: {len(rows)} units answer to it")
        passed = rows[0].passed
        attempt = state.get(AttemptRow, passed) if passed != NEVER else None
        if attempt is None or rows[0].last != passed:
            raise BurnerError("E760", f"{rows[0].unit_id} is {rows[0].word}")
        head, note = evidence(connection, reader, attempt.ended)
        hashes = inclusion_proof(TableHashes(connection), attempt.ended, head.size)
        body = body_at(connection, attempt.ended)
        return Proof(attempt.ended, hashes, Note.parse(note.encode()), body)


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
        key: of the station that signed its head.
        witnesses: keys of witnesses whose cosignatures count.

    Raises:
        BurnerError: E713 it does not hold, or is no record of an outcome; E724 it cannot be read.
    """
    try:
        proof = Proof.parse(read_plain(path, MAX_BYTES))
        head = proof.check(origin, key)
        entry = read(proof.extra)
        cosigned = check_cosignatures(proof.note, witnesses)
    except OSError as error:
        raise BurnerError("E724", f"{path}: {error.strerror}") from None
    except (NoteError, EntryError) as error:
        raise BurnerError("E713", f"{path}: {error}") from None
    if not isinstance(entry, Outcome):
        raise BurnerError("E713", f"{path}: it certifies no outcome")
    return Certified(entry, proof.index, head, cosigned)
