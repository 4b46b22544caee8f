"""What stands behind a batch: who signed and who approved its release, and its first article.

It is taken from the envelopes on record. Their signatures are checked again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.fold.policies import Withdrawal, find_withdrawal
from burner.manifest.fold.rows import BATCH_OPEN, BatchRow
from burner.manifest.reading.cloud_status import CloudStatus, cloud_status
from burner.manifest.reading.endorsers import (
    Endorser,
    approval_on_record,
    endorser_of,
    policy_people,
)
from burner.manifest.reading.reader import ManifestReader, log_of_batch
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.table_state import TableState
from burner.release.envelope.dsse import SignedStatement, open_envelope
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.statement import PredicateType


@dataclass(frozen=True)
class FirstArticleStatus:
    """The first article of a batch."""

    units: int
    """How many were asked for."""
    approvers: tuple[Endorser, ...]
    """Who may approve it."""
    approval: Endorser | None
    """None: it is not approved."""
    is_open: bool = True
    """Whether the batch can still be approved."""


@dataclass(frozen=True)
class ReleaseEvidence:
    """What stands behind a batch."""

    signed: tuple[Endorser, ...]
    approved: tuple[Endorser, ...]
    policy: str
    """Digest of the station's policy; empty: none."""
    quantity: int | None
    """Units that the release may make over all its batches; None: any number."""
    limits: Mapping[str, Any]
    """Its other limits, as `BatchLimits`; empty: none."""
    documents: Mapping[str, str]
    """`sbom`, `notes` → SHA-256."""
    first_article: FirstArticleStatus | None
    withdrawal: Withdrawal | None = None
    """Who withdrew the release; None: nobody."""
    challenged: bool = False
    """Whether every unit that passed has answered the station's challenge."""
    tests: tuple[str, ...] = ()
    """Tests that every unit that passed has passed, with good values; empty: its release has none.
    """
    sealed: bool = False
    """Whether the release is sealed for its stations."""
    cloud: CloudStatus | None = None
    """What the batch asks of the cloud platform; None: nothing is known."""

    @property
    def needs_people(self) -> bool:
        """Whether it matters who signed and who approved, also where nobody did."""
        people = self.signed or self.approved or self.first_article
        return bool(people or self.policy or self.sealed)

    def __bool__(self) -> bool:
        """Whether there is any."""
        of_release = self.quantity is not None or self.limits or self.documents
        known = self.withdrawal or self.challenged or self.tests or self.cloud
        return bool(self.needs_people or of_release or known)


def release_evidence(reader: ManifestReader, batch: str) -> ReleaseEvidence:
    """What stands behind a batch.

    Raises:
        BurnerError: E216, E217, E245 an envelope on record is damaged, E714 it is of another
            release; E733 no such batch; E7.
    """
    with reader.connection() as connection:
        log = log_of_batch(connection, batch)
        row = TableState(connection, log).get(BatchRow, batch)
        if row is None:
            raise BurnerError(Code.BATCH_UNKNOWN, batch)
        opened = entry_at(connection, row.opened, log)
        if not isinstance(opened, BatchOpened):
            raise inconsistent(f"record {row.opened} opens no batch")
        people = policy_people(connection, opened.policy, log) if opened.policy else None
        approval = approval_on_record(connection, row, log)
        withdrawal = find_withdrawal(TableState(connection), row.release_digest)
        cloud = cloud_status(connection, row, log)
    statements = [_statement(text, row) for text in opened.envelopes]
    index = json.loads(opened.index) if opened.index else {}
    return ReleaseEvidence(
        signed=_endorsers(statements, PredicateType.RELEASE, people),
        approved=_endorsers(statements, PredicateType.APPROVAL, people),
        policy=opened.policy,
        quantity=opened.release_quantity,
        limits=opened.limits.plain() if opened.limits else {},
        documents=index.get("documents", {}),
        first_article=_first_article(opened, approval, is_open=row.state == BATCH_OPEN),
        withdrawal=withdrawal,
        challenged=row.challenged,
        tests=tuple(json.loads(row.tests or "{}")),
        sealed="sealed" in index,
        cloud=cloud or None,
    )


def _statement(envelope: str, row: BatchRow) -> SignedStatement:
    signed = open_envelope(envelope.encode(), f"batch {row.batch}")
    if signed.statement.digest != row.release_digest:
        raise inconsistent(f"batch {row.batch}: an envelope is of another release")
    return signed


def _endorsers(
    statements: Sequence[SignedStatement], kind: PredicateType, people: Mapping[str, str] | None
) -> tuple[Endorser, ...]:
    of_kind = (signed for signed in statements if signed.statement.type is kind)
    return tuple(endorser_of(signed, people) for signed in of_kind)


def _first_article(
    opened: BatchOpened, approval: Endorser | None, *, is_open: bool
) -> FirstArticleStatus | None:
    article = opened.first_article
    if article is None:
        return None
    keys = {name: PublicKey.from_base64(text) for name, text in article.approvers.items()}
    approvers = tuple(Endorser(name, key.fingerprint) for name, key in keys.items())
    return FirstArticleStatus(article.units, approvers, approval, is_open)
