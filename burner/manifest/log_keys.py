"""Keys of the log: who is let in, handed over to, and withdrawn. Each is a record."""

from burner.errors import BurnerError
from burner.manifest.entries.kinds import (
    AnyEntry,
    KeyWithdrawn,
)
from burner.manifest.fold.keys import STATION, enrolment
from burner.manifest.fold.rows import NEVER, KeyRow
from burner.manifest.fold.state import State
from burner.manifest.given import decided, one_line
from burner.manifest.ledger import Ledger
from burner.manifest.log.note import NoteSigner, VerifierKey
from burner.manifest.store.station_key import lasting


def enrol(
    ledger: Ledger,
    key: VerifierKey,
    *,
    owner: str,
    sponsor: NoteSigner,
    role: str = STATION,
    until: str = "",
    operator: str = "",
    reason: str = "",
) -> int:
    """Let another key into the log.

    Args:
        ledger: of a station that is in.
        key: under the name of this log.
        owner: the station, or the person, who has it.
        sponsor: signs the enrolment: the key of this station, or QA's.
        role: `station`, `run`, `qa`.
        until: moment after which a run key signs no more.
        operator: who lets it in.
        reason: why.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E728 it is in already, E755 the sponsor may not let keys in, E758 it is named
            for another log; E7.
    """
    one_line(owner=owner, operator=operator, reason=reason)
    if key.name != ledger.origin:
        raise BurnerError("E758", f"the key is named {key.name}, this log {ledger.origin}")
    entry = enrolment(
        ledger.writer.stamp()._asdict(),
        ledger.origin,
        str(key),
        owner,
        sponsor,
        role=role,
        until=until,
        operator=operator,
        reason=reason,
    )
    with ledger.writer.lock:
        (number,) = ledger.writer.commit(f"enrol {key.id.hex()}", lambda _: [entry], keep=True)
    return number


def rotate(ledger: Ledger, new: NoteSigner, *, operator: str, reason: str) -> None:
    """Hand over from the station's key to its next one, in one transaction.

    The head behind it is signed by the new key.

    Raises:
        BurnerError: E731 without operator or reason; as `enrol`.
    """
    signer, stamp = ledger.writer.key.signer, ledger.writer.stamp()._asdict()
    old = lasting(signer)
    decided(f"key {old.key.id.hex()}", operator, reason)
    enrolled = enrolment(
        stamp,
        ledger.origin,
        str(new.key),
        ledger.writer.station,
        old,
        operator=operator,
        reason=reason,
    )

    def make(_state: State) -> list[AnyEntry]:
        withdrawn = ledger.entry(
            KeyWithdrawn, key_id=old.key.id.hex(), operator=operator, reason=reason
        )
        return [enrolled, withdrawn]

    with ledger.writer.lock:
        ledger.writer.key.sign_with(new)
        try:
            ledger.writer.commit(f"rotate to {new.key.id.hex()}", make, keep=True)
        except BaseException:
            ledger.writer.key.sign_with(signer)
            raise


def withdraw(ledger: Ledger, key_id: str, *, operator: str, reason: str) -> None:
    """A key signs no more heads from here on: it is in wrong hands, or lost.

    Raises:
        BurnerError: E727 it is not in force, E731 without operator or reason; E757 it is the key
            that would have to sign this; E7.
    """
    decided(f"key {key_id}", operator, reason)
    fields = {"key_id": key_id, "operator": operator, "reason": reason}
    with ledger.writer.lock:
        ledger.writer.commit(
            f"withdraw {key_id}",
            lambda _: [ledger.entry(KeyWithdrawn, **fields)],
            keep=True,
        )


def keys_in_force(rows: list[KeyRow]) -> list[KeyRow]:
    """Keys that were not withdrawn, in the order in which they came in."""
    return sorted((row for row in rows if row.withdrawn == NEVER), key=lambda row: row.enrolled)
