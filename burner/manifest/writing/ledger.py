"""Attempts and batches as a station records them: the intent before the first byte is erased, the
outcome at the end. Two commits a unit; three where the name comes from the booted unit.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from burner.core.attempt import Attempt, Outcome, Record, Result
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import PromptPassphrase
from burner.manifest.entries.attempts import attempt_facts, result_facts
from burner.manifest.entries.entry import Entry
from burner.manifest.entries.errors import out_of_order
from burner.manifest.entries.kinds import (
    AnyEntry,
    BatchChanged,
    BatchOpened,
    Intent,
    NameBound,
    OutcomeEntry,
    is_simulated,
)
from burner.manifest.entries.release_kinds import PolicySet
from burner.manifest.fold.batches import require_open
from burner.manifest.fold.first_article import refuse_before_approval
from burner.manifest.fold.policies import check_accepted
from burner.manifest.fold.rows import BATCH_OPEN, BatchRow
from burner.manifest.local.keys import sponsors, station_signer
from burner.manifest.local.station_key import Beginning, MakeSigner
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_history import UnitHistory
from burner.manifest.store.place import manifest_place, place_exists
from burner.manifest.store.table_state import TableState
from burner.manifest.store.writer import KEEP_EVERY, Clock, LogWriter, Make
from burner.manifest.writing.batch_id import check_batch_id
from burner.manifest.writing.batch_terms import BatchTerms, describe_differences
from burner.manifest.writing.first_policy import first_policy
from burner.manifest.writing.operator_text import check_one_line, require_operator_and_reason
from burner.release.acceptance import StationPolicy

E = TypeVar("E", bound=Entry)


class Ledger:
    """A manifest opened by a station, for all its slots. Thread-safe."""

    def __init__(
        self, writer: LogWriter, reader: ManifestReader, policy: StationPolicy | None = None
    ) -> None:
        self.writer, self.reader, self.policy = writer, reader, policy
        self._working: dict[str, tuple[int, Attempt]] = {}
        """Attempt id → number of its intent, and the attempt as it was last recorded."""

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        station: str,
        clock: Clock | None = None,
        *,
        make_signer: MakeSigner | None = None,
        prompt_passphrase: PromptPassphrase | None = None,
        keep_every: int = KEEP_EVERY,
        simulated: bool | None = None,
        begins: Beginning | None = None,
        policy: StationPolicy | None = None,
    ) -> Self:
        """Open the manifest for one station; a SQLite file is made when it is missing.

        Args:
            url_or_path: a path, or `postgresql+psycopg://…`.
            station: id of this station; only one process at a time may write for it.
            clock: gives the time; for tests.
            make_signer: gives the station's key; None: from the state folder, made when missing.
            prompt_passphrase: asks the operator for the passphrase of that key, where it has one.
            keep_every: records between checkpoints that are kept for ever.
            simulated: whether the units are those of a simulated bench; this computer does not
                remember such a log. None: no unit is burned.
            begins: what a new log says that replaces a lost one; its file is moved there later.
            policy: of this station; None: it has none.

        Raises:
            BurnerError: E753 real and simulated units would mix; E7, see `LogWriter.open`.
        """

        def check_begun(entry: AnyEntry) -> None:
            if simulated not in (None, is_simulated(entry)):
                of = "real units" if simulated else "a simulated bench"
                raise BurnerError(Code.SIMULATED_AND_REAL_MIXED, f"{where}: of {of}")

        where = manifest_place(url_or_path)
        place_exists(where)  # a path that is not a file is refused before a key is made
        signer = make_signer or station_signer(station, prompt_passphrase)
        writer = LogWriter(
            where,
            station,
            signer,
            clock,
            keep_every=keep_every,
            remembers=not simulated and not (begins and where.path),
            begins=begins,
            sponsors=sponsors(station),
            check_begun=check_begun,
        )
        writer.open()
        try:
            return cls(writer, ManifestReader(where), policy)
        except BaseException:
            writer.close()
            raise

    def close(self) -> None:
        """Keep the last checkpoint for ever; release the database and the station's lock."""
        try:
            with suppress(BurnerError):  # a server that is gone: the next run keeps one
                self.writer.keep_head()
        finally:
            self.reader.close()
            self.writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def origin(self) -> str:
        """Name of this log."""
        return self.writer.origin

    def new_entry(self, kind: Callable[..., E], **fields: Any) -> E:
        """A new record of this station, with time and nonce."""
        return kind(**self.writer.stamp(), **fields)

    def append(self, make: Make, *, key: str = "") -> tuple[int, ...]:
        """Append records that are no attempts: decisions of people, or an import.

        After E711 they may be on record or not: look before you append them again, or do it with
        the same key.

        Args:
            make: makes the records from the state before them.
            key: as in `LogWriter.commit`.

        Returns:
            Their numbers.

        Raises:
            BurnerError: the rule that one of them breaks; E7.
        """
        with self.writer.lock:
            self.writer.check_ready()
            return self.writer.commit(make, key=key)

    # -- one unit --------------------------------------------------------------------------------

    def begin(self, attempt: Attempt) -> None:
        """Record the intent: it takes the name (if known), the IDs and a place, durably.

        Raises:
            BurnerError: E426, E433 an ID is another unit's, E450 the name is; E451, E452 the batch
                is full, E459 it is not open, E460 and E461 the release has made all it may, E463
                it is of another product key; E454 the unit is in work in another slot, E464 it is
                scrapped; E237, E238, E239, E241 outside of the limits of the release, E242, E243
                the first article is not approved; E816, E817 the preflight is missing or bad,
                E818 the cloud platform is not known to have the name; E7.
        """
        if not attempt.unit_id or attempt.station != self.writer.station:
            raise out_of_order(f"attempt {attempt.id} has no unit, or another station")
        with self.writer.lock:
            self.writer.check_ready()
            if any(work.unit_id == attempt.unit_id for _, work in self._working.values()):
                raise BurnerError(Code.UNIT_IN_WORK, f"unit {attempt.unit_id}")
            facts = attempt_facts(attempt)
            (number,) = self.writer.commit(
                lambda _: [self.new_entry(Intent, **_unit_fields(attempt), attempt=facts)],
                key=f"{attempt.id} intent",
            )
            self._working[attempt.id] = number, attempt

    def bind(self, attempt: Attempt) -> None:
        """Record what the booted unit reported: its name, or further IDs.

        Raises:
            BurnerError: E426, E433 an ID is another unit's, E450 the name is; E818; E7.
        """
        with self.writer.lock:
            if attempt.id not in self._working:
                raise out_of_order(f"attempt {attempt.id} cannot take a name now")
            number, _ = self._working[attempt.id]
            facts = attempt_facts(attempt)
            bound = {"intent": number, "device_name": facts.device_name, "ids": facts.ids}
            self.writer.commit(
                lambda _: [self.new_entry(NameBound, **_unit_fields(attempt), **bound)],
                key=f"{attempt.id} name",
            )
            self._working[attempt.id] = number, attempt

    def finish(self, attempt: Attempt, result: Result) -> Record:
        """Record the outcome; also of an attempt without an intent (a silent slot).

        Raises:
            BurnerError: E716 a PASS without an intent, or with a name it did not take; E7.
        """
        with self.writer.lock:
            intent, recorded = self._working.get(attempt.id, (None, None))
            if result.outcome is Outcome.PASS and intent is None:
                raise out_of_order(f"attempt {attempt.id} passed without its intent")
            unchanged = recorded is not None and attempt_facts(attempt) == attempt_facts(recorded)
            facts = None if unchanged else attempt_facts(attempt)
            (number,) = self.writer.commit(
                lambda _: [
                    self.new_entry(
                        OutcomeEntry,
                        **_unit_fields(attempt),
                        attempt=facts,
                        intent=intent,
                        result=result_facts(result),
                    )
                ],
                key=f"{attempt.id} outcome",
            )
            self._working.pop(attempt.id, None)
        return Record(number if intent is None else intent, attempt, result)

    def unit(self, unit_id: str, product_id: str) -> UnitHistory:
        """The history of a unit under a product.

        Raises:
            BurnerError: E7.
        """
        return self.reader.unit(unit_id, product_id)

    def refusal_before_approval(self, batch: str) -> BurnerError | None:
        """Why no further unit of a batch may begin before its first article is approved.

        Returns:
            E242 or E243; None: one may, or the batch is open no more.

        Raises:
            BurnerError: E7.
        """
        row = self.reader.batch(batch)
        if row is None or row.state != BATCH_OPEN:
            return None
        try:
            refuse_before_approval(row)
        except BurnerError as error:
            return error
        return None

    # -- a batch ---------------------------------------------------------------------------------

    def open_batch(
        self,
        batch: str,
        terms: BatchTerms,
        *,
        release_quantity: int | None = None,
        per_digest: bool = False,
        operator: str = "",
    ) -> None:
        """Open a batch, or continue one that is open for the same release and product key.

        Args:
            batch: its id, the work order.
            terms: what its units have in common, and how many are to be made; no quantity: no
                limit, or the one it was opened with.
            release_quantity: units of the release over all its batches; None: no limit.
            per_digest: whether `release_quantity` counts by digest, not by product and version.
            operator: who opens it.

        Raises:
            BurnerError: E459 it is closed, E460 the release has made more than it may, E463 it
                is of another product key, E730 it is open for another release or quantity, E737
                its id cannot name a folder, E738 a text is more than a line; E223 to E228, E234
                the policy does not accept the release, E764, E765 the log has another policy;
                E238, E240, E241 outside of the limits; E7.
        """
        facts = {
            "product_id": terms.product_id,
            "profile": terms.profile,
            "release_digest": terms.release_digest,
        }

        def make(state: TableState) -> list[AnyEntry]:
            fields = first_policy(state, self.policy, operator)
            first: list[AnyEntry] = [self.new_entry(PolicySet, **fields)] if fields else []
            row = state.get(BatchRow, batch)
            if row is not None:
                self._check_continues(row, terms)
                check_accepted(state, row, self.policy)
                return first
            check_batch_id(batch)
            check_one_line(operator=operator, **facts)
            opened = self.new_entry(
                BatchOpened,
                batch=batch,
                **facts,
                index=terms.index,
                key=terms.key,
                quantity=terms.quantity,
                release_quantity=release_quantity,
                per_digest=per_digest,
                limits=terms.limits,
                first_article=terms.first_article,
                preflight_required=terms.preflight_required,
                envelopes=terms.envelopes,
                policy=self.policy.digest if self.policy else "",
                operator=operator,
            )
            return [*first, opened]

        self.append(make)

    def _check_continues(self, row: BatchRow, terms: BatchTerms) -> None:
        require_open(row)
        if row.required_key and terms.key and row.required_key != terms.key:
            detail = f"batch {row.batch}: key {row.required_key}, not {terms.key}"
            raise BurnerError(Code.BATCH_HAS_OTHER_KEY, detail)
        recorded = BatchTerms.of_record(self.reader.batch_opened(row), row.planned)
        if different := describe_differences(recorded, terms):
            raise BurnerError(
                Code.BATCH_TERMS_VIOLATED, f"batch {row.batch} was opened for another {different}"
            )

    def change_batch(self, batch: str, quantity: int | None, *, operator: str, reason: str) -> None:
        """Give an open batch another quantity.

        Raises:
            BurnerError: E459 it is not open, E730 more units hold a place, E731 without operator
                or reason; E7.
        """
        require_operator_and_reason(f"batch {batch}", operator, reason)
        fields = {"quantity": quantity, "operator": operator, "reason": reason}
        self.append(lambda _: [self.new_entry(BatchChanged, batch=batch, **fields)])


def _unit_fields(attempt: Attempt) -> dict[str, str]:
    return {
        "batch": attempt.batch,
        "product_id": attempt.product_id,
        "unit_id": attempt.unit_id,
    }
