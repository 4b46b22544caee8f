"""The production figures of a manifest, or of a part of it."""

from dataclasses import replace

from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.counted_attempts import counted_attempts
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.reconciliations import last_reconciliation_status
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.reading.tested_attempts import attempts_with_tests
from burner.report.figures.calendar import Calendar
from burner.report.figures.counting import count
from burner.report.figures.counting_tests import count_tests
from burner.report.figures.figures import Figures, Scope
from burner.report.figures.standouts import standouts
from burner.report.figures.summing import figures
from burner.report.figures.summing_tests import figures_of_measurements, figures_of_tests


def production_figures(
    reader: ManifestReader, chosen: AttemptFilter = ALL_ATTEMPTS, calendar: Calendar | None = None
) -> Figures:
    """Compute the figures.

    Args:
        reader: of the manifest.
        chosen: which attempts.
        calendar: shifts and time zone; None = three shifts on this computer's clock.

    Raises:
        BurnerError: E733 no such batch; E7.
    """
    calendar, chosen = calendar or Calendar(), reader.with_log_of_batch(chosen)
    scope = _scope(reader, chosen, calendar)
    production = figures(count(counted_attempts(reader, chosen)), scope, calendar)
    tests = count_tests(attempts_with_tests(reader, chosen, by_unit=True))
    return replace(
        production,
        standouts=standouts(tests),
        tests=figures_of_tests(tests),
        measurements=figures_of_measurements(tests, calendar),
    )


def _scope(reader: ManifestReader, chosen: AttemptFilter, calendar: Calendar) -> Scope:
    batch = reader.batch(chosen.batch) if chosen.batch else None
    newest = reader.last_written()
    product_id = batch.product_id if batch else chosen.product
    return Scope(
        manifest=reader.origin,
        batch=chosen.batch,
        product_id=product_id,
        since=chosen.since.astimezone(calendar.zone) if chosen.since else None,
        until=chosen.until.astimezone(calendar.zone) if chosen.until else None,
        zone=calendar.zone_name(newest),
        profile=batch.profile if batch else "",
        release_digest=batch.release_digest if batch else "",
        state=batch.state if batch else "",
        planned=batch.planned if batch else None,
        recorded_until=newest.astimezone(calendar.zone) if newest else None,
        evidence=release_evidence(reader, chosen.batch) if chosen.batch else None,
        # Of a batch its own alone: the report goes to a customer, and others' units are not his.
        reconciled=last_reconciliation_status(reader, product_id, chosen.batch),
    )
