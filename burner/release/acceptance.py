"""What a station accepts: released firmware, signed and approved by people whose keys it names.

Keys are compared by their bytes: a name or a key id says nothing. Pure: the station, the rules of
the log and QA's check all call this.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.release.envelope.dsse import SignedStatement, check_name
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.statement import PredicateType
from burner.release.version_order import is_comparable, is_older

POLICY_VERSION = 1
MOST_BYTES = 40 << 10
"""Of a policy's document in its record, which is shorter than 60,000 with its signature."""


class ReleaseIdentity(NamedTuple):
    """The facts of a release that a policy judges, beside its signatures."""

    digest: str
    product: str
    version: str
    sealed: bool
    """Whether it brings its product secret."""

    def __str__(self) -> str:
        return f"{self.product} {self.version}, {self.digest[:16]}…"


class Endorsements(NamedTuple):
    """Who signed a release and who approved it: ids of their keys."""

    signed: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()

    @classmethod
    def of(cls, statements: Iterable[SignedStatement]) -> "Endorsements":
        """The endorsements in statements whose signatures were verified."""
        made = [(statement.statement.type, statement.key.id) for statement in statements]
        return cls(
            tuple(sorted({key for kind, key in made if kind is PredicateType.RELEASE})),
            tuple(sorted({key for kind, key in made if kind is PredicateType.APPROVAL})),
        )


@dataclass(frozen=True)
class StationPolicy:
    """Which releases a station burns. Two policies are the same if their documents are."""

    signers: Mapping[str, PublicKey]
    """By name: one of them must have signed the release."""
    approvers: Mapping[str, PublicKey] = field(default_factory=dict)
    approvals: int = 0
    """So many approvers, with other keys than the signer, must have approved it."""
    minimum_versions: Mapping[str, str] = field(default_factory=dict)
    """By the name of the product."""
    withdrawn: tuple[str, ...] = ()
    """Digests of releases that are burned no more."""

    @property
    def document(self) -> str:
        """The policy as text, over which its digest is computed."""
        about = {
            "approvals": self.approvals,
            "approvers": {name: key.base64 for name, key in self.approvers.items()},
            "minimum_versions": dict(self.minimum_versions),
            "signers": {name: key.base64 for name, key in self.signers.items()},
            "v": POLICY_VERSION,
            "withdrawn": sorted(set(self.withdrawn)),
        }
        return canonical(about).decode()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the document."""
        return sha256(self.document.encode()).hexdigest()

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """Of all its people."""
        return (*self.signers.values(), *self.approvers.values())

    @property
    def people(self) -> dict[str, str]:
        """The id of each key → the name that this policy gives it."""
        return {key.id: name for name, key in (*self.approvers.items(), *self.signers.items())}

    def names_of(self, key_ids: Iterable[str]) -> list[str]:
        """The people behind ids of keys, as this policy calls them; an unknown key by its id."""
        people = self.people
        return [people.get(key_id, f"{key_id[:16]}…") for key_id in key_ids]

    def check(self, release: ReleaseIdentity, endorsements: Endorsements) -> None:
        """Refuse a release that this policy does not accept.

        Raises:
            BurnerError: E223 to E228, E234, E236.
        """
        if release.digest in self.withdrawn:
            raise BurnerError(Code.RELEASE_WITHDRAWN, f"{release}: by the station's policy")
        self._check_version(release)
        self.check_endorsements(release, endorsements)
        if not release.sealed:
            raise BurnerError(Code.RELEASE_NOT_SEALED, str(release))

    def check_endorsements(self, release: ReleaseIdentity, endorsements: Endorsements) -> None:
        """Refuse a release that the wrong people, or too few, signed or approved.

        Raises:
            BurnerError: E223 to E226.
        """
        signed, approved = endorsements
        if not signed:
            code = Code.RELEASE_SIGNATURE_MISSING if approved else Code.RELEASE_UNSIGNED
            raise BurnerError(code, str(release))
        signers = {key.id for key in self.signers.values()} & {*signed}
        if not signers:
            who = ", ".join(self.names_of(signed))
            detail = f"{release}: signed by {who}; accepted: {', '.join(self.signers)}"
            raise BurnerError(Code.SIGNER_NOT_ACCEPTED, detail)
        approvers = {key.id for key in self.approvers.values()} & {*approved}
        most = max(len(approvers - {signer}) for signer in signers)
        if most < self.approvals:
            detail = f"{release}: {most} of {counted(self.approvals, 'approval')}"
            raise BurnerError(Code.APPROVALS_MISSING, f"{detail}{self._why(signers, approvers)}")

    def _check_version(self, release: ReleaseIdentity) -> None:
        lowest = self.minimum_versions.get(release.product)
        if lowest is None:
            return
        if not is_comparable(release.version):
            raise BurnerError(Code.VERSION_NOT_COMPARABLE, f"{release}; at least {lowest}")
        if is_older(release.version, lowest):
            raise BurnerError(Code.RELEASE_BELOW_MINIMUM, f"{release}; at least {lowest}")

    def _why(self, signers: set[str], approvers: set[str]) -> str:
        """Whose approval does not count, and who can give one."""
        own = ""
        if signers <= approvers:  # one of them is needed as the signer
            own = (
                f"; {self.names_of(sorted(signers))[0]} signed it, so this approval does not count"
            )
        return f"{own}; approvers: {', '.join(self.approvers)}"


@lru_cache(maxsize=16)
def parse_policy(document: str) -> StationPolicy:
    """A policy from its document.

    Raises:
        ValueError: it is none, or not in its one form; the text says why.
    """
    try:
        about: dict[str, Any] = json.loads(document)
        policy = StationPolicy(
            signers=_keys(about["signers"]),
            approvers=_keys(about["approvers"]),
            approvals=int(about["approvals"]),
            minimum_versions={str(k): str(v) for k, v in about["minimum_versions"].items()},
            withdrawn=tuple(map(str, about["withdrawn"])),
        )
        same = policy.document == document
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no station policy: {type(error).__name__}") from None
    except BurnerError as error:
        raise ValueError(str(error)) from None
    if not same:
        raise ValueError("it is not in the form that burner writes")
    if reason := unusable(policy):
        raise ValueError(reason)
    return policy


def unusable(policy: StationPolicy) -> str:
    """Why a policy could accept no release, or not go on record; empty if it can."""
    if not policy.signers:
        return "it names no signer"
    for name in (*policy.signers, *policy.approvers):
        try:
            check_name(name)
        except ValueError as error:
            return f"{name!r}: {error}"
    approvers = {key.id for key in policy.approvers.values()}
    signers = {key.id for key in policy.signers.values()}
    most = max(len(approvers - {signer}) for signer in signers)
    if not 0 <= policy.approvals <= most:
        wanted = counted(policy.approvals, "approval")
        return f"{wanted} wanted, of {most} with other keys than the signer's"
    for product, version in policy.minimum_versions.items():
        if not is_comparable(version):
            return f"minimum version {version!r} of {product} cannot be compared"
    size = len(canonical({"document": policy.document}))
    return f"{size} bytes, at most {MOST_BYTES}: name fewer" if size > MOST_BYTES else ""


def _keys(by_name: Mapping[str, str]) -> dict[str, PublicKey]:
    return {str(name): PublicKey.from_base64(key) for name, key in by_name.items()}
