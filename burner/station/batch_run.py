"""A batch burned in the slots of a station: it counts units, and stops when the batch has all."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.core.attempt import Outcome, Result, Step
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_events import ApprovalAwaited, ApprovalGiven, Event, Finished
from burner.devices.device import Device
from burner.manifest.fold.first_article import approvers_of
from burner.manifest.fold.rows import BATCH_OPEN
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.unit_labels import LabelCounts, label_counts, unit_label
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.unit_labels import confirm_label
from burner.station.events import (
    BatchCount,
    BoardInSlot,
    FirstArticleChanged,
    FirstArticleStage,
    StationEvent,
    StationNotice,
)
from burner.station.scanning.router import Router
from burner.station.slots.boards import Boards
from burner.station.slots.slot import SlotDevice
from burner.station.station import Station
from burner.station.tally import Tally
from burner.station.unit_labels.printing import LabelPrinting
from burner.station.unit_labels.scan_back import ScanBack
from burner.unit_labels.printer import Printer

FULL_CODES = (Code.BATCH_COMPLETE, Code.RELEASE_LIMIT_REACHED)
"""The batch, or the release, has all its units."""


class BatchRun:
    """One run of a station for one batch."""

    def __init__(
        self,
        job: Job,
        ledger: Ledger,
        devices: Mapping[str, SlotDevice],
        boards: Boards,
        *,
        router: Router,
        rework: str = "",
        takes_more: bool = False,
        found_bauds: Mapping[str, int] | None = None,
        printer: Printer | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            job: release, batch and people.
            ledger: the manifest, open for this station.
            devices: by slot, in the order of the fixture.
            boards: how boards come and go.
            router: what the operator scans and types.
            rework: why known units are burned again; empty = they are not.
            takes_more: whether slots take board after board; then the run stops by itself when
                the batch has all its units.
            found_bauds: by slot, rates that were found clean before; for `baud: auto`.
            printer: beside the slots; None: labels stay owed.
        """
        self.job, self._ledger, self._takes_more = job, ledger, takes_more
        batch = ledger.reader.batch(job.batch)
        self.planned: int = (batch.planned if batch else None) or 0
        """Units of the batch; 0 = no limit."""
        self.passed_before: int = ledger.reader.count_passed(job.batch)
        """Units of the batch that had passed before this run."""
        self.tally = Tally()
        flash = job.release.profile.flash
        self.station = Station(
            devices,
            boards,
            flash.first_baud,
            found_bauds=(found_bauds or {}) if flash.baud == "auto" else None,
            router=router,
            rework=rework,
            record=self._record_slot_error,
            waits_for_approval=takes_more,
            wait_for_scan_back=self._wait_for_scan_back,
        )
        label = job.release.profile.label
        self._printing: LabelPrinting | None = None
        if label and printer:
            router.scan_back = ScanBack(
                partial(_confirm_label, ledger), self.station.tell, is_required=label.scan_back
            )
            self._printing = LabelPrinting(
                ledger, printer, self.station.tell, scan_back=router.scan_back
            )
        self._has_first_article = bool(batch and batch.awaits_approval)
        self._first_article = FirstArticleStage.INCOMPLETE
        """What was last said of it."""
        self._count_lock = threading.Lock()

    def events(self) -> Iterator[StationEvent]:
        """Burn in every slot at once; yields events until every slot is closed."""
        self._look_at_first_article()
        if self._printing:
            self._printing.start()
        try:
            for event in self.station.run(self._burn):
                self.tally.add(event)
                yield event
        finally:
            if self._printing:
                self._printing.finish(self.station.aborting.is_set)
        yield from self.station.left_events()

    def batch_full(self) -> int | None:
        """At the end: the number of passed units, if the batch has all its units; else None.

        A unit that waited for a place in the batch is then counted as not needed.
        """
        try:
            passed = self._ledger.reader.count_passed(self.job.batch)
        except BurnerError:  # the manifest is away now; it was there for every record
            return None
        if not self.tally.units or not 0 < self.planned <= passed:
            return None
        self.tally.batch_full()
        return passed

    def _burn(
        self, device: Device, request: AttemptRequest, aborted: Callable[[], bool]
    ) -> Iterator[Event]:
        is_stopping = self.station.stopping.is_set
        for event in burn(
            self.job, device, self._ledger, request, aborted, is_stopping=is_stopping
        ):
            # In the thread of the slot, so that this slot takes no further board.
            if isinstance(event, Finished) and self._is_full_after(event) and not is_stopping():
                of_release = event.record.result.code == Code.RELEASE_LIMIT_REACHED
                self.station.tell(StationNotice("release complete" if of_release else "complete"))
                self.station.stop()
            if isinstance(event, Finished):
                self._owe_label(event)
            if isinstance(event, Finished | ApprovalAwaited | ApprovalGiven):
                self._look_at_first_article()
            yield event

    def _owe_label(self, event: Finished) -> None:
        """Have the label of a good unit printed, if it was not before."""
        is_good = event.record.result.outcome is Outcome.PASS and not event.other_batch
        if self._printing and is_good:
            attempt = event.record.attempt
            self._printing.unit_passed(event.slot, attempt.product_id, attempt.unit_id)

    def _wait_for_scan_back(self, slot: str, look: Callable[[], BoardInSlot]) -> None:
        """Wait until the printed label of the unit in a slot was scanned, if that is asked for."""
        stopping, aborting = self.station.stopping, self.station.aborting
        self.station.router.scan_back.wait(
            slot, lambda is_out: aborting.is_set() or (stopping.is_set() and not is_out), look
        )

    def label_counts(self) -> LabelCounts:
        """How the printed labels of the batch stand.

        Raises:
            BurnerError: E7.
        """
        with self._ledger.reader.connection() as connection:
            return label_counts(connection, self.job.batch)

    def _look_at_first_article(self) -> None:
        """Tell when the first article is made, approved, or incomplete again."""
        if not self._has_first_article:
            return
        # A manifest that is away: the next unit looks again.
        with suppress(BurnerError), self._count_lock:
            row = self._ledger.reader.batch(self.job.batch)
            stage, approvers = FirstArticleStage.APPROVED, self.first_article_approvers()
            if row and row.awaits_approval:
                stage = FirstArticleStage.MADE if approvers else FirstArticleStage.INCOMPLETE
            if stage is not self._first_article:
                self._first_article = stage
                self.station.tell(FirstArticleChanged(stage, approvers))

    def first_article_approvers(self) -> tuple[str, ...]:
        """Who may approve the first article, where it is made and waits for that; else nobody.

        Raises:
            BurnerError: E7.
        """
        row = self._ledger.reader.batch(self.job.batch)
        waits = row is not None and row.awaits_approval and row.passed >= row.first_article
        return tuple(approvers_of(row)) if row and waits and row.state == BATCH_OPEN else ()

    def _is_full_after(self, event: Finished) -> bool:
        """Whether no more boards are wanted; reports how many units of the batch have passed.

        The manifest counts: another station may burn for the same batch, and units are scrapped.
        """
        code = event.record.result.code
        if not self.planned:
            return self._takes_more and code in FULL_CODES
        passed = 0
        # A manifest that is away: the next board finds out, or waits.
        with suppress(BurnerError), self._count_lock:
            passed = self._ledger.reader.count_passed(self.job.batch)
            self.station.tell(BatchCount(passed))  # in the lock: never an older number later
        is_new = event.record.result.outcome is Outcome.PASS and not event.known
        is_full = passed >= self.planned if is_new else code in FULL_CODES
        return self._takes_more and is_full

    def _record_slot_error(self, slot: str, error: BurnerError) -> Finished | None:
        """Record an error of a slot that concerns no unit; None where the manifest is away.

        Raises:
            BurnerError: E7.
        """
        baud = self.job.release.profile.flash.first_baud
        attempt = self.job.attempt(AttemptRequest(slot, baud))
        result = Result(
            Outcome.ERROR, Step.IDENTIFY, attempt.started, 0.0, error.code, error.detail
        )
        try:
            return Finished(slot, self._ledger.finish(attempt, result))
        except BurnerError as manifest_error:
            if not manifest_error.row.retry:
                raise
            return None


def _confirm_label(ledger: Ledger, row: UnitLabelRow) -> None:
    """Record that a label was scanned; it may have been printed again since.

    Raises:
        BurnerError: E779 it was not printed; E7.
    """
    with ledger.reader.connection() as connection:
        now = unit_label(connection, row.product_id, row.unit_id)
    confirm_label(ledger, now or row)
