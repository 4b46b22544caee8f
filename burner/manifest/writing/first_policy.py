"""The record by which a log gets its first policy: that of the station that opens a batch."""

from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.policies import check_same_policy, policy_in_force
from burner.release.acceptance import StationPolicy

FIRST = "the first policy of this log"


def first_policy(
    state: ManifestState, policy: StationPolicy | None, operator: str
) -> dict[str, str] | None:
    """The fields of that record; None: the log has the policy of the station, or both have none.

    Raises:
        BurnerError: E764, E765 the log has another policy than the station.
    """
    present = policy_in_force(state)
    check_same_policy(present, policy.digest if policy else "")
    return policy_fields(policy, operator, FIRST) if policy and not present else None


def policy_fields(
    policy: StationPolicy, operator: str, reason: str, envelope: str = ""
) -> dict[str, str]:
    """The fields of a record that sets a policy."""
    return {
        "policy": policy.digest,
        "document": policy.document,
        "envelope": envelope,
        "operator": operator,
        "reason": reason,
    }
