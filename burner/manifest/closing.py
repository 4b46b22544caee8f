"""Closing a batch: everything is checked, the close is recorded and signed, the folder is made."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError, table
from burner.core.plural import counted
from burner.manifest.batches import BatchStatus, check_closing, close, closing_of, status, warned
from burner.manifest.exchange.folder import STATEMENT, write_folder
from burner.manifest.exchange.new_folder import new_folder
from burner.manifest.fold.rows import NEVER
from burner.manifest.heads import PaperHead
from burner.manifest.ledger import Ledger
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.verify.checks import Verification
from burner.manifest.verify.database import verify
from burner.manifest.verify.stored_log import RecordsChecked

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


def statement(
    ledger: Ledger, found: BatchStatus, checked: Verification, audited: Sequence[str]
) -> str:
    """One page for whoever signs: what was counted, what was checked, how to check it again."""
    with ledger.reader.connection() as connection:
        closed = closing_of(connection, found.row)
    if closed is None:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {found.batch} is not closed")
    head = Checkpoint(checked.origin, checked.size, bytes.fromhex(checked.root))
    when = f"{closed.at[:16].replace('T', ' ')} UTC by {closed.operator}"
    counts = [f"  {name:<14} {_number(value)}" for name, value in closed.counts.items()]
    changed = [f"  {line}" for line in found.changed]
    lines = [
        f"Batch {found.batch}",
        "",
        f"  product        {found.row.product_id}",
        f"  release        {found.row.profile}",
        f"  digest         {found.row.release_digest}",
        f"  product key    fingerprint {found.row.key or 'not known'}",
        f"  closed         {when}",
        f"  records        {closed.records + 1}, with the one of this close",
        "",
        "Counted by units at the close, by the last word on each",
        "",
        *counts,
        *(["", "Since the close this has changed", "", *changed] if changed else []),
        *_named("Open", found.open),
        *_named("Failed", found.failed),
        *_named("Interrupted", found.interrupted),
        *_warnings(warned(ledger.reader, found.batch)),
        "",
        f"Checked when this folder was made: {counted(checked.size, 'record')} in the log",
        "",
        *(f"  {r.check:<14} {r.covered}: agrees" for r in checked.results.values()),
        "",
        "Sample audit (units from the box against their records)",
        "",
        *(f"  {line}" for line in audited),
        "",
        "The log (compare with what you wrote down)",
        "",
        f"  origin         {checked.origin}",
        f"  origin key     {ledger.writer.origin_key}",
        f"  head           {PaperHead.of(head)}",
        "",
        "  To check this folder again, anywhere, without a network, with the origin key as you",
        "  wrote it down on the day of the first burn. Do not take it from this folder.",
        "",
        "    burner manifest verify FOLDER --key ORIGIN-KEY",
    ]
    return "\n".join(lines) + "\n"


def _warnings(units: Mapping[str, int]) -> list[str]:
    if not units:
        return []
    text = {code: table()[code].says if code in table() else "" for code in units}
    lines = (f"  {count:>7}  {code} {text[code]}".rstrip() for code, count in units.items())
    return ["", "Warnings, by the units of which they are on record", "", *lines]


LONGEST_LIST = 40
"""Units named on the page; all are in units.csv."""


def _named(title: str, units: tuple[str, ...]) -> list[str]:
    if not units:
        return []
    more = [f"  … and {len(units) - LONGEST_LIST} more"] if len(units) > LONGEST_LIST else []
    return ["", title, "", *(f"  {unit}" for unit in units[:LONGEST_LIST]), *more]


def _number(value: int | None) -> str:
    return "no limit" if value is None else str(value)
