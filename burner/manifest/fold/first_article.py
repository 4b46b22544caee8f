"""The first article of a batch: its first units are approved before any other is begun."""

import json
from collections.abc import Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.body import canonical_json
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchApproved
from burner.manifest.entries.release_kinds import FirstArticle
from burner.manifest.fold import policies
from burner.manifest.fold.keys import own_log
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import BATCH_OPEN, PASS, BatchRow, Change, MemberRow
from burner.release.acceptance import StationPolicy, parse_policy
from burner.release.documents.note import is_moment, is_note
from burner.release.envelope.dsse import SignedStatement, check_name, open_envelope
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.statement import PredicateType, Statement


def with_first_article(
    state: ManifestState, row: BatchRow, article: FirstArticle | None
) -> BatchRow:
    """The row of a batch that is opened with a first article.

    Raises:
        BurnerError: E714 the key or the name of an approver is none; E730 more units than the
            batch; E769 somebody may approve whom the policy does not name.
    """
    if article is None:
        return row
    if row.planned is not None and article.units > row.planned:
        detail = f"batch {row.batch}: a first article of {article.units}, {row.planned} planned"
        raise BurnerError(Code.BATCH_TERMS_VIOLATED, detail)
    people = _approvers_of_policy(state)
    for name, text in article.approvers.items():
        try:
            check_name(name)
        except ValueError as error:
            raise inconsistent(f"batch {row.batch}: approver {name!r}: {error}") from None
        try:
            key = PublicKey.from_base64(text)
        except BurnerError as error:
            what = f"batch {row.batch}: the key of approver {name}: {error.detail}"
            raise inconsistent(what) from None
        if people is not None and people.get(name) != text:
            raise _no_approver(people, row, name, key)
    return row._replace(first_article=article.units, approvers=canonical_json(article.approvers))


def approvers_under(policy: StationPolicy) -> Mapping[str, PublicKey]:
    """Who may approve under a policy: its approvers; its signers where it has none."""
    return policy.approvers or policy.signers


def _approvers_of_policy(state: ManifestState) -> dict[str, str] | None:
    """Who may approve under the policy in force: name → public key; None: there is none."""
    if present := policies.policy_in_force(state):
        people = approvers_under(parse_policy(present.document))
        return {name: key.base64 for name, key in people.items()}
    return None


def _check_among(people: Mapping[str, str], row: BatchRow, name: str, key: PublicKey) -> None:
    if key.base64 not in people.values():
        raise _no_approver(people, row, name, key)


def _no_approver(
    people: Mapping[str, str], row: BatchRow, name: str, key: PublicKey
) -> BurnerError:
    """The name is only what its owner wrote: the fingerprint stands beside it."""
    detail = f"batch {row.batch}: {', '.join(people)}; not {name}, {key.fingerprint}"
    return BurnerError(Code.KEY_IS_NO_APPROVER, detail)


def approvers_of(row: BatchRow) -> dict[str, str]:
    """Who may approve: name → public key, as base64."""
    approvers: dict[str, str] = json.loads(row.approvers or "{}")
    return approvers


def approver_names(row: BatchRow) -> dict[str, str]:
    """The id of the key of each approver → the name."""
    return {PublicKey.from_base64(key).id: name for name, key in approvers_of(row).items()}


def refuse_before_approval(row: BatchRow) -> None:
    """Refuse one more unit while the first ones are in work, or wait for approval.

    Raises:
        BurnerError: E242, E243.
    """
    if not row.awaits_approval or row.taken + row.failed_later < row.first_article:
        return
    if row.working:
        raise BurnerError(Code.FIRST_ARTICLE_IN_WORK, f"batch {row.batch}: {row.first_article}")
    people = ", ".join(approvers_of(row))
    raise BurnerError(Code.FIRST_ARTICLE_NOT_APPROVED, f"batch {row.batch}: {people}")


def approval_of(
    row: BatchRow, origin: str, units: Sequence[str], *, note: str, at: str
) -> Statement:
    """What an approver signs.

    Args:
        row: the batch.
        origin: name of the log.
        units: those that have passed.
        note: of the approver.
        at: when it was said.
    """
    predicate = {
        "batch": row.batch,
        "log": origin,
        "units": sorted(units),
        "note": note,
        "at": at,
    }
    subject = row.profile.replace(" ", "-")
    return Statement(subject, row.release_digest, PredicateType.FIRST_ARTICLE, predicate)


def check_ready_for_approval(row: BatchRow) -> None:
    """Refuse to approve where nothing waits for it, or too early.

    Raises:
        BurnerError: E459 the batch is closed, E768 too few units have passed, E770 it is approved
            already, E771 no first article was asked for.
    """
    _check_waits(row)
    if row.passed < row.first_article:
        detail = f"batch {row.batch}: {row.passed} of {row.first_article}"
        raise BurnerError(Code.FIRST_ARTICLE_INCOMPLETE, detail)


def _check_waits(row: BatchRow) -> None:
    if row.state != BATCH_OPEN:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {row.batch} is closed")
    if not row.first_article:
        raise BurnerError(Code.FIRST_ARTICLE_NOT_ASKED, f"batch {row.batch}")
    if not row.awaits_approval:
        raise BurnerError(Code.FIRST_ARTICLE_APPROVED, f"batch {row.batch}: record {row.approved}")


def check_approver(row: BatchRow, signed_by: str, key: PublicKey) -> None:
    """Refuse a key that may not approve.

    Args:
        row: the batch.
        signed_by: name, for the error.
        key: public key.

    Raises:
        BurnerError: E769.
    """
    _check_among(approvers_of(row), row, signed_by, key)


def approve(
    state: ManifestState, number: int, row: BatchRow, entry: BatchApproved
) -> tuple[Change, ...]:
    """The first article is approved, by a key that may, and as it is in the log now.

    In an export of the batch, what became of its units in other batches is not at hand: which of
    them are good is not compared.
    """
    _check_waits(row)
    signed = open_approval(entry.envelope)
    check_approver(row, signed.name, signed.key)
    if (people := _approvers_of_policy(state)) is not None:
        _check_among(people, row, signed.name, signed.key)
    statement = signed.statement
    units = statement.predicate["units"]
    same = approval_of(
        row,
        own_log(state).origin,
        units,
        note=statement.predicate["note"],
        at=statement.predicate["at"],
    )
    if statement != same or (state.whole and not _are_the_good_ones(state, row, units)):
        raise BurnerError(Code.APPROVAL_OF_OTHER_UNITS, f"batch {row.batch}")
    if state.whole:
        check_ready_for_approval(row)
    return (row._replace(approved=number),)


def _are_the_good_ones(state: ManifestState, row: BatchRow, units: Sequence[str]) -> bool:
    """Whether these are all units of a batch that have passed."""
    members = (state.get(MemberRow, row.batch, unit) for unit in units)
    all_good = all(member is not None and member.status == PASS for member in members)
    return all_good and len(set(units)) == row.passed


def open_approval(envelope: str) -> SignedStatement:
    """The approval in an envelope, its signature checked.

    Raises:
        BurnerError: E216, E217, E245 of the envelope; E714 it says something else.
    """
    signed = open_envelope(envelope.encode(), "the approval")
    match signed.statement.predicate:
        case {
            "batch": str(),
            "log": str(),
            "units": list(units),
            "note": str(n),
            "at": str(at),
        } if (
            signed.statement.type is PredicateType.FIRST_ARTICLE
            and all(isinstance(unit, str) for unit in units)
            and is_note(n)
            and is_moment(at)
        ):
            return signed
    raise inconsistent("the envelope holds no approval of a first article")
