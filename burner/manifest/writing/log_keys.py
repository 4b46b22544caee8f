"""Keys of the log: who is let in, handed over to, and withdrawn. Each is a record."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, KeyWithdrawn
from burner.manifest.fold.keys import STATION, enrolment
from burner.manifest.log.note import NoteSigner, VerifierKey
from burner.manifest.store.state import TableState
from burner.manifest.store.station_key import lasting
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line, require_who_and_why


def enrol(
    ledger: Ledger,
    key: VerifierKey,
    *,
    owner: str,
    sponsor: NoteSigner,
    role: str = STATION,
    operator: str = "",
) -> int:
    """Let another key into the log.

    Args:
        ledger: of a station that is in.
        key: under the name of this log.
        owner: the station, or the person, who has it.
        sponsor: signs the enrolment: the key of this station, or QA's.
        role: `station` or `qa`.
        operator: who lets it in.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E728 it is in already, E755 the sponsor may not let keys in, E758 it is named
            for another log; E7.
    """
    check_one_line(owner=owner, operator=operator)
    if key.name != ledger.origin:
        raise BurnerError(
            Code.KEY_OF_OTHER_LOG, f"the key is named {key.name}, this log {ledger.origin}"
        )
    fields = {"owner": owner, "operator": operator, **ledger.writer.stamp()}
    entry = enrolment(ledger.origin, sponsor, key=key, role=role, **fields)
    (number,) = ledger.append(lambda _: [entry])
    return number


def rotate(ledger: Ledger, new: NoteSigner, *, operator: str, reason: str) -> None:
    """Hand over from the station's key to its next one, in one transaction.

    The head behind it is signed by the new key.

    Raises:
        BurnerError: E731 without operator or reason; as `enrol`.
    """
    writer = ledger.writer
    signer, words = writer.key.signer, {"operator": operator, "reason": reason}
    old = lasting(signer)
    require_who_and_why(f"key {old.key.id.hex()}", operator, reason)
    fields = {"owner": writer.station, **words, **writer.stamp()}
    enrolled = enrolment(ledger.origin, old, key=new.key, **fields)

    def make(_state: TableState) -> list[AnyEntry]:
        return [enrolled, ledger.entry(KeyWithdrawn, key_id=old.key.id.hex(), **words)]

    with writer.lock:
        writer.key.sign_with(new)
        try:
            ledger.append(make)
        except BaseException:
            writer.key.sign_with(signer)
            raise


def withdraw(ledger: Ledger, key_id: str, *, operator: str, reason: str) -> None:
    """A key signs no more heads from here on: it is in wrong hands, or lost.

    Raises:
        BurnerError: E727 it is not in force, E731 without operator or reason; E757 it is the key
            that would have to sign this; E7.
    """
    require_who_and_why(f"key {key_id}", operator, reason)
    fields = {"key_id": key_id, "operator": operator, "reason": reason}
    ledger.append(lambda _: [ledger.entry(KeyWithdrawn, **fields)])
