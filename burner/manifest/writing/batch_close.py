"""The close of a batch as a record, counted in its own transaction."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, BatchClosed
from burner.manifest.fold.rows import BATCH_CLOSED
from burner.manifest.reading.batch_status import BatchStatus, status_in
from burner.manifest.store.state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_who_and_why


def close(ledger: Ledger, batch: str, operator: str, with_open: bool) -> BatchStatus:
    """Close a batch: it takes no more units. Counted in the transaction of the record.

    Args:
        ledger: of the station (or desk) at which it is closed.
        batch: which.
        operator: who closes it.
        with_open: close although units are OPEN; they count as missing.

    Returns:
        The batch as it was closed.

    Raises:
        BurnerError: E459 it is closed already, E731 without operator, E733 unknown, E734 some
            units are OPEN; E7.
    """
    require_who_and_why(f"batch {batch}", operator)
    counted: list[BatchStatus] = []

    def make(state: TableState) -> list[AnyEntry]:
        # The reader would not see this transaction.
        found = status_in(state.connection, batch)
        check_closing(found, with_open)
        counted.append(found)
        count, root = state.batch_tree(batch)
        entry = ledger.entry(
            BatchClosed,
            batch=batch,
            product_id=found.row.product_id,
            records=count,
            root=root.hex(),
            counts=found.counts(),
            open=found.open,
            operator=operator,
        )
        return [entry]

    ledger.append(make)
    return counted[-1]


def check_closing(found: BatchStatus, with_open: bool) -> None:
    """What must hold before a batch is closed.

    Raises:
        BurnerError: E459, E734.
    """
    if found.row.state == BATCH_CLOSED:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {found.batch} is closed already")
    if found.open and not with_open:
        named = ", ".join(found.open[:5]) + (" …" if len(found.open) > 5 else "")
        raise BurnerError(Code.UNITS_WITHOUT_OUTCOME, f"batch {found.batch}: {named}")
