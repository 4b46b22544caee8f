"""Probes of `burner doctor` that ask the log: may this station write, does it take the release."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.values import utc
from burner.manifest.fold.keys import in_force, may_enrol
from burner.manifest.fold.limits import batch_limits, check_begins, check_clock, described
from burner.manifest.local import keys
from burner.manifest.local.key_store import Protection
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.release_room import check_policy_of_log, check_units_left
from burner.manifest.store.table_state import TableState
from burner.release.acceptance import StationPolicy
from burner.release.release import KeylessRelease
from burner.station import health
from burner.station.health import HealthCheck


def check_enrolment(manifest: str, station: str) -> Iterator[HealthCheck]:
    """Whether the key of this station may write into a log that exists.

    Nothing is said of a key that needs a passphrase or a token, nor of a manifest that cannot be
    read: other checks do.
    """
    what = "key in the log"
    with suppress(BurnerError), ManifestReader.open(manifest) as reader:
        rows = {row.id: row for row in reader.log_keys()}
        if not rows:
            return
        own = ""
        row = None
        if keys.has_key(station):
            if keys.protection(station) is Protection.TOKEN:
                return
            key = keys.LocalSigner(reader.origin, keys.unlock(station)).key
            own, row = str(key), rows.get(key.id.hex())
        if in_force(row):
            yield health.fine(what, f"{station} may write into {reader.origin}")
        elif row is None and _has_sponsor(station, reader):
            yield health.fine(what, f"{station} is enrolled at its first record")
        else:
            detail = f"station {station}, key {own or 'not made yet: burner key make'}"
            yield health.failed(what, BurnerError(Code.STATION_KEY_NOT_ENROLLED, detail))


def _has_sponsor(station: str, reader: ManifestReader) -> bool:
    """Whether another key of this computer enrols that of the station."""
    rows = {row.id: row for row in reader.log_keys()}
    others = keys.sponsors(station)(reader.origin)
    return any(may_enrol(rows.get(other.key.id.hex())) for other in others)


def check_release_in_log(
    release: KeylessRelease, manifest: str, policy: StationPolicy | None
) -> Iterator[HealthCheck]:
    """Whether the log takes units of a release; nothing is said of a new manifest."""
    what = "release in log"
    with _log(manifest) as reader:
        if reader is None:
            return
        try:
            check_policy_of_log(reader, release, policy)
            check_units_left(reader, release)
        except BurnerError as error:
            yield health.failed(what, error)
        else:
            yield health.fine(what, "takes units of it")


def check_limits(release: KeylessRelease, manifest: str, station: str) -> Iterator[HealthCheck]:
    """Whether the limits of a release let this station burn it now."""
    limits = batch_limits(release.profile.limits)
    if limits is None:
        return
    at = utc(datetime.now(UTC))
    try:
        check_begins(limits, station, at)
        with _log(manifest) as reader:
            if reader:
                with reader.connection() as connection:
                    check_clock(TableState(connection), limits, station, at)
    except BurnerError as error:
        yield health.failed("limits", error)
    else:
        yield health.fine("limits", f"this station may burn it; {described(limits)}")


@contextmanager
def _log(manifest: str) -> Iterator[ManifestReader | None]:
    """The manifest; None where there is none yet, or it cannot be read: another check says so."""
    with ExitStack() as stack:
        reader = None
        with suppress(BurnerError):
            reader = stack.enter_context(ManifestReader.open(manifest))
        yield reader
