"""The figures of a manifest, or of the part of it that a filter lets through."""

from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.counted_attempts import counted_attempts
from burner.manifest.reading.reader import ManifestReader
from burner.report.calendar import Calendar
from burner.report.counting import count
from burner.report.figures import Figures, Scope
from burner.report.summing import figures


def report(
    reader: ManifestReader, wanted: AttemptFilter = ALL_ATTEMPTS, calendar: Calendar | None = None
) -> Figures:
    """Count what is on record.

    Args:
        reader: of the manifest.
        wanted: which attempts.
        calendar: shifts and time zone; None = three shifts on this computer's clock.

    Raises:
        BurnerError: E733 when the manifest knows no such batch; E7.
    """
    calendar, wanted = calendar or Calendar(), reader.resolved(wanted)
    scope = _scope(reader, wanted, calendar)
    return figures(count(counted_attempts(reader, wanted)), scope, calendar)


def _scope(reader: ManifestReader, wanted: AttemptFilter, calendar: Calendar) -> Scope:
    batch = reader.batch(wanted.batch) if wanted.batch else None
    newest = reader.newest()
    return Scope(
        manifest=reader.origin,
        batch=wanted.batch,
        product_id=batch.product_id if batch else wanted.product,
        since=wanted.since.astimezone(calendar.zone) if wanted.since else None,
        until=wanted.until.astimezone(calendar.zone) if wanted.until else None,
        zone=calendar.zone_name(newest),
        profile=batch.profile if batch else "",
        release_digest=batch.release_digest if batch else "",
        state=batch.state if batch else "",
        planned=batch.planned if batch else None,
        recorded_until=newest.astimezone(calendar.zone) if newest else None,
    )
