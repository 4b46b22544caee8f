"""Rules of batches: their places, their close, and the limit of a release."""

import json
from itertools import chain

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.body import canonical_json
from burner.manifest.entries.cloud_kinds import CloudPreflight
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import (
    BatchApproved,
    BatchChanged,
    BatchClosed,
    BatchOpened,
    SampleDrawn,
)
from burner.manifest.entries.release_kinds import BatchLimits
from burner.manifest.fold import cloud, first_article, limits, policies, required_tests, unit_labels
from burner.manifest.fold.keys import lost_logs
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import (
    BATCH_CLOSED,
    BATCH_OPEN,
    NEVER,
    OPEN,
    PASS,
    SCRAP,
    VOID,
    BatchRow,
    Change,
    LimitRow,
    MemberRow,
)


def scope_of(product_id: str, profile: str, digest: str, per_digest: bool) -> str:
    """What the limit of a release counts over: a version of a product, or one release digest."""
    return digest if per_digest else f"{product_id} {profile}"


def limit_of_release(state: ManifestState, scope: str) -> LimitRow | None:
    """How many units a release may make, and has made; before its first batch in a log that
    continues a lost one, by that one.
    """
    logs = chain([state], lost_logs(state))
    return next(filter(None, (log.get(LimitRow, scope) for log in logs)), None)


def is_challenged(index: str) -> bool:
    """Whether the release of this index challenges its units; an empty one says nothing."""
    boot = json.loads(index)["profile"].get("boot") if index else None
    return isinstance(boot, dict) and boot.get("challenge") is True


def require_batch(state: ManifestState, batch: str) -> BatchRow:
    """The row of a batch that must be known."""
    row = state.get(BatchRow, batch)
    if row is None:
        raise BurnerError(Code.BATCH_UNKNOWN, batch)
    return row


def require_open_batch(state: ManifestState, batch: str) -> BatchRow:
    """The row of a batch that must be open."""
    row = state.get(BatchRow, batch)
    if row is None:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {batch} was never opened")
    require_open(row)
    return row


def require_open(row: BatchRow) -> None:
    """Refuse a batch that is closed."""
    if row.state != BATCH_OPEN:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {row.batch} is closed")


def open_batch(state: ManifestState, number: int, entry: BatchOpened) -> tuple[Change, ...]:
    """A batch is opened; it may set the limit of its release."""
    if state.get(BatchRow, entry.batch) is not None:
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, f"batch {entry.batch} was opened before")
    limits.check_index(entry)
    signed, approved = policies.endorsements_of(state, entry)
    of_release = entry.limits or BatchLimits()
    limits.check_batch(of_release, entry.batch)
    limits.check_not_expired(of_release, entry.at)
    limits.check_clock(state, of_release, entry.station, entry.at)
    scope = scope_of(entry.product_id, entry.profile, entry.release_digest, entry.per_digest)
    terms = cloud.terms_of(entry)
    row = BatchRow(
        batch=entry.batch,
        product_id=entry.product_id,
        profile=entry.profile,
        release_digest=entry.release_digest,
        key=entry.key,
        scope=scope,
        planned=entry.quantity,
        taken=0,
        working=0,
        state=BATCH_OPEN,
        opened=number,
        closed=NEVER,
        limits=canonical_json(entry.limits) if entry.limits else "",
        sealed=policies.is_sealed(entry),
        signer_keys=" ".join(signed),
        approver_keys=" ".join(approved),
        challenged=is_challenged(entry.index),
        tests=required_tests.tests_in(entry.index),
        platform=terms.platform,
        name_creation=terms.name_creation,
        preflight_required=terms.preflight_required,
        unit_label=unit_labels.digest_in(entry.index),
    )
    row = first_article.with_first_article(state, row, entry.first_article)
    limit = limit_of_release(state, scope)
    allowed, taken = (limit.allowed, limit.taken) if limit else (None, 0)
    if entry.release_quantity is None and limit is not None:
        return row, limit
    if allowed is not None and allowed != entry.release_quantity:
        detail = f"the release was held to {counted(allowed, 'unit')}, not {entry.release_quantity}"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    if entry.release_quantity is not None and taken > entry.release_quantity:
        detail = f"{taken} were made, {entry.release_quantity} are allowed"
        raise BurnerError(Code.RELEASE_LIMIT_REACHED, detail)
    return row, LimitRow(scope, entry.release_quantity, taken)


