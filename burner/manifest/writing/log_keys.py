"""Keys of the log are enrolled, rotated and withdrawn; each of these is a record."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, KeyWithdrawn
from burner.manifest.fold.keys import STATION, enrolment
from burner.manifest.local.station_key import long_term_key
from burner.manifest.log.note import NoteSigner, VerifierKey
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line, require_operator_and_reason


def enrol(
    ledger: Ledger,
    key: VerifierKey,
    *,
    owner: str,
    sponsor: NoteSigner,
    role: str = STATION,
    operator: str = "",
) -> int:
    """Enrol another key in the log.

    Args:
        ledger: of a station whose key is enrolled.
        key: under the name of this log.
        owner: the station or person that has it.
        sponsor: signs the enrolment: the key of this station, or QA's.
        role: `station` or `qa`.
        operator: who enrols it.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E728 it is enrolled already, E755 the sponsor may not enrol keys, E758 it is
            named for another log; E7.
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
    """Replace the station's key by its next one, in one transaction.

    The new key signs the head after it.

    Raises:
        BurnerError: E731 without operator or reason; as `enrol`.
    """
    writer = ledger.writer
    signer, who_and_why = writer.key.signer, {"operator": operator, "reason": reason}
    old = long_term_key(signer)
    require_operator_and_reason(f"key {old.key.id.hex()}", operator, reason)
    fields = {"owner": writer.station, **who_and_why, **writer.stamp()}
    enrolled = enrolment(ledger.origin, old, key=new.key, **fields)

    def make(_state: TableState) -> list[AnyEntry]:
        return [enrolled, ledger.new_entry(KeyWithdrawn, key_id=old.key.id.hex(), **who_and_why)]

    with writer.lock:
        writer.key.sign_with(new)
        try:
            ledger.append(make)
        except BaseException:
            writer.key.sign_with(signer)
            raise


def withdraw(ledger: Ledger, key_id: str, *, operator: str, reason: str) -> None:
    """Withdraw a key that is lost or stolen: it signs no later heads.

    Raises:
        BurnerError: E727 it is not in force, E731 without operator or reason; E757 it is the key
            that would sign this head; E7.
    """
    require_operator_and_reason(f"key {key_id}", operator, reason)
    fields = {"key_id": key_id, "operator": operator, "reason": reason}
    ledger.append(lambda _: [ledger.new_entry(KeyWithdrawn, **fields)])
