"""Batches as JSON for scripts: a row of the list, and one batch with all details."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from burner.manifest.reading.batch_status import BatchStatus, units_by_warning
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.reconciliations import last_reconciliation_status
from burner.manifest.reading.release_evidence import release_evidence
from burner.report.sampling import audit


def row(status: BatchStatus) -> Mapping[str, Any]:
    """A batch in the list of all."""
    return {
        "batch": status.batch,
        "state": status.row.state,
        "origin": status.origin,
        "profile": status.row.profile,
        "product_id": status.row.product_id,
        "key": status.row.key,
        "withdrawal": asdict(status.withdrawal) if status.withdrawal else None,
        **status.counts(),
        "names_not_confirmed": status.names_not_confirmed,
    }


def details(reader: ManifestReader, status: BatchStatus) -> Mapping[str, Any]:
    """A batch with its bad units, its warnings and its sample audit."""
    reconciled, of_product = (
        last_reconciliation_status(reader, status.row.product_id, of) for of in (status.batch, "")
    )
    drawn = audit.recorded_audit(reader, status.batch)
    return {
        "batch": status.batch,
        "state": status.row.state,
        **status.counts(),
        "names_not_confirmed": status.names_not_confirmed,
        "changed": status.changed,
        "warnings": units_by_warning(reader, status.batch),
        "units": {
            "open": status.open,
            "failed": status.failed,
            "interrupted": status.interrupted,
            "scrap": status.scrapped,
        },
        "release": {
            "allowed": status.limit.allowed if status.limit else None,
            "made": status.limit.taken if status.limit else None,
        },
        "origin": status.origin,
        "key": status.row.key,
        "evidence": asdict(release_evidence(reader, status.batch)),
        "reconciled": asdict(reconciled) if reconciled else None,
        "reconciled_product": asdict(of_product) if of_product else None,
        "audit": audit.plain(drawn) if drawn else None,
    }
