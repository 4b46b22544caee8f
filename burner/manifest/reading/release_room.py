"""Whether a log takes units of a release at all, before anybody is asked or a board is put in."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.batches import limit_of_release, scope_of
from burner.manifest.fold.policies import check_same_policy, check_withdrawn, policy_in_force
from burner.manifest.fold.rows import BatchRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.table_state import TableState
from burner.profile.profile import QuantityOf
from burner.release.acceptance import StationPolicy
from burner.release.release import KeylessRelease


def check_policy_of_log(
    reader: ManifestReader, release: KeylessRelease, policy: StationPolicy | None
) -> None:
    """Refuse a station with another policy than the log has, and a release that was withdrawn.

    Raises:
        BurnerError: E228, E764, E765; E7.
    """
    with reader.connection() as connection:
        state = TableState(connection)
        check_same_policy(policy_in_force(state), policy.digest if policy else "")
        check_withdrawn(state, release.digest)


def check_units_left(reader: ManifestReader, release: KeylessRelease) -> None:
    """Refuse a release of which all units are made. Units in work may still fail.

    Raises:
        BurnerError: E460; E7.
    """
    with reader.connection() as connection:
        state = TableState(connection)
        allowed, taken, scope = _limit(state, release)
        working = sum(row.working for row in state.rows(BatchRow, scope=scope))
    if allowed is not None and taken - working >= allowed:
        raise BurnerError(Code.RELEASE_LIMIT_REACHED, f"{allowed} allowed")


def units_left(reader: ManifestReader, release: KeylessRelease) -> int | None:
    """How many units of a release may still be begun, over all its batches; None: any number.

    Raises:
        BurnerError: E7.
    """
    with reader.connection() as connection:
        allowed, taken, _ = _limit(TableState(connection), release)
    return None if allowed is None else max(0, allowed - taken)


def _limit(state: TableState, release: KeylessRelease) -> tuple[int | None, int, str]:
    """Units allowed, units that hold a place, and what both are counted over."""
    profile = release.profile
    per_digest = profile.quantity_of is QuantityOf.RELEASE
    scope = scope_of(profile.product.id, profile.title, release.digest, per_digest)
    row = limit_of_release(state, scope)
    return (row.allowed, row.taken, scope) if row else (profile.quantity, 0, scope)
