"""Opening a batch for a release, and its id."""

from collections.abc import Callable
from datetime import date
from itertools import count

from burner.core.canonical_json import canonical
from burner.manifest.entries.release_kinds import FirstArticle
from burner.manifest.fold.batches import require_open
from burner.manifest.fold.cloud import require_preflight, require_preflight_of_next
from burner.manifest.fold.limits import batch_check, batch_limits, check_begins, check_clock
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger
from burner.profile.limits import LimitSettings
from burner.profile.profile import Profile, QuantityOf
from burner.release.release import KeylessRelease


def open_batch_for(
    ledger: Ledger,
    release: KeylessRelease,
    batch: str,
    *,
    quantity: int | None,
    operator: str,
    first_article: FirstArticle | None = None,
    preflight_required: bool = False,
) -> None:
    """Open a batch, or continue one that is open for the same release and product key.

    Args:
        ledger: of the station that opens it.
        release: what its units get. Without a key, that of a good preflight or of the first unit.
        batch: its id, the work order.
        quantity: units to be made; None: no limit, or the quantity it was opened with.
        operator: who opens it.
        first_article: units that are made first; None: none, or as it was opened.
        preflight_required: whether no unit is begun before a good preflight of the cloud platform,
            whatever the release says; False: as the release says, or as it was opened.

    Raises:
        BurnerError: as `Ledger.open_batch`.
    """
    profile = release.profile
    terms = BatchTerms(
        profile=profile.title,
        product_id=profile.product.id,
        release_digest=release.digest,
        quantity=quantity,
        index=canonical(release.index).decode(),
        key=release.key_fingerprint,
        limits=batch_limits(profile.limits),
        first_article=first_article,
        preflight_required=preflight_required,
        envelopes=tuple(envelope.decode() for envelope in release.envelopes),
    )
    ledger.open_batch(
        batch,
        terms,
        release_quantity=profile.quantity,
        per_digest=profile.quantity_of is QuantityOf.RELEASE,
        operator=operator,
    )


def check_release_limits(ledger: Ledger, profile: Profile) -> None:
    """Refuse a release that may not be burned at this station now, before anybody is asked.

    Raises:
        BurnerError: E237 not yet, E238 no more, E239 not at this station, E241 the clock is behind
            the records; E7.
    """
    limits = batch_limits(profile.limits)
    if limits is None:
        return
    stamp = ledger.writer.stamp()
    check_begins(limits, stamp["station"], stamp["at"])
    with ledger.reader.connection() as connection:
        check_clock(TableState(connection), limits, stamp["station"], stamp["at"])


def check_preflight(ledger: Ledger, batch: str) -> None:
    """Refuse to burn a batch whose required preflight of the cloud platform is missing, or bad.

    Raises:
        BurnerError: E816, E817, also where the batch has all the units that it was for; E7.
    """
    if row := ledger.reader.batch(batch):
        require_preflight(row)
        if not row.working and (row.planned is None or row.taken < row.planned):
            require_preflight_of_next(row)


def open_batch_check(ledger: Ledger, limits: LimitSettings) -> Callable[[str], None]:
    """What refuses the id of a batch that takes no unit: E240 the release does not allow it, E459
    it is closed.
    """
    allowed = batch_check(limits)

    def check(batch: str) -> None:
        allowed(batch)
        if row := ledger.reader.batch(batch):
            require_open(row)

    return check


def batch_of_day(product: str) -> str:
    """The default id of a batch: `plug-c3-2026-01-05`."""
    return f"{product}-{date.today():%Y-%m-%d}"


def unused_batch(batch: str, is_new: Callable[[str], bool]) -> str:
    """An id; if it is taken, with `-2`, `-3` … after it."""
    further = (f"{batch}-{number}" for number in count(2))
    return batch if is_new(batch) else next(name for name in further if is_new(name))
