"""Close a batch: check the manifest, record the close, write the sealed folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from burner.manifest.closing.statement import closing_statement
from burner.manifest.exchange.folder import STATEMENT, write_folder
from burner.manifest.exchange.new_folder import new_folder
from burner.manifest.fold.rows import NEVER
from burner.manifest.reading.batch_status import BatchStatus, batch_status
from burner.manifest.verify.checks import Verification
from burner.manifest.verify.database import verify
from burner.manifest.verify.stored_log import RecordsChecked
from burner.manifest.writing.batch_close import check_may_close, record_close
from burner.manifest.writing.ledger import Ledger

MakeReports = Callable[[], dict[str, str]]
"""Makes the report files, by name, after the close."""


@dataclass(frozen=True)
class CloseRequest:
    """Which batch is to be closed, by whom, and the folder that is to be written."""

    batch: str
    folder: Path
    """Must not exist, or be empty."""
    operator: str
    with_open: bool = False
    """Close although units are OPEN."""
    bom: bool = False
    """Begin units.csv with a byte order mark, for spreadsheets."""


def close_batch(
    ledger: Ledger,
    request: CloseRequest,
    *,
    make_reports: MakeReports,
    audit_lines: Callable[[], Sequence[str]],
    progress: RecordsChecked = lambda _: None,
) -> tuple[BatchStatus, bool]:
    """Check the whole manifest, close a batch, and write its sealed folder.

    Nothing is closed when a check fails or the folder cannot be written. A batch that is closed
    already gets its folder again, in place of a lost one.

    Args:
        ledger: of the station (or desk) that closes it.
        request: what is to be closed.
        make_reports: gives further files of the folder.
        audit_lines: gives the sample audit on record, line by line.
        progress: gets the number of further records that were checked.

    Returns:
        Its status, and whether it was closed now.

    Raises:
        BurnerError: E713, E714 and other findings of `verify`; E734 units are OPEN, E736 the folder
            exists; as `record_close` and `write_folder`.
    """
    batch, with_open = request.batch, request.with_open
    with new_folder(request.folder) as part:
        status = batch_status(ledger.reader, batch)
        is_open = status.row.closed == NEVER
        if is_open:
            check_may_close(status, with_open)
        verification = check_manifest(ledger, progress)
        if is_open:
            record_close(ledger, batch, request.operator, with_open)
            status = batch_status(ledger.reader, batch)
        statement = closing_statement(ledger, status, verification, audit_lines())
        write_folder(
            ledger.reader,
            status,
            part,
            signer=ledger.writer.key.signer,
            reports={**make_reports(), STATEMENT: statement},
            bom=request.bom,
        )
    return status, is_open


def check_manifest(ledger: Ledger, progress: RecordsChecked = lambda _: None) -> Verification:
    """Verify the whole manifest.

    Raises:
        BurnerError: of the first check that fails.
    """
    with ledger.reader.connection() as connection:
        verification = verify(connection, progress=progress)
    verification.raise_first_failure()
    return verification
