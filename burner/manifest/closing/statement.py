"""The statement of a closed batch: the page of its folder that people sign."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from burner.core.code import Code
from burner.core.errors import BurnerError, table
from burner.core.words.plural import counted
from burner.manifest.entries.kinds import BatchClosed
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.reading.batch_status import BatchStatus, close_record, units_by_warning
from burner.manifest.reading.evidence_rows import evidence_rows
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.reading.unit_labels import LabelCounts
from burner.manifest.verify.checks import Verification
from burner.manifest.writing.ledger import Ledger

LONGEST_LIST = 40
"""Units named on the page; all are in units.csv."""


def closing_statement(
    ledger: Ledger, status: BatchStatus, verification: Verification, audit_lines: Sequence[str]
) -> str:
    """One page: what was counted, what was checked, how to check it again."""
    with ledger.reader.connection() as connection:
        close = close_record(connection, status.row)
    if close is None:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {status.batch} is not closed")
    evidence = release_evidence(ledger.reader, status.batch)
    width = max(14, *map(len, close.counts))
    counts = [f"  {name:<{width}} {_number(value)}" for name, value in close.counts.items()]
    changed = [f"  {line}" for line in status.changed]
    lines = [
        *_heading(status, close),
        "Who stands for the release, by the envelopes on record, checked again",
        "",
        *(f"  {head:<14} {text}" for head, text in evidence_rows(evidence)),
        "",
        "Counted by units at the close, by the latest status of each",
        "",
        *counts,
        *_labels(status.labels),
        *(["", "Since the close this has changed", "", *changed] if changed else []),
        *_named("Open", status.open),
        *_named("Failed", status.failed),
        *_named("Interrupted", status.interrupted),
        *_warnings(units_by_warning(ledger.reader, status.batch)),
        "",
        f"Checked when this folder was made: {counted(verification.size, 'record')} in the log",
        "",
        *(f"  {r.check:<14} {r.covered}: agrees" for r in verification.results.values()),
        "",
        "Sample audit (units from the box against their records)",
        "",
        *(f"  {line}" for line in audit_lines),
        "",
        *_log_to_compare(verification, ledger.writer.origin_key),
    ]
    return "\n".join(lines) + "\n"


def _heading(status: BatchStatus, close: BatchClosed) -> list[str]:
    when = f"{close.at[:16].replace('T', ' ')} UTC by {close.operator}"
    return [
        f"Batch {status.batch}",
        "",
        f"  product        {status.row.product_id}",
        f"  release        {status.row.profile}",
        f"  digest         {status.row.release_digest}",
        f"  product key    fingerprint {status.row.key or 'not known'}",
        f"  closed         {when}",
        f"  records        {close.records + 1}, with the one of this close",
        "",
    ]


def _log_to_compare(verification: Verification, origin_key: str) -> list[str]:
    head = Checkpoint(verification.origin, verification.size, bytes.fromhex(verification.root))
    return [
        "The log (compare with what you wrote down)",
        "",
        f"  origin         {verification.origin}",
        f"  origin key     {origin_key}",
        f"  head           {PaperHead.of(head)}",
        "",
        "  To check this folder again, anywhere, without a network, with the origin key as you",
        "  wrote it down on the day of the first burn. Do not take it from this folder.",
        "",
        "    burner manifest verify FOLDER --key ORIGIN-KEY",
    ]


def _labels(counts: LabelCounts | None) -> list[str]:
    """How the printed labels stand; nothing where the release prints none."""
    if counts is None:
        return []
    lines = [f"  {name:<14} {number}" for name, number in asdict(counts).items()]
    return ["", "Printed labels of good units when this folder was made", "", *lines]


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
