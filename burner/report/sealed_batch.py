"""Closing a batch: the report and the sample audit go into its sealed folder."""

import json

from burner.core.words.language import Language
from burner.manifest.closing.close_batch import CloseRequest, close_batch
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.batch_status import BatchStatus
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.verify.stored_log import RecordsChecked
from burner.manifest.writing.ledger import Ledger
from burner.report.figures.production_figures import production_figures
from burner.report.page.page import page
from burner.report.sampling.audit import audit_lines


def seal_batch(
    ledger: Ledger,
    request: CloseRequest,
    language: Language,
    *,
    progress: RecordsChecked = lambda _: None,
) -> tuple[BatchStatus, bool]:
    """Check the manifest, close a batch, and write its sealed folder with its report.

    Args:
        ledger: of the station (or desk) that closes it.
        request: what is to be closed.
        language: of the report.
        progress: gets the number of further records that were checked.

    Returns:
        Its status, and whether it was closed now.

    Raises:
        BurnerError: as `close_batch`.
    """
    return close_batch(
        ledger,
        request,
        make_reports=lambda: _report_files(ledger.reader, request.batch, language),
        audit_lines=lambda: audit_lines(ledger.reader, request.batch),
        progress=progress,
    )


def _report_files(reader: ManifestReader, batch: str, language: Language) -> dict[str, str]:
    figures = production_figures(reader, AttemptFilter(batch=batch))
    return {
        "report.html": page(figures, language),
        "report.json": json.dumps(figures.plain(), ensure_ascii=False, indent=2) + "\n",
    }
