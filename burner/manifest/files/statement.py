"""One page for whoever signs: what was counted, what was checked, how to check it again."""

from collections.abc import Mapping, Sequence
from typing import Any

from burner.errors import table
from burner.manifest.batches import BatchStatus
from burner.manifest.checks.verify import Verdict

LONGEST_LIST = 40
"""Units named on the page; more are in units.csv."""


STATES = {
    "pass": "pass",
    "scrap": "scrap",
    "failed": "failed: the last attempt ended FAIL",
    "interrupted": "interrupted: the last attempt ended ERROR or ABORTED",
    "open": "open: the last attempt has no outcome",
    "void": "void",
}
"""Counts of a close → the words of the page, which are those of the report."""


def facts(closed: Mapping[str, Any]) -> list[str]:
    """The lines of the page that the record of the close says, in their order."""
    head, data = closed["head"], closed["data"]
    counts = data["counts"]
    when = f"{head['at'][:16].replace('T', ' ')} UTC by {data['operator']}"
    return [
        f"Batch {head['batch']}",
        f"  product        {data['product_id']}",
        f"  release        {data['profile']}",
        f"  digest         {data['release_digest']}",
        f"  attempts       {counts['attempts']}",
        f"  closed         {when}",
        f"  {_sum(counts)}",
        *(f"  {counts[name]:>7}  {words}" for name, words in STATES.items()),
    ]


def statement(
    found: BatchStatus,
    closed: Mapping[str, Any],
    verdict: Verdict,
    *,
    key: str,
    station: str,
    audited: Sequence[str],
    warned: Mapping[str, int],
) -> str:
    """The page as plain text.

    Args:
        found: the batch as it stands.
        closed: body of the record that closed it, whose numbers the page gives.
        verdict: of the manifest, after the close.
        key: id of the key that signs.
        station: whose key that is.
        audited: what is on record of the sample audit, a line each.
        warned: code of a warning → units of which it is on record.
    """
    said = facts(closed)
    lines = [
        said[0],
        "",
        *said[1:6],
        "",
        "Counted by units",
        "",
        *said[6:],
        *_since(found, closed),
        *_named("Open", found.open),
        *_named("Failed", found.failed),
        *_named("Interrupted", found.interrupted),
        *_warnings(warned),
        "",
        "Checked when this page was written",
        "",
        f"  {verdict.records} records: every hash recomputed, every column compared with the body,",
        "  every name, place and ID compared with the record that took it.",
        *(f"  warning: {warning}" for warning in verdict.warnings),
        "",
        "Sample audit (units from the box against their records)",
        "",
        *(f"  {line}" for line in audited),
        "",
        "Where each chain stood (compare with what was printed or countersigned)",
        "",
        *(f"  {chain.code}" for chain in verdict.chains),
        "",
        f"Signed with key {key} of {station}",
        "",
        "  Compare the key with what the station shows, or with the copy of the public key that",
        "  its engineer gave you. Do not take it from this folder.",
        "",
        f"    burner manifest keys show {station}",
        "    burner manifest keys show PUBLIC-KEY.pem",
        "",
        "  To check this folder again, anywhere, without a network:",
        "",
        "    burner manifest verify FOLDER --key PUBLIC-KEY.pem",
    ]
    return "\n".join(lines) + "\n"


def _sum(counts: Mapping[str, Any]) -> str:
    """`300 planned = 297 pass + 2 scrap + 1 missing`, as `batch status` says it."""
    good, scrap = counts["pass"], counts["scrap"]
    planned = good + scrap if counts["planned"] is None else counts["planned"]
    replaced = max(0, good + scrap - planned)
    text = f"{planned} planned = {good} pass + {scrap - replaced} scrap"
    text += f" + {counts['missing']} missing"
    return text + (f"; {replaced} more scrapped and replaced" if replaced else "")


def _since(found: BatchStatus, closed: Mapping[str, Any]) -> list[str]:
    if found.counts() == closed["data"]["counts"]:
        return []
    return [
        "",
        "Since the close this has changed (see `burner manifest batch status`)",
        "",
        f"  {found.sum()}",
    ]


def _warnings(warned: Mapping[str, int]) -> list[str]:
    if not warned:
        return []
    says = {code: table()[code].says if code in table() else "" for code in warned}
    counted = (f"  {units:>7}  {code} {says[code]}".rstrip() for code, units in warned.items())
    return ["", "Warnings, by the units of which they are on record", "", *counted]


def _named(title: str, units: tuple[str, ...]) -> list[str]:
    if not units:
        return []
    more = [f"  … and {len(units) - LONGEST_LIST} more"] if len(units) > LONGEST_LIST else []
    return ["", title, "", *(f"  {unit}" for unit in units[:LONGEST_LIST]), *more]
