"""One page for whoever signs: what was counted, what was checked, how to check it again."""

from burner.manifest.batches import BatchStatus
from burner.manifest.verify import Verdict

LONGEST_LIST = 40
"""Units named on the page; more are in units.csv."""


def statement(found: BatchStatus, verdict: Verdict, key: str, closed: str) -> str:
    """The page as plain text; `closed` says when and by whom."""
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
        "Where each chain stood (compare with what was printed or countersigned)",
        "",
        *(f"  {chain.code}" for chain in verdict.chains),
        "",
        f"Signed with key {key}. To check this folder again, anywhere, without a network:",
        "",
        "  burner manifest verify FOLDER --key PUBLIC-KEY.pem",
        "",
        "Take the public key from the station's engineer, not from this folder.",
    ]
    return "\n".join(lines) + "\n"


def _counted(found: BatchStatus) -> list[str]:
    counts = (
        ("pass", found.passed),
        ("scrap", found.scrapped),
        ("failed, not made again", found.failed),
        ("without an outcome (OPEN)", found.open),
        ("void", found.voided),
    )
    return [
        "Counted by units",
        "",
        f"  {found.sum()}",
        *(f"  {len(units):>7}  {what}" for what, units in counts),
        *_named("Without an outcome", found.open),
        *_named("Failed and not made again", found.failed),
    ]


def _named(title: str, units: tuple[str, ...]) -> list[str]:
    if not units:
        return []
    more = [f"  … and {len(units) - LONGEST_LIST} more"] if len(units) > LONGEST_LIST else []
    return ["", title, "", *(f"  {unit}" for unit in units[:LONGEST_LIST]), *more]
