"""The writer of the manifest: intent before the first byte, outcome after, nothing ever changed.

At most three commits a unit (`begin`, sometimes `bind`, `finish`), each one durable transaction
that holds the record, its claim of a name and its place in the batch together.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Row as SqlRow
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import claims, order, quotas, twins
from burner.manifest.batch_terms import BatchTerms, what_differs
from burner.manifest.bodies import Data, attempt_data, changed, result_data
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind, Row
from burner.manifest.database import place, together
from burner.manifest.desk import checkpoint
from burner.manifest.given import check_batch_id, one_line
from burner.manifest.history import UnitHistory
from burner.manifest.reader import Reader
from burner.manifest.signing.keys import Signer
from burner.manifest.writer import Clock, Writer
from burner.model import Attempt, Outcome, Record, Result

EVERY = 1000
"""Records between checkpoints."""

EVERYWHERE = ("id", "rework", "slot", "started", "try_number")
"""Stand in every record of an attempt, so that reports need not read intents."""


@dataclass
class _Work:
    """An attempt between its intent and its outcome."""

    intent: int
    data: Data
    unit_id: str
    device_name: str
    batch: str
    claimed: bool
    nth: int
    bound: bool = False
    """Whether what only the boot told was claimed: once an attempt."""


class Ledger:
    """The manifest as a station writes it; shared by all its slots. Thread-safe."""

    def __init__(
        self, writer: Writer, reader: Reader, signer: Signer | None = None, every: int = EVERY
    ) -> None:
        self.writer, self.reader = writer, reader
        self._working: dict[str, _Work] = {}
        self._signer, self._every = signer, every
        self._sealed = writer.head.seq

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        station: str,
        clock: Clock | None = None,
        *,
        signer: Signer | None = None,
        every: int = EVERY,
        remembers: bool = True,
    ) -> Self:
        """Open the manifest for one station; a SQLite file is made when it is missing.

        Args:
            url_or_path: a path, or `postgresql+psycopg://…`.
            station: id of this station; one process may write for it at a time.
            clock: now, for tests.
            signer: signs a checkpoint every so many records and when the ledger is closed
                (`keys.signer_for(station)`); None = no checkpoints.
            every: records between checkpoints.
            remembers: whether the place counts as one where this computer writes the manifest
                that is there (E710 when it is gone); not for a simulated bench.

        Raises:
            BurnerError: E7 — E702 not a manifest, E703 from a newer burner, E704 station in use,
                E705 disk, E706 permission, E708 damaged, E710 an old copy, another or none, E711 no
                server.
        """
        where = place(url_or_path)
        writer = Writer(where, station, clock, remembers=remembers)
        writer.open()
        try:
            return cls(writer, Reader(where), signer, every)
        except BaseException:
            writer.close()
            raise

    def close(self) -> None:
        """Sign what is not signed yet; let go of the database and of the station's lock."""
        try:
            with self.writer.lock:
                if self._signer and self.writer.head.seq > self._sealed:
                    self._seal("the station closed the manifest")
        finally:
            self.reader.close()
            self.writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def manifest(self) -> str:
        """Identity of this manifest."""
        return self.writer.manifest

    # -- one unit --------------------------------------------------------------------------------

    def begin(self, attempt: Attempt) -> None:
        """Intent, name (when it is known) and place, durable before the first byte is written.

        Raises:
            BurnerError: E426, E433 an ID is another unit's, E450 the name is, E451 and E452 the
                batch is full, E454 the unit is in work in another slot, E459 the batch is not
                open, E460 and E461 the release has made all it may; E7.
        """
        if not attempt.unit_id or attempt.station != self.writer.station:
            raise BurnerError("E716", f"attempt {attempt.id} has no unit, or another station")
        data = attempt_data(attempt)
        with self.writer.lock:
            self.writer.check_ready()
            self._refuse_second_slot(attempt)
            row = self.writer.commit(
                f"{attempt.id} intent", lambda connection: self._intend(connection, attempt, data)
            )
            self._working[attempt.id] = _Work(
                intent=row.head.seq,
                data=data,
                unit_id=attempt.unit_id,
                device_name=attempt.device_name,
                batch=attempt.batch,
                claimed=bool(attempt.device_name),
                nth=loads(row.body)["data"]["nth"],
            )

    def bind(self, attempt: Attempt) -> None:
        """Claim what only the booted unit told: its name, or IDs beside a name it had before.

        Raises:
            BurnerError: E426, E433 an ID is another unit's, E450 the name is; E7.
        """
        with self.writer.lock:
            work = self._working.get(attempt.id)
            if work is None or work.bound or not _may_bind(attempt, work):
                raise BurnerError("E716", f"attempt {attempt.id} cannot take a name now")
            self.writer.commit(
                f"{attempt.id} claim", lambda connection: self._bind(connection, attempt, work)
            )
            work.data = attempt_data(attempt)
            work.device_name, work.claimed, work.bound = attempt.device_name, True, True

    def finish(self, attempt: Attempt, result: Result) -> Record:
        """The outcome; also of an attempt that never began (a dead slot counts no unit).

        Raises:
            BurnerError: E716 a PASS without an intent or with a name that was not claimed; E7.
        """
        with self.writer.lock:
            work = self._working.get(attempt.id)
            if result.outcome is Outcome.PASS and not _earned(attempt, work):
                raise BurnerError("E716", f"attempt {attempt.id} passed without its intent or name")
            row = self.writer.commit(
                f"{attempt.id} outcome",
                lambda connection: self._end(connection, attempt, result, work),
            )
            self._working.pop(attempt.id, None)
            if self._signer and row.head.seq - self._sealed >= self._every:
                # The outcome is safe; a checkpoint that fails is made after the next one.
                with suppress(BurnerError):
                    self._seal(f"every {self._every} records")
        return Record(row.head.intent, attempt, result)

    def unit(self, unit_id: str, product_id: str) -> UnitHistory:
        """What the manifest knows of a unit under a product.

        Raises:
            BurnerError: E7.
        """
        return self.reader.unit(unit_id, product_id)

    def _seal(self, reason: str) -> None:
        assert self._signer is not None  # noqa: S101 - asked by every caller
        checkpoint(self.writer, self._signer, reason)
        self._sealed = self.writer.head.seq

    # -- a batch ---------------------------------------------------------------------------------

    def batch(self, batch: str) -> SqlRow[Any] | None:
        """What the manifest holds of a batch (planned, taken, state), None when it is new."""
        return self.reader.batch(batch)

    def open_batch(
        self,
        batch: str,
        *,
        profile: str,
        release_digest: str,
        product_id: str,
        planned: int | None = None,
        quantity: int | None = None,
        operator: str = "",
        index: str = "",
        key: str = "",
    ) -> None:
        """Open a batch, or go on with one that is open for the same release.

        Args:
            batch: its id, the work order.
            profile: name and version.
            release_digest: what every unit gets.
            product_id: the product.
            planned: units to be made; None = no limit, or whatever it was opened with.
            quantity: units that the release may make, over all its batches in this manifest
                (an imported one keeps its own count); None = no limit of its own.
            operator: who opens it.
            index: what `release_digest` is of, as canonical JSON; empty = not known.
            key: fingerprint of the product secret; empty = not known.

        Raises:
            BurnerError: E459 it is closed, E460 the release has made more than `quantity`, E463 its
                good units carry another key, E730 it is open for another release or quantity,
                E737 its id cannot name a folder, E738 a text is more than a line; E7.
        """
        facts = {"product_id": product_id, "profile": profile, "release_digest": release_digest}
        terms = BatchTerms(profile, product_id, release_digest, planned, index, key)
        with self.writer.lock:
            self.writer.check_ready()
            if self._goes_on(batch, terms):
                self._hold_to(batch, facts, quantity, operator)
                return
            check_batch_id(batch)
            one_line(operator=operator, **facts)
            known = {name: text for name, text in (("index", index), ("key", key)) if text}
            said = {"operator": operator, "quantity": quantity, **facts, **known}
            data = {"op": claims.OPEN, "planned": planned, **said}
            try:
                self.writer.commit(
                    f"{batch} open", lambda connection: self._open_batch(connection, batch, data)
                )
            except _LostRaceError:
                self._goes_on(batch, terms)
                self._hold_to(batch, facts, quantity, operator)

    def _hold_to(
        self, batch: str, facts: dict[str, str], quantity: int | None, operator: str
    ) -> None:
        """A batch that was opened by hand did not say how many the release may make."""
        digest = facts["release_digest"]
        if quantity is None or ((held := self.reader.quota(digest)) and held.allowed == quantity):
            return
        data = {"op": claims.LIMIT, "operator": operator, "quantity": quantity, **facts}

        def write(connection: Connection) -> Row:
            quotas.limit(connection, digest, quantity)
            where = {"batch": batch, "product_id": facts["product_id"]}
            return self.writer.add(connection, Kind.BATCH, data, **where)

        self.writer.commit(f"{batch} limit {quantity}", write)

    def _goes_on(self, batch: str, terms: BatchTerms) -> bool:
        row = self.reader.batch(batch)
        if row is None:
            return False
        if row.state == claims.CLOSED:
            raise BurnerError("E459", f"batch {batch} is closed")
        before = self.reader.key_of_good_units(batch)
        if before and terms.key and before != terms.key:
            raise BurnerError("E463", f"batch {batch}: theirs {before}, this one {terms.key}")
        there = BatchTerms.of_record(self.reader.data_of(row.chain, row.seq))
        if different := what_differs(there, terms):
            raise BurnerError("E730", f"batch {batch} was opened for another {different}")
        return True

    def _open_batch(self, connection: Connection, batch: str, data: dict[str, Any]) -> Row:
        facts = {key: data[key] for key in ("product_id", "profile", "release_digest", "planned")}
        where = {"chain": self.writer.chain, "seq": self.writer.next_seq}
        if not claims.open_once(
            connection, batch=batch, taken=0, state=claims.OPEN, **facts, **where
        ):
            raise _LostRaceError
        if data["quantity"] is not None:
            quotas.limit(connection, data["release_digest"], data["quantity"])
        return self.writer.add(
            connection, Kind.BATCH, data, batch=batch, product_id=data["product_id"]
        )

    # -- the records -----------------------------------------------------------------------------

    def _refuse_second_slot(self, attempt: Attempt) -> None:
        if any(work.unit_id == attempt.unit_id for work in self._working.values()):
            raise BurnerError("E454", f"unit {attempt.unit_id}")

    def _intend(self, connection: Connection, attempt: Attempt, data: Data) -> Row:
        where = self._where(attempt)
        twins.refuse(connection, attempt, data["ids"])
        name = {"device_name": attempt.device_name, "product_id": attempt.product_id}
        taking = claims.Taking(connection, where, **name, batch=attempt.batch)
        of_unit = {"unit": attempt.unit_id, "product": attempt.product_id}
        with together(connection):
            taking.ask()
            # Behind what may wait for another station, so that its attempt is seen.
            found = order.LATEST.run(connection, **of_unit)
        latest = order.latest_of(found)
        body = {"attempt": data, "nth": latest.nth + 1, "supersedes": [*latest.supersedes]}
        head = {**_head(attempt), "claims": taking.new_name(), "intent": where["seq"]}
        with together(connection):
            taking.count()
            claims.remember_ids(connection, data["ids"], **where)
            row = self.writer.add(connection, Kind.INTENT, body, **head)
        taking.settle()
        return row

    def _bind(self, connection: Connection, attempt: Attempt, work: _Work) -> Row:
        data = _added(work, attempt)
        where, ids = self._where(attempt), data.get("ids", {})
        twins.refuse(connection, attempt, ids)
        name = {"device_name": attempt.device_name, "product_id": attempt.product_id}
        taking = claims.Taking(connection, where, **name)
        taking.ask()
        claims.remember_ids(connection, ids, **where)
        head = {**_head(attempt), "claims": taking.new_name(), "intent": work.intent}
        return self.writer.add(connection, Kind.CLAIM, {"attempt": data}, **head)

    def _end(
        self, connection: Connection, attempt: Attempt, result: Result, work: _Work | None
    ) -> Row:
        passed = result.outcome is Outcome.PASS
        data = {
            "attempt": _added(work, attempt) if work else attempt_data(attempt),
            "nth": work.nth if work else _follows(connection, attempt),
            "result": result_data(result),
        }
        head = {
            **_head(attempt),
            "intent": work.intent if work else self.writer.next_seq,
            "outcome": result.outcome.value,
        }
        chain = self.writer.chain
        held = (work.batch, work.unit_id, chain, work.intent) if work and work.batch else None
        if held and not passed:
            claims.give_place_back(connection, *held)
        with together(connection):
            if held and passed:
                claims.keep_place(connection, *held)
            return self.writer.add(connection, Kind.OUTCOME, data, **head)

    def _where(self, attempt: Attempt) -> dict[str, Any]:
        """The record about to be written, and whose."""
        chain, seq = self.writer.chain, self.writer.next_seq
        return {"unit_id": attempt.unit_id, "chain": chain, "seq": seq}


class _LostRaceError(Exception):
    """Another station opened the batch between our look and our write."""


def _follows(connection: Connection, attempt: Attempt) -> int:
    """An attempt that never began is none on the unit: behind which one it comes."""
    if not attempt.unit_id:
        return 0
    return order.latest(connection, attempt.unit_id, attempt.product_id).nth


def _may_bind(attempt: Attempt, work: _Work) -> bool:
    same = not work.claimed or work.device_name == attempt.device_name
    return bool(attempt.device_name) and same


def _earned(attempt: Attempt, work: _Work | None) -> bool:
    return work is not None and work.device_name == attempt.device_name


def _added(work: _Work, attempt: Attempt) -> Data:
    """What is new since the intent, and what stands in every record of an attempt."""
    data = attempt_data(attempt)
    return {**{key: data[key] for key in EVERYWHERE}, **changed(work.data, data)}


def _head(attempt: Attempt) -> dict[str, Any]:
    return {
        "batch": attempt.batch,
        "device_name": attempt.device_name,
        "product_id": attempt.product_id,
        "unit_id": attempt.unit_id,
    }
