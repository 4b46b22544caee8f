"""A batch from the records: who is in it, how it stands, and its close.

Planned = pass + scrap + missing, over units by their last word: a unit that failed and was burned
again with success is one pass; one that failed, or was interrupted, and was not burned again is
missing until it is scrapped.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import quotas
from burner.manifest.canonical import utc
from burner.manifest.chain import Kind, Row
from burner.manifest.claims import CLOSED, OPEN
from burner.manifest.desk import Correction
from burner.manifest.given import decided
from burner.manifest.reader import Filter, Reader
from burner.manifest.standing import WHOLE, Window, changed, closing_of, standing
from burner.manifest.tables import batches, chains, records
from burner.manifest.writer import Writer
from burner.model import Outcome, warnings_in


@dataclass(frozen=True)
class BatchStatus:
    """How a batch stands. Units by their last attempt or correction, sorted."""

    batch: str
    state: str
    planned: int | None
    product_id: str
    profile: str
    release_digest: str
    attempts: int
    passed: tuple[str, ...]
    scrapped: tuple[str, ...]
    failed: tuple[str, ...]
    """The last attempt ended FAIL."""
    interrupted: tuple[str, ...]
    """The last attempt ended ERROR or ABORTED: the unit itself was not judged."""
    open: tuple[str, ...]
    """The last attempt has no outcome: still in work, or something died."""
    voided: tuple[str, ...]
    release_made: int | None = None
    """Units that the release has made or has in work, over all its batches; None: no limit."""
    release_allowed: int | None = None
    changed: tuple[str, ...] = ()
    """What became of it after its close, a sentence a unit."""

    @property
    def missing(self) -> int:
        """Units of the plan that are neither made nor scrapped."""
        if self.planned is None:
            return 0
        return max(0, self.planned - len(self.passed) - len(self.scrapped))

    @property
    def replaced(self) -> int:
        """Scrapped units beyond the plan: others were made in their place."""
        if self.planned is None:
            return 0
        return max(0, len(self.passed) + len(self.scrapped) - self.planned)

    def sum(self) -> str:
        """`300 planned = 297 pass + 2 scrap + 1 missing`."""
        planned = len(self.passed) + len(self.scrapped) if self.planned is None else self.planned
        scrap = len(self.scrapped) - self.replaced
        text = (
            f"{planned} planned = {len(self.passed)} pass + {scrap} scrap + {self.missing} missing"
        )
        return text + (f"; {self.replaced} more scrapped and replaced" if self.replaced else "")

    def counts(self) -> dict[str, Any]:
        """Numbers alone, for the record of the close."""
        return {
            "attempts": self.attempts,
            "failed": len(self.failed),
            "interrupted": len(self.interrupted),
            "missing": self.missing,
            "open": len(self.open),
            "pass": len(self.passed),
            "planned": self.planned,
            "scrap": len(self.scrapped),
            "void": len(self.voided),
        }


def warned(reader: Reader, batch: str) -> dict[str, int]:
    """Code of a warning → units of the batch in one of whose attempts it is on record."""
    units: dict[str, set[str]] = {}
    for attempt in reader.elements(Filter(batch=batch, manifest=reader.manifest)):
        for code in warnings_in(attempt["evidence"]):
            units.setdefault(code, set()).add(attempt["unit_id"])
    return {code: len(found) for code, found in sorted(units.items())}


def status(
    reader: Reader, batch: str, since: datetime | None = None, until: datetime | None = None
) -> BatchStatus:
    """How a batch stands.

    Args:
        reader: of the manifest.
        batch: which.
        since: only units tried at or after this time, by their attempts until then.
        until: only attempts before this time.

    Raises:
        BurnerError: E733 when the manifest knows no such batch; E7.
    """
    with reader.connection() as connection:
        window = Window(utc(since) if since else WHOLE.since, utc(until) if until else WHOLE.until)
        return _status(connection, batch, reader.manifest, window)


def _status(
    connection: Connection, batch: str, manifest: str, window: Window = WHOLE
) -> BatchStatus:
    row = connection.execute(select(batches).where(batches.c.batch == batch)).one_or_none()
    if row is None:
        raise BurnerError("E733", batch)
    attempts, words = standing(connection, batch, row.product_id, manifest, window)
    quota = quotas.quota(connection, row.release_digest)
    closed = closing_of(connection, batch, manifest) if row.state == CLOSED else None
    units: dict[str, list[str]] = {}
    for unit, word in sorted(words.items()):
        units.setdefault(word, []).append(unit)
    interrupted = (*units.get(Outcome.ERROR, ()), *units.get(Outcome.ABORTED, ()))
    return BatchStatus(
        batch=batch,
        state=row.state,
        planned=row.planned if window == WHOLE else None,
        product_id=row.product_id,
        profile=row.profile,
        release_digest=row.release_digest,
        attempts=attempts,
        passed=tuple(units.get(Outcome.PASS, ())),
        scrapped=tuple(units.get(Correction.SCRAP, ())),
        failed=tuple(units.get(Outcome.FAIL, ())),
        interrupted=tuple(sorted(interrupted)),
        open=tuple(units.get(Outcome.OPEN, ())),
        voided=tuple(units.get(Correction.VOID, ())),
        release_made=quota.taken if quota else None,
        release_allowed=quota.allowed if quota else None,
        changed=changed(connection, closed) if closed else (),
    )


def close(
    writer: Writer, reader: Reader, batch: str, operator: str, with_open: bool
) -> BatchStatus:
    """Close a batch: it takes no more units. The record says where every chain stood.

    Args:
        writer: of the station (or desk) at which it is closed.
        reader: the same manifest.
        batch: which.
        operator: who closes it.
        with_open: close although units are OPEN; they count as missing.

    Returns:
        The batch as it was closed.

    Raises:
        BurnerError: E459 it is closed already, E731 without operator, E733 unknown, E734 some
            units are OPEN; E7.
    """
    decided(f"batch {batch}", operator)
    counted: list[BatchStatus] = []

    def write(connection: Connection) -> Row:
        found, seen = _count(connection, writer, batch, with_open)
        counted.append(found)
        return _close(connection, writer, found, seen, operator)

    with writer.lock:
        writer.check_ready()
        if reader.batch(batch) is None:
            raise BurnerError("E733", batch)
        writer.commit(f"{batch} close", write)
    return counted[-1]


def _count(
    connection: Connection, writer: Writer, batch: str, with_open: bool
) -> tuple[BatchStatus, list[dict[str, Any]]]:
    """Close the batch's row, and count behind that: whoever takes a place needs the row.

    Returns:
        The count, and the heads that it is of.
    """
    closing = update(batches).where(batches.c.batch == batch, batches.c.state == OPEN)
    if connection.execute(closing.values(state=CLOSED)).rowcount != 1:
        raise BurnerError("E459", f"batch {batch} is closed already")
    seen, before = heads(connection), None
    while seen != before:  # other stations write on; of a record it is known whether it counts
        found = _status(connection, batch, writer.manifest)
        seen, before = heads(connection), seen
    check_closing(replace(found, state=OPEN), with_open)
    return found, seen


def check_closing(found: BatchStatus, with_open: bool) -> None:
    """What must hold before a batch is closed.

    Raises:
        BurnerError: E459 it is closed already, E714 more passed than were planned, E734 some units
            are OPEN.
    """
    batch, passed = found.batch, len(found.passed)
    if found.state == CLOSED:
        raise BurnerError("E459", f"batch {batch} is closed already")
    if found.open and not with_open:
        raise BurnerError("E734", f"{len(found.open)}: {', '.join(found.open[:10])}")
    if found.planned is not None and passed > found.planned:
        raise BurnerError("E714", f"batch {batch}: {passed} passed, {found.planned} were planned")


def _close(
    connection: Connection,
    writer: Writer,
    found: BatchStatus,
    seen: list[dict[str, Any]],
    operator: str,
) -> Row:
    data = {
        "op": CLOSED,
        "counts": found.counts(),
        "heads": seen,
        "open": list(found.open),
        "operator": operator,
        "product_id": found.product_id,
        "profile": found.profile,
        "release_digest": found.release_digest,
    }
    return writer.add(connection, Kind.BATCH, data, batch=found.batch, product_id=found.product_id)


def closing(reader: Reader, batch: str) -> dict[str, Any] | None:
    """The body of the record that closed a batch; None while it is open."""
    with reader.connection() as connection:
        return closing_of(connection, batch, reader.manifest)


def heads(connection: Connection) -> list[dict[str, Any]]:
    """Where every chain stands."""
    found = []
    for chain in connection.execute(select(chains).order_by(chains.c.chain)).all():
        last = (
            select(records.c.seq, records.c.hash)
            .where(records.c.chain == chain.chain)
            .order_by(records.c.seq.desc())
            .limit(1)
        )
        if row := connection.execute(last).first():
            head = {"manifest": chain.manifest, "station": chain.station}
            found.append({**head, "seq": row.seq, "hash": row.hash})
    return found
