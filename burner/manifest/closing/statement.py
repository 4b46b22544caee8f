"""The statement of a closed batch: the one page of its folder that people sign."""

from collections.abc import Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError, table
from burner.core.words.plural import counted
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.reading.batch_status import BatchStatus, closing_of, warned
from burner.manifest.verify.checks import Verification
from burner.manifest.writing.ledger import Ledger

LONGEST_LIST = 40
"""Units named on the page; all are in units.csv."""


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


def _named(title: str, units: tuple[str, ...]) -> list[str]:
    if not units:
        return []
    more = [f"  … and {len(units) - LONGEST_LIST} more"] if len(units) > LONGEST_LIST else []
    return ["", title, "", *(f"  {unit}" for unit in units[:LONGEST_LIST]), *more]


def _number(value: int | None) -> str:
    return "no limit" if value is None else str(value)
