"""Rules of releases: which ones the policy of the log accepts, and which were withdrawn."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.entries.release_kinds import PolicySet, ReleaseWithdrawn
from burner.manifest.fold.keys import lost_logs, own_log
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import (
    BATCH_OPEN,
    BatchRow,
    Change,
    LogRow,
    PolicyRow,
    WithdrawnRow,
)
from burner.release.acceptance import Endorsements, ReleaseIdentity, StationPolicy, parse_policy
from burner.release.envelope.dsse import SignedStatement, open_envelope
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.statement import PredicateType, Statement

THE_POLICY = 0
"""Key of the one row: the policy in force."""


@dataclass(frozen=True)
class Withdrawal:
    """The record that withdrew a release."""

    operator: str
    reason: str
    record: int
    log: str = ""
    """Origin of the imported log that has the record; empty: ours."""
    binds: bool = True
    """Whether it holds here; False: nobody whom our policy names signed it."""

    @classmethod
    def of(cls, row: WithdrawnRow, log: str = "", *, binds: bool = True) -> "Withdrawal":
        """From the row of our log, or of an imported one."""
        return cls(row.operator, row.reason, row.number, log, binds)

    def __str__(self) -> str:
        of_log = f" of {self.log}" if self.log else ""
        of_log += "" if self.binds else " (signed by nobody whom the policy names: not valid here)"
        return f"by {self.operator}, record {self.record}{of_log}: {self.reason}"


def policy_in_force(state: ManifestState) -> PolicyRow | None:
    """The policy of this log; None: it has none."""
    return state.get(PolicyRow, THE_POLICY)


def inherited_policy(state: ManifestState) -> PolicyRow | None:
    """The policy of a lost log that this one continues, where its records are at hand."""
    return next(filter(None, map(policy_in_force, lost_logs(state))), None)


def set_policy(state: ManifestState, number: int, entry: PolicySet) -> tuple[Change, ...]:
    """A log gets a policy, or another one, which a signer of the present one has signed."""
    try:
        policy = parse_policy(entry.document)
    except ValueError as error:
        raise inconsistent(str(error)) from None
    if sha256(entry.document.encode()).hexdigest() != entry.policy:
        raise inconsistent("a policy does not have the digest that its record says")
    present = policy_in_force(state)
    if present is None:
        _check_first(state, entry)
    else:
        if present.digest == entry.policy:
            raise inconsistent(f"policy {entry.policy[:16]}… is in force already")
        wanted = policy_change(own_log(state).origin, present, entry.policy)
        signers = parse_policy(present.document).signers
        _check_signed(entry.envelope, wanted, signers.values(), Code.POLICY_CHANGE_NOT_SIGNED)
    row = PolicyRow(THE_POLICY, entry.policy, entry.document, number)
    return row, *_judge_open_batches(state, policy)


def policy_change(origin: str, present: PolicyRow, digest: str) -> Statement:
    """What a signer signs to replace a policy: once, in this log, this one."""
    predicate = {"log": origin, "record": present.number, "replaces": present.digest}
    return Statement("station-policy", digest, PredicateType.STATION_POLICY, predicate)


def withdraw(state: ManifestState, number: int, entry: ReleaseWithdrawn) -> tuple[Change, ...]:
    """No more units are made of a release. Under a policy one of its people signs that."""
    digest = entry.release_digest
    if row := state.get(WithdrawnRow, digest):
        detail = f"{digest[:16]}…: {Withdrawal.of(row)}"
        raise BurnerError(Code.RELEASE_WITHDRAWN, detail)
    key = ""
    if present := policy_in_force(state):
        policy = parse_policy(present.document)
        wanted = withdrawal(own_log(state).origin, digest, entry.reason)
        key = _check_signed(entry.envelope, wanted, policy.keys, Code.WITHDRAWAL_NOT_SIGNED)
    elif entry.envelope:
        raise inconsistent("a withdrawal is signed, but the log has no policy")
    row = WithdrawnRow(digest, number, entry.operator, entry.reason, key)
    return row, *refuse_batches(state, digest)


def withdrawal(origin: str, digest: str, reason: str) -> Statement:
    """What somebody signs to withdraw a release."""
    return Statement("release", digest, PredicateType.WITHDRAWAL, {"log": origin, "reason": reason})


def refuse_batches(state: ManifestState, digest: str) -> Iterator[Change]:
    """Open batches of a release take no more units."""
    for row in state.rows(BatchRow, state=BATCH_OPEN, release_digest=digest):
        yield row._replace(refused=True)


def endorsements_of(state: ManifestState, entry: BatchOpened) -> Endorsements:
    """Who signed and approved the release of a new batch; the policy must accept it.

    Raises:
        BurnerError: E216 to E218 an envelope; E223 to E228, E234, E236 the policy refuses the
            release; E764, E765 it is not the policy of this log.
    """
    statements = tuple(_statements(entry))
    endorsements = Endorsements.of(statements)
    check_withdrawn(state, entry.release_digest)
    present = policy_in_force(state)
    if present is None:
        if entry.policy:
            raise inconsistent("a batch names a policy that is not on record")
        if inherited := inherited_policy(state):
            raise BurnerError(Code.POLICY_MISSING, f"policy {inherited.digest[:16]}…")
        return endorsements
    check_same_policy(present, entry.policy)
    if not entry.index:  # what the index says was compared before
        raise inconsistent(f"batch {entry.batch} has no index of its release")
    identity = identity_of(entry.profile, entry.release_digest, sealed=is_sealed(entry))
    parse_policy(present.document).check(identity, endorsements)
    return endorsements


def check_same_policy(present: PolicyRow | None, digest: str) -> None:
    """Refuse a station with another policy than the log has, or with none.

    Raises:
        BurnerError: E764, E765.
    """
    if present is None or present.digest == digest:
        return
    of_log = f"the log has policy {present.digest[:16]}…, of record {present.number}"
    if not digest:
        raise BurnerError(Code.POLICY_MISSING, of_log)
    raise BurnerError(Code.POLICY_NOT_ON_RECORD, f"policy {digest[:16]}…; {of_log}")


def check_not_refused(state: ManifestState, row: BatchRow) -> None:
    """Refuse units of a batch whose release was withdrawn, or is accepted no more.

    Raises:
        BurnerError: E223 to E228, E234, E236.
    """
    if row.refused:
        present = policy_in_force(state)
        check_accepted(state, row, parse_policy(present.document) if present else None)
        raise BurnerError(Code.RELEASE_WITHDRAWN, f"batch {row.batch}")


def check_accepted(state: ManifestState, row: BatchRow, policy: StationPolicy | None) -> None:
    """Refuse a batch whose release a policy does not accept, or that was withdrawn.

    Raises:
        BurnerError: E223 to E228, E234, E236.
    """
    check_withdrawn(state, row.release_digest, policy)
    if policy:
        endorsements = Endorsements(
            tuple(row.signer_keys.split()), tuple(row.approver_keys.split())
        )
        identity = identity_of(row.profile, row.release_digest, sealed=row.sealed)
        policy.check(identity, endorsements)


def check_withdrawn(state: ManifestState, digest: str, policy: StationPolicy | None = None) -> None:
    """Refuse a release that was withdrawn here, or in an imported log so that it holds here.

    Raises:
        BurnerError: E228.
    """
    withdrawn = find_withdrawal(state, digest, policy)
    if withdrawn and withdrawn.binds:
        raise BurnerError(Code.RELEASE_WITHDRAWN, f"{digest[:16]}…: {withdrawn}")


def find_withdrawal(
    state: ManifestState, digest: str, policy: StationPolicy | None = None
) -> Withdrawal | None:
    """Who withdrew a release, in our log or in an imported one; None: nobody.

    Args:
        state: of our log.
        digest: of the release.
        policy: which says what binds; None: the one in force.
    """
    if row := state.get(WithdrawnRow, digest):
        return Withdrawal.of(row)
    imported = []
    for log in state.rows(LogRow, own=False):
        other = state.foreign(log.origin, log.size)
        if other and (row := other.get(WithdrawnRow, digest)):
            binds = withdrawal_binds(state, row, log.origin, policy)
            imported.append(Withdrawal.of(row, log.origin, binds=binds))
    return max(imported, key=lambda found: found.binds, default=None)


def withdrawal_binds(
    state: ManifestState, row: WithdrawnRow, origin: str, policy: StationPolicy | None = None
) -> bool:
    """Whether a withdrawal of an imported log holds here: under a policy, where one of its people
    signed it, or our log continues that one.
    """
    if policy is None:
        present = policy_in_force(state)
        policy = parse_policy(present.document) if present else None
    if policy is None or row.key in (key.id for key in policy.keys):
        return True
    return origin in (own_log(lost).origin for lost in lost_logs(state))


def check_batchless(state: ManifestState) -> None:
    """Refuse a unit of no batch where a policy says which releases are burned.

    Raises:
        BurnerError: E459.
    """
    if policy_in_force(state):
        raise BurnerError(Code.BATCH_NOT_OPEN, "under a policy each unit is made in a batch")


def identity_of(title: str, digest: str, *, sealed: bool) -> ReleaseIdentity:
    """A release by its name and version, as records hold them."""
    product, _, version = title.partition(" ")
    return ReleaseIdentity(digest, product, version, sealed)


def is_sealed(entry: BatchOpened) -> bool:
    """Whether the release of a batch brings its product secret."""
    return bool(entry.index) and "sealed" in json.loads(entry.index)


def _statements(entry: BatchOpened) -> Iterator[SignedStatement]:
    for number, envelope in enumerate(entry.envelopes, 1):
        place = f"batch {entry.batch}: envelope {number}"
        signed = open_envelope(envelope.encode(), place)
        on_release = signed.statement.type in (PredicateType.RELEASE, PredicateType.APPROVAL)
        if signed.statement.digest != entry.release_digest or not on_release:
            raise BurnerError(Code.STATEMENT_OF_OTHER_RELEASE, place)
        yield signed


def _check_first(state: ManifestState, entry: PolicySet) -> None:
    if entry.envelope:
        raise inconsistent("the first policy of a log replaces none")
    check_same_policy(inherited_policy(state), entry.policy)


def _check_signed(envelope: str, wanted: Statement, keys: Iterable[PublicKey], code: Code) -> str:
    """That one of these keys signed just this; its id."""
    if not envelope:
        raise BurnerError(code, f"{wanted.digest[:16]}…: no signature")
    signed = open_envelope(envelope.encode(), "the record")
    if signed.statement != wanted:
        raise BurnerError(code, f"{wanted.digest[:16]}…: something else was signed")
    if signed.key not in keys:
        raise BurnerError(
            code, f"{wanted.digest[:16]}…: signed by {signed.name}, {signed.key.fingerprint}"
        )
    return signed.key.id


def _judge_open_batches(state: ManifestState, policy: StationPolicy) -> Iterator[Change]:
    """A new policy accepts the release of an open batch, or the batch takes no more units."""
    for row in state.rows(BatchRow, state=BATCH_OPEN):
        refused = False
        try:
            check_accepted(state, row, policy)
        except BurnerError:
            refused = True
        if refused != row.refused:
            yield row._replace(refused=refused)
