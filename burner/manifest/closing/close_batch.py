"""Closing a batch: everything is checked, the close is recorded and signed, the folder is made."""

from collections.abc import Callable, Sequence
from pathlib import Path

from burner.manifest.closing.statement import statement
from burner.manifest.exchange.folder import STATEMENT, write_folder
from burner.manifest.exchange.new_folder import new_folder
from burner.manifest.fold.rows import NEVER
from burner.manifest.reading.batch_status import BatchStatus, status
from burner.manifest.verify.checks import Verification
from burner.manifest.verify.database import verify
from burner.manifest.verify.stored_log import RecordsChecked
from burner.manifest.writing.batch_close import check_closing, close
from burner.manifest.writing.ledger import Ledger

Papers = Callable[[], dict[str, str]]
"""The report and the like, made after the close."""


def close_batch(
    ledger: Ledger,
    batch: str,
    folder: Path,
    *,
    operator: str,
    with_open: bool,
    papers: Papers,
    audited: Callable[[], Sequence[str]],
    progress: RecordsChecked = lambda _: None,
    bom: bool = False,
) -> tuple[BatchStatus, bool]:
    """Check the whole manifest, close a batch, and write its sealed folder.

    Nothing is closed when the manifest does not agree, or where no folder can be written. A batch
    that is closed already gets its folder again, for one that was lost.

    Args:
        ledger: of the station, or desk, at which it is closed.
        batch: which.
        folder: must not exist, or be empty.
        operator: who closes it.
        with_open: close although units are OPEN.
        papers: further files of the folder.
        audited: what is on record of the sample audit, a line each.
        progress: told how many more records were checked.
        bom: begin units.csv with a byte order mark, for spreadsheets.

    Returns:
        The batch as it stands, and whether it was closed now.

    Raises:
        BurnerError: E713, E714 and what else `verify` finds; E734 units are OPEN, E736 the folder
            is there already; as `batches.close` and `write_folder`.
    """
    with new_folder(folder) as part:
        found = status(ledger.reader, batch)
        closes = found.row.closed == NEVER
        if closes:
            check_closing(found, with_open)
        checked = check_manifest(ledger, progress)
        if closes:
            close(ledger, batch, operator, with_open)
            found = status(ledger.reader, batch)
        page = statement(ledger, found, checked, audited())
        write_folder(
            ledger.reader,
            found,
            part,
            signer=ledger.writer.key.signer,
            papers={**papers(), STATEMENT: page},
            bom=bom,
        )
    return found, closes


def check_manifest(ledger: Ledger, progress: RecordsChecked = lambda _: None) -> Verification:
    """Verify the whole manifest.

    Raises:
        BurnerError: the first thing that does not agree.
    """
    with ledger.reader.connection() as connection:
        checked = verify(connection, progress=progress)
    checked.must_agree()
    return checked
