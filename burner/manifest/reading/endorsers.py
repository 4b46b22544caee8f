"""Who signed or approved, by an envelope on record; its signature is checked again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchApproved, kind_of
from burner.manifest.entries.release_kinds import PolicySet
from burner.manifest.entries.values import moment, utc
from burner.manifest.fold.first_article import approver_names, open_approval
from burner.manifest.fold.rows import NEVER, BatchRow
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import RARE, records
from burner.release.acceptance import parse_policy
from burner.release.envelope.dsse import SignedStatement


@dataclass(frozen=True)
class EvidenceFile:
    """A file by which somebody judged a release."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Endorser:
    """Who signed or approved, and what was said."""

    name: str
    """As the station policy, or the batch, names the key; without one, as the signer wrote it.
    Empty: the policy does not name the key."""
    fingerprint: str
    """Of the public key."""
    at: str = ""
    """When, by the signer's clock, in UTC; empty: not said."""
    note: str = ""
    evidence: tuple[EvidenceFile, ...] = ()
    units: tuple[str, ...] = ()
    """Of a first article."""


def endorser_of(signed: SignedStatement, people: Mapping[str, str] | None = None) -> Endorser:
    """Who signed an envelope, and what was said: whoever signs may say anything in any form.

    Args:
        signed: the envelope, opened.
        people: id of a key → name, from a policy or a batch; None: there is none.
    """
    predicate: Mapping[str, Any] = signed.statement.predicate
    return Endorser(
        name=signed.name if people is None else people.get(signed.key.id, ""),
        fingerprint=signed.key.fingerprint,
        at=_moment(predicate.get("at")),
        note=str(predicate.get("note", "")),
        evidence=tuple(_files(predicate.get("evidence"))),
        units=tuple(map(str, _listed(predicate.get("units")))),
    )


def policy_people(connection: Connection, policy: str, log: int) -> dict[str, str]:
    """The id of each key → its name, of a policy that is, or was, in force in a log.

    Raises:
        BurnerError: E714 it is not on record; E7.
    """
    numbers = select(records.c.number).where(RARE, records.c.log == log)
    for (number,) in connection.execute(numbers.where(records.c.kind == kind_of(PolicySet))):
        entry = entry_at(connection, number, log)
        if isinstance(entry, PolicySet) and entry.policy == policy:
            return parse_policy(entry.document).people
    raise inconsistent("a batch names a policy that is not on record")


def _moment(at: object) -> str:
    """The moment in UTC; empty: it is none."""
    try:
        return utc(moment(str(at)))
    except (ValueError, OverflowError):  # no time, without a zone, or before the year 1
        return ""


def _files(evidence: object) -> Iterator[EvidenceFile]:
    for row in _listed(evidence):
        match row:
            case {"name": str(name), "sha256": str(sha256)}:
                yield EvidenceFile(name, sha256)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def approval_on_record(connection: Connection, row: BatchRow, log: int) -> Endorser | None:
    """The approval of a first article; None: there is none.

    Raises:
        BurnerError: E216, E217, E245 its envelope is damaged; E7.
    """
    if row.approved == NEVER:
        return None
    entry = entry_at(connection, row.approved, log)
    if not isinstance(entry, BatchApproved):
        raise inconsistent(f"record {row.approved} approves no first article")
    return endorser_of(open_approval(entry.envelope), approver_names(row))


def approval_of_unit(connection: Connection, batch: str, unit_id: str, log: int) -> Endorser | None:
    """The approval of the first article of a batch, if this unit is one of it.

    Raises:
        BurnerError: E216, E217, E245 its envelope is damaged; E7.
    """
    row = TableState(connection, log).get(BatchRow, batch)
    approval = approval_on_record(connection, row, log) if row else None
    return approval if approval and unit_id in approval.units else None
