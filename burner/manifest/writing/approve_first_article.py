"""The approval of a first article: who may, of which units, signed and put on record."""

from collections.abc import Callable

from burner.manifest.entries.kinds import AnyEntry, BatchApproved
from burner.manifest.fold.first_article import (
    approval_of,
    approver_names,
    check_approver,
    check_ready_for_approval,
)
from burner.manifest.reading.batch_status import batch_status_in
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line
from burner.release.documents.note import check_note
from burner.release.envelope.dsse import EnvelopeSigner, sign


def approve_first_article(
    ledger: Ledger, batch: str, unlock: Callable[[], EnvelopeSigner], *, note: str
) -> tuple[str, tuple[str, ...]]:
    """Approve the units of a batch that have passed: further units may then be burned.

    Args:
        ledger: of the station (or desk) that puts it on record.
        batch: its id.
        unlock: gives the key of the approver; asked only where an approval is waited for.
        note: what was looked at, in the approver's words.

    Returns:
        The approver, as the batch names the key, and the units.

    Raises:
        BurnerError: E222 the note is empty, E738 it is more than a line; E459 the batch is closed,
            E733 unknown; E768 too few units have passed, E769 the key may not approve, E770
            approved already, E771 no first article was asked for, E772 the units changed meanwhile;
            E221, E748 the key cannot be used; E7.
    """
    check_one_line(note=note)
    note = check_note(note)
    with ledger.reader.connection() as connection:
        status = batch_status_in(connection, batch)
    row = status.row
    check_ready_for_approval(row)
    signer = unlock()
    check_approver(row, signer.name, signer.key)
    at = ledger.writer.stamp()["at"]
    statement = approval_of(row, ledger.origin, status.passed, note=note, at=at)
    envelope = sign(statement, signer).decode()

    def make(_: object) -> list[AnyEntry]:
        product = {"product_id": row.product_id}
        return [ledger.new_entry(BatchApproved, batch=batch, **product, envelope=envelope)]

    ledger.append(make)
    return approver_names(row)[signer.key.id], status.passed
