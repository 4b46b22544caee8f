"""Station policies and withdrawn releases, put on record."""

from collections.abc import Callable

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.entries.release_kinds import PolicySet, ReleaseWithdrawn
from burner.manifest.fold.policies import (
    inherited_policy,
    policy_change,
    policy_in_force,
    withdrawal,
)
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.first_policy import policy_fields
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason
from burner.release.acceptance import StationPolicy, parse_policy
from burner.release.envelope.statement import Statement

Sign = Callable[[Statement], bytes]
"""Signs a statement: the envelope."""
TAKEN_OVER = "the policy of the log that this one continues"


def take_over_policy(ledger: Ledger, operator: str) -> None:
    """Give a log that continues a lost one the policy of that log.

    Raises:
        BurnerError: E7.
    """

    def make(state: TableState) -> list[AnyEntry]:
        lost = inherited_policy(state)
        if lost is None or policy_in_force(state):
            return []
        return [
            ledger.new_entry(
                PolicySet, **policy_fields(parse_policy(lost.document), operator, TAKEN_OVER)
            )
        ]

    ledger.append(make)


def change_policy(
    ledger: Ledger, policy: StationPolicy, sign: Sign | None, *, operator: str, reason: str
) -> int:
    """Put a policy on record; one of the signers of the present policy signs that.

    Args:
        ledger: of the log.
        policy: the new one.
        sign: signs with the key of such a person; None: the log has no policy yet.
        operator: who puts it on record.
        reason: why.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E731 without operator or reason, E763 nobody signs, or nobody who may, E766
            it is in force already; E7.
    """
    require_operator_and_reason(f"policy {policy.digest[:16]}…", operator, reason)
    present = ledger.reader.policy()
    envelope = ""
    if present:
        if present.digest == policy.digest:
            raise BurnerError(Code.POLICY_IN_FORCE, f"since record {present.number}")
        if sign is None:
            names = ", ".join(parse_policy(present.document).signers)
            raise BurnerError(Code.POLICY_CHANGE_NOT_SIGNED, f"no --signer; signers: {names}")
        envelope = sign(policy_change(ledger.origin, present, policy.digest)).decode()
    fields = policy_fields(policy, operator, reason, envelope)
    entry = ledger.new_entry(PolicySet, **fields)
    (number,) = ledger.append(lambda _: [entry])
    return number


def withdraw_release(
    ledger: Ledger,
    digest: str,
    name: str,
    sign: Sign | None,
    *,
    operator: str,
    reason: str,
) -> int:
    """Withdraw a release: no more units are made of it.

    Args:
        ledger: of the log.
        digest: of the release.
        name: its name and version, for people; empty: not known.
        sign: signs with the key of a signer or approver; None: the log has no policy.
        operator: who withdraws it.
        reason: why.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E228 it was withdrawn before, E731 without operator or reason, E767 nobody
            signs, or nobody who may; E7.
    """
    require_operator_and_reason(f"release {digest[:16]}…", operator, reason)
    envelope = ""
    if present := ledger.reader.policy():
        if sign is None:
            policy = parse_policy(present.document)
            names = ", ".join({**policy.signers, **policy.approvers})
            raise BurnerError(
                Code.WITHDRAWAL_NOT_SIGNED, f"no --signer; signers and approvers: {names}"
            )
        envelope = sign(withdrawal(ledger.origin, digest, reason)).decode()
    entry = ledger.new_entry(
        ReleaseWithdrawn,
        release_digest=digest,
        release=name,
        envelope=envelope,
        operator=operator,
        reason=reason,
    )
    (number,) = ledger.append(lambda _: [entry])
    return number
