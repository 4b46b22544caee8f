"""Who stands for the release of a batch, and what the cloud has of it, on the terminal."""

from typing import TYPE_CHECKING

from burner.cli.terminal import screen
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.manifest.reading.reconciliations import ReconciliationStatus
    from burner.manifest.reading.release_evidence import ReleaseEvidence

HEAD = 16
"""Columns of a head."""


def show_evidence(evidence: "ReleaseEvidence | None", say: Wording) -> None:
    """Print it, where there is any."""
    from burner.manifest.reading.evidence_rows import evidence_rows

    for head, text in evidence_rows(evidence, say) if evidence else ():
        screen.say_beside(screen.padded(head, HEAD), text)


def show_reconciled(status: "ReconciliationStatus | None", say: Wording) -> None:
    """Print the last reconciliation with the cloud platform, where there is one."""
    if status is not None:
        screen.say_beside(screen.padded(say("on the cloud"), HEAD), status.line(say))
