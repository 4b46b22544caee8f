"""What a release and a batch expect of their product on the platform."""

from burner.cloud.preflight import ExpectedProduct
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.rows import BATCH_CLOSED, PASS, SCRAP, BatchRow
from burner.manifest.reading.cloud_records import confirmed_names, name_holders
from burner.manifest.reading.reader import ManifestReader
from burner.release.release import KeylessRelease


def expected_of_release(release: KeylessRelease, quantity: int | None) -> ExpectedProduct:
    """Without a batch: for so many units, or for as many as the release may make."""
    profile = release.profile
    return ExpectedProduct(
        product_id=profile.product.id,
        platform=profile.platform,
        registration=profile.registration,
        key=release.key_fingerprint,
        quantity=quantity if quantity is not None else profile.quantity,
    )


def expected_of_batch(
    reader: ManifestReader, release: KeylessRelease, batch: str, quantity: int | None
) -> ExpectedProduct:
    """For the units that an open batch of the release still needs.

    Raises:
        BurnerError: E733 no such batch, E459 it is closed, E730 it is of another release, E463 of
            another product key; E7.
    """
    row = _open_batch(reader, batch)
    if row.release_digest != release.digest:
        detail = f"batch {batch}: it makes {row.profile}, release {row.release_digest[:16]}…"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    if row.key and release.key_fingerprint and row.key != release.key_fingerprint:
        raise BurnerError(Code.BATCH_HAS_OTHER_KEY, f"batch {batch}")
    profile = release.profile
    still = None if row.planned is None else max(0, row.planned - row.passed)
    holders = name_holders(reader, profile.product.id)
    used = {name for name, holder in holders.items() if holder.status in (PASS, SCRAP)}
    spare = frozenset(confirmed_names(reader, profile.product.id, profile.product.cloud) - used)
    return ExpectedProduct(
        product_id=profile.product.id,
        platform=profile.platform,
        registration=profile.registration,
        key=release.key_fingerprint or row.required_key,
        quantity=quantity if quantity is not None else still,
        made=len({holder.unit_id for holder in holders.values() if holder.is_good}),
        made_of_batch=row.passed,
        spare_names=len(spare),
        names=spare,
    )


def _open_batch(reader: ManifestReader, batch: str) -> BatchRow:
    row = reader.batch(batch)
    if row is None:
        raise BurnerError(Code.BATCH_UNKNOWN, batch)
    if row.state == BATCH_CLOSED:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {batch} is closed")
    return row