def change(state: ManifestState, entry: BatchChanged) -> tuple[Change, ...]:
    """An open batch gets another quantity, not below its taken places."""
    row = require_open_batch(state, entry.batch)
    if entry.quantity is not None and entry.quantity < row.taken:
        detail = f"batch {entry.batch}: places of {counted(row.taken, 'unit')} are taken"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    if row.awaits_approval and entry.quantity is not None and entry.quantity < row.first_article:
        detail = f"batch {entry.batch}: a first article of {row.first_article} was asked for"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    return (row._replace(planned=entry.quantity),)


def approve(state: ManifestState, number: int, entry: BatchApproved) -> tuple[Change, ...]:
    """The first article of a batch is approved."""
    return first_article.approve(state, number, require_batch(state, entry.batch), entry)


def preflight(state: ManifestState, number: int, entry: CloudPreflight) -> tuple[Change, ...]:
    """The product of an open batch was compared with the cloud platform."""
    return (cloud.with_preflight(require_open_batch(state, entry.batch), number, entry),)


def close(state: ManifestState, number: int, entry: BatchClosed) -> tuple[Change, ...]:
    """A batch is closed; the record proves which records it has."""
    row = require_open_batch(state, entry.batch)
    records, root = state.batch_tree(entry.batch)
    if (entry.records, entry.root) != (records, root.hex()):
        raise inconsistent(f"batch {entry.batch} has other records than its close says")
    return (row._replace(state=BATCH_CLOSED, closed=number),)


def draw(state: ManifestState, entry: SampleDrawn) -> tuple[Change, ...]:
    """A sample needs a known batch, and changes nothing."""
    require_batch(state, entry.batch)
    return ()


def update_member(
    state: ManifestState, row: BatchRow, unit_id: str, status: str
) -> tuple[Change, ...]:
    """Set the status of a unit in a batch: it takes a place, keeps it, or gives it back. In the
    batch that follows its last attempt. For the release and the first article, a unit that passed
    counts until a person scraps or voids it.

    Raises:
        BurnerError: E451 full, E452 full while some are in work; E460 and E461 the same of the
            release; E242, E243 the first article is not approved; E817 its preflight was for
            fewer units.
    """
    batch = row.batch
    member = state.get(MemberRow, batch, unit_id)
    had_passed = member is not None and member.passed and status not in (SCRAP, VOID)
    updated = MemberRow(batch, unit_id, status, status == PASS or had_passed)
    step = updated.holds_place - (member is not None and member.holds_place)
    counted_step = updated.counts - (member is not None and member.counts)
    working = (status == OPEN) - (member is not None and member.status == OPEN)
    if step > 0 and row.planned is not None and row.taken >= row.planned:
        code = Code.BATCH_PLACES_IN_WORK if row.working else Code.BATCH_COMPLETE
        raise BurnerError(code, f"batch {batch}: {row.planned} planned")
    if step > 0:
        cloud.require_preflight_of_next(row)
    if counted_step > 0:
        first_article.refuse_before_approval(row)
    changes: list[Change] = [updated]
    if step or working or counted_step:
        changes.append(
            row._replace(
                taken=row.taken + step,
                working=row.working + working,
                failed_later=row.failed_later + counted_step - step,
            )
        )
    limit = state.get(LimitRow, row.scope) if counted_step else None
    if limit and not _counts_elsewhere(state, row, unit_id):
        if counted_step > 0 and limit.allowed is not None and limit.taken >= limit.allowed:
            raise BurnerError(
                Code.RELEASE_PLACES_IN_WORK if row.working else Code.RELEASE_LIMIT_REACHED,
                f"{limit.allowed} allowed",
            )
        changes.append(limit._replace(taken=limit.taken + counted_step))
    return tuple(changes)


def _counts_elsewhere(state: ManifestState, row: BatchRow, unit_id: str) -> bool:
    """Whether a unit counts for the release in another batch, or in a log that this continues."""
    of_unit = (row.scope, unit_id)
    return state.holds_elsewhere(*of_unit, row.batch) or any(
        lost.holds_elsewhere(*of_unit, "") for lost in lost_logs(state)
    )


def update_known_member(
    state: ManifestState, batch: str, unit_id: str, status: str
) -> tuple[Change, ...]:
    """The same for a unit that was tried in the batch; no change for another one."""
    if not batch or state.get(MemberRow, batch, unit_id) is None:
        return ()
    return update_member(state, require_batch(state, batch), unit_id, status)
