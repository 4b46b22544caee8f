"""The close of a batch as a record, counted in its own transaction."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, BatchClosed
from burner.manifest.fold.rows import BATCH_CLOSED
from burner.manifest.reading.batch_status import BatchStatus, batch_status_in
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason


def record_close(ledger: Ledger, batch: str, operator: str, with_open: bool) -> BatchStatus:
    """Close a batch: it takes no more units. Units are counted in the same transaction.

    Args:
        ledger: of the station (or desk) that closes it.
        batch: its id.
        operator: who closes it.
        with_open: close although units are OPEN; they count as missing.

    Returns:
        Its status at the close.

    Raises:
        BurnerError: E459 it is closed already, E731 without operator, E733 unknown, E734 some
            units are OPEN; E7.
    """
    require_operator_and_reason(f"batch {batch}", operator)
    counted: list[BatchStatus] = []

    def make(state: TableState) -> list[AnyEntry]:
        # In this transaction, which the reader does not see.
        status = batch_status_in(state.connection, batch)
        check_may_close(status, with_open)
        counted.append(status)
        count, root = state.batch_tree(batch)
        entry = ledger.new_entry(
            BatchClosed,
            batch=batch,
            product_id=status.row.product_id,
            records=count,
            root=root.hex(),
            counts=status.counts(),
            open=status.open,
            operator=operator,
        )
        return [entry]

    ledger.append(make)
    return counted[-1]


def check_may_close(status: BatchStatus, with_open: bool) -> None:
    """Refuse to close a batch that is closed, or has OPEN units.

    Raises:
        BurnerError: E459, E734.
    """
    if status.row.state == BATCH_CLOSED:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {status.batch} is closed already")
    if status.open and not with_open:
        units = ", ".join(status.open[:5]) + (" …" if len(status.open) > 5 else "")
        raise BurnerError(Code.UNITS_WITHOUT_OUTCOME, f"batch {status.batch}: {units}")
