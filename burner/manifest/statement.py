"""One page for whoever signs: what was counted, what was checked, how to check it again."""

from collections.abc import Sequence

from burner.manifest.batches import BatchStatus
from burner.manifest.verify import Verdict

LONGEST_LIST = 40
"""Units named on the page; more are in units.csv."""


STATES = {
    "passed": "pass",
    "scrapped": "scrap",
    "failed": "failed: the last attempt ended FAIL",
    "interrupted": "interrupted: the last attempt ended ERROR or ABORTED",
    "open": "open: the last attempt has no outcome",
    "voided": "void",
}
"""Fields of a `BatchStatus` → the words of the page, which are those of the report."""


def statement(
    found: BatchStatus,
    verdict: Verdict,
    *,
    key: str,
    station: str,
    closed: str,
    audited: Sequence[str],
) -> str:
    """The page as plain text.

    Args:
        found: the batch as it was closed.
        verdict: of the manifest, after the close.
        key: id of the key that signs.
        station: whose key that is.
        closed: when and by whom.
        audited: what is on record of the sample audit, a line each.
    """
    lines = [
        f"Batch {found.batch}",
        "",
        f"  product        {found.product_id}",
        f"  release        {found.profile}",
        f"  digest         {found.release_digest}",
        f"  attempts       {found.attempts}",
        f"  closed         {closed}",
        "",
        *_counted(found),
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


def _counted(found: BatchStatus) -> list[str]:
    units: dict[str, tuple[str, ...]] = {words: getattr(found, f) for f, words in STATES.items()}
    return [
        "Counted by units",
        "",
        f"  {found.sum()}",
        *(f"  {len(listed):>7}  {what}" for what, listed in units.items()),
        *_named("Open", found.open),
        *_named("Failed", found.failed),
        *_named("Interrupted", found.interrupted),
    ]


def _named(title: str, units: tuple[str, ...]) -> list[str]:
    if not units:
        return []
    more = [f"  … and {len(units) - LONGEST_LIST} more"] if len(units) > LONGEST_LIST else []
    return ["", title, "", *(f"  {unit}" for unit in units[:LONGEST_LIST]), *more]
