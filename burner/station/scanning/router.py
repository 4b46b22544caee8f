"""Brings what the operator scans and types to the slot that it is meant for.

The rules are pure: labels.py, operator_commands.py, rework.py. Here are the lock and the clock
around them. Scanners and keyboard call `take_text` from their threads; the slots call the rest.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from burner.core.errors import BurnerError
from burner.identity.label_checks import names_unit
from burner.identity.settings import IdentitySettings
from burner.station.events import (
    ASKING,
    BAD,
    GOOD,
    NO_BOARD,
    LabelRefused,
    LabelScanned,
    Prompt,
    ReworkOrdered,
    SlotState,
    SlotStateChanged,
    StationEvent,
    Typing,
)
from burner.station.scanning.keystrokes import ESCAPE
from burner.station.scanning.label_list import LabelList
from burner.station.scanning.labels import PATIENCE_S, CheckRecord, IdentifiedBoard, Labels, Scan
from burner.station.scanning.operator_commands import (
    Cancelled,
    OperatorCommand,
    ReasonChosen,
    ReworkWanted,
    SlotChosen,
    bare_text,
    command_of_barcode,
    command_of_key,
    slot_keys,
)
from burner.station.scanning.rework import ReworkDialogue, ReworkReply
from burner.station.unit_labels.scan_back import ScanBack

REPEAT_S = 2.0
"""The same text within this time is the same scan: scanners read twice. The time counts from the
scan that was taken, so a code that is scanned for longer is taken again."""
POLL_S = 0.2

WAITING = (SlotState.SEEN, *ASKING)


class Router:
    """Receives the scans and keys of one run. Thread-safe."""

    def __init__(
        self,
        slots: Sequence[str],
        *,
        identity: IdentitySettings | None = None,
        reasons: Sequence[str] = (),
        prefixes: Sequence[str] = (),
        labels: LabelList | None = None,
        check_record: CheckRecord = lambda _board, _label: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nobody is asked yet.

        Args:
            slots: in the order of the fixture.
            identity: what labels look like; None: boards of this product have none to scan.
            reasons: for a rework; empty: the operator types one.
            prefixes: what scanners put before a code.
            labels: a prepared list. Nobody is asked then, so a wrong label is an error of the unit.
            check_record: whether a label agrees with what is on record.
            clock: seconds, monotonic.
        """
        self.emit: Callable[[StationEvent], None] = lambda _: None
        self.slots = tuple(slots)
        self._needs_labels = identity is not None
        self._reasons, self._prefixes = tuple(reasons), tuple(prefixes)
        self._list, self._check_record, self._clock = labels, check_record, clock
        self._labels = Labels(
            identity or IdentitySettings(),
            self.slots,
            patience_s=PATIENCE_S if labels is None else float("inf"),
            must_name_board=labels is not None and labels.must_name_boards,
        )
        self._states = dict.fromkeys(slots, SlotState.STARTING)
        self._announced: set[str] = set()
        self._rework: dict[str, str] = {}
        self._burn_again: set[str] = set()
        """Slots whose board waits for its label and shall be burned as a rework instead."""
        self._dialogue: ReworkDialogue | None = None
        self._last_reading = ("", float("-inf"))
        self.scan_back = ScanBack(lambda _row: None, lambda _event: None)
        """The printed labels of the run; none without a printer."""
        self._changed = threading.Condition(threading.RLock())

    # -- called by slots ---------------------------------------------------------------------------

    def slot_state_changed(self, slot: str, state: SlotState) -> None:
        """Note the new state of a slot."""
        with self._changed:
            self._states[slot] = state
            if state is SlotState.SEEN:
                self._announced.discard(slot)
                if self._needs_labels:
                    self._update(self._labels.board_seen(slot))
            elif state in (SlotState.EMPTY, SlotState.CLOSED) and slot not in self._announced:
                self._update(self._labels.board_gone(slot, self._clock()))

    def is_announced(self, slot: str) -> bool:
        """Whether the operator says that a board is in the slot."""
        with self._changed:
            return slot in self._announced

    def rework_order(self, slot: str) -> str:
        """Why the next unit of a slot is to be burned again; empty when it is not."""
        with self._changed:
            return self._rework.get(slot, "")

    def unit_ended(self, slot: str, passed: bool, rework: str) -> None:
        """The unit in a slot is finished; `rework` is the order with which it was burned.

        A rework that was ordered meanwhile is for this unit: it is burned again at once.
        """
        with self._changed:
            self._update(self._labels.ended(slot, passed, self._clock()))
            if slot not in self._rework:
                return
            if rework != self._rework[slot]:
                self._announced.add(slot)
                return
            del self._rework[slot]
            self.emit(ReworkOrdered(slot, ""))

    def nothing_identified(self, slot: str) -> None:
        """Nothing in the slot could be identified: no label is wanted there."""
        with self._changed:
            self._update(self._labels.board_gone(slot, self._clock()))

    def wait_for_label(
        self, slot: str, board: IdentifiedBoard, gone: Callable[[], bool]
    ) -> str | None:
        """Wait for the label of a board.

        Args:
            slot: where it is.
            board: as it was identified.
            gone: whether the board left or the station stops; asked a few times a second.

        Returns:
            The label; None when the board is gone, or is to be burned again as a rework.

        Raises:
            BurnerError: E434 to E443, of a prepared label.
        """
        with self._changed:
            if label := self._labels.label_of(slot, board.unit_id):
                self._update(self._labels.label_kept(slot, self._clock()))
                self.emit(LabelScanned(slot, label))
                return label
            self._burn_again.discard(slot)
            self._update(self._labels.board_identified(slot, board, self._clock()))
        taken: str | None = None
        try:
            taken = self._wait(slot, board, gone)
        finally:
            if taken is None:
                self._forget(slot)
        return taken

    def _forget(self, slot: str) -> None:
        """The board needs no label any more. A label that came at the last moment is free again."""
        with self._changed:
            now = self._clock()
            self._update(self._labels.ended(slot, passed=False, now=now).board_gone(slot, now))

    def _wait(self, slot: str, board: IdentifiedBoard, gone: Callable[[], bool]) -> str | None:
        while True:
            with self._changed:
                self._update(self._labels.time_passed(self._clock()))
                if self._list and self._labels.asked == slot:
                    self._take_prepared(slot, board, self._list)
                if label := self._labels.label_of(slot, board.unit_id):
                    return label
                if slot in self._burn_again:
                    return None
                self._changed.wait(POLL_S)
                if label := self._labels.label_of(slot, board.unit_id):
                    return label
            if gone():
                return None

    def _take_prepared(self, slot: str, board: IdentifiedBoard, prepared: LabelList) -> None:
        if not (line := prepared.next(slot, lambda line: self._names(line, board))):
            return
        labels, scan = self._labels.scanned(
            bare_text(line, self._prefixes), 0.0, self._check_record
        )
        if scan.code:
            raise BurnerError(scan.code, scan.detail)
        if scan.slot != slot:
            prepared.exchange(slot, scan.slot)
        self._update(labels)
        self.emit(LabelScanned(scan.slot, scan.label))

    def _names(self, line: str, board: IdentifiedBoard) -> bool | None:
        with suppress(BurnerError):
            return names_unit(bare_text(line, self._prefixes), self._labels.settings, board.ids)
        return None

    # -- called by scanners, keyboard and clock ----------------------------------------------------

    @property
    def keys(self) -> tuple[str, ...]:
        """The texts that count without Enter now."""
        with self._changed:
            if self._dialogue and self._dialogue.slot:
                return (*self._dialogue.keys, ESCAPE)
            return (*slot_keys(self.slots), "r", "R", ESCAPE)

    def typing(self, text: str) -> None:
        """Show what somebody types."""
        self.emit(Typing(text))

    def take_text(self, text: str) -> None:
        """Take a whole text that was scanned or typed."""
        now = self._clock()
        with self._changed:
            self.tick()
            bare = bare_text(text, self._prefixes)
            pressed = command_of_key(text.strip(" "), self.slots)
            barcode = command_of_barcode(bare, self.slots)
            if pressed is None and self._is_repeat(bare, now):
                return
            if self._dialogue:
                self._reply(self._dialogue.answered(bare, pressed, barcode, self._states, now))
            elif command := barcode or pressed:
                self._execute(command, now)
            elif bare:
                self._scanned(bare, now)
            self._changed.notify_all()

    def tick(self) -> None:
        """Note the time: a dialogue without an answer ends."""
        with self._changed:
            if self._dialogue and self._dialogue.over(self._clock()):
                self._dialogue = None
                self.emit(Prompt("rework timeout"))

    def _is_repeat(self, text: str, now: float) -> bool:
        if text == self._last_reading[0] and now - self._last_reading[1] < REPEAT_S:
            return True
        self._last_reading = (text, now)
        return False

    def _execute(self, command: OperatorCommand, now: float) -> None:
        match command:
            case SlotChosen(slot):
                self._choose(slot)
            case ReworkWanted():
                self._reply(ReworkDialogue(self._reasons, since=now).begun())
            case ReasonChosen():
                self.emit(Prompt("rework first"))
            case Cancelled():
                self.emit(Prompt())
                self.scan_back.cancel()

    def _choose(self, slot: str) -> None:
        """Ask for the label of this slot next; or try its board, whether it answers or not."""
        state = self._states.get(slot)
        self.emit(Prompt())
        if state is None:
            self.emit(Prompt("no slot", (slot,)))
        elif name := self.scan_back.awaited_in(slot):
            self.emit(Prompt("label first", (slot, name)))
        elif self._needs_labels and self._labels.expects(slot):
            self._update(self._labels.slot_chosen(slot))
        elif state in (*NO_BOARD, *BAD):
            self._announced.add(slot)
            if self._needs_labels:
                self._update(self._labels.board_seen(slot).slot_chosen(slot))
        else:
            self.emit(Prompt(_NOTHING_TO_DO.get(state, "slot works"), (slot,)))

    def _scanned(self, text: str, now: float) -> None:
        if self.scan_back.takes(text, asked=self._labels.asked):
            return
        if not self._needs_labels:
            self.emit(Prompt("no label", (text,)))
            return
        labels, scan = self._labels.scanned(text, now, self._check_record)
        if not scan.slot:
            self.emit(Prompt("nobody asks", (text,)))
        elif scan.code:
            self._refuse(scan, text)
        else:
            self.emit(Prompt())
            self.emit(LabelScanned(scan.slot, scan.label))
        self._update(labels)

    def _refuse(self, scan: Scan, text: str) -> None:
        """Show at the asked slot what is wrong with a scan, and ask again."""
        if self.scan_back.takes_known(text):
            return
        self.emit(LabelRefused(scan.slot, scan.code, scan.detail))
        if self._labels.waits(scan.slot):
            self._show_state(scan.slot, SlotState.RESCAN)

    def _reply(self, reply: ReworkReply) -> None:
        """The rework dialogue goes on, or ends."""
        self._dialogue = reply.dialogue
        self.emit(reply.prompt)
        if reply.order:
            self._order(reply.order.slot, reply.order.reason)

    def _order(self, slot: str, reason: str) -> None:
        if not reason:
            if self._rework.pop(slot, ""):
                self.emit(ReworkOrdered(slot, ""))
            return
        self._rework[slot] = reason
        if self._states[slot] in (*GOOD, *BAD):
            self._announced.add(slot)
        elif self._states[slot] not in NO_BOARD:
            self._burn_again.add(slot)
        self.emit(ReworkOrdered(slot, reason))

    def _update(self, labels: Labels) -> None:
        """Show each board that waits for its label as asked, or as waiting for its turn."""
        self._labels = labels
        for slot in self.slots:
            if labels.waits(slot):
                asked = slot == labels.asked
                if asked != (self._states[slot] in ASKING) or self._states[slot] not in WAITING:
                    self._show_state(slot, SlotState.SCAN if asked else SlotState.SEEN)
        self._changed.notify_all()

    def _show_state(self, slot: str, state: SlotState) -> None:
        self._states[slot] = state
        self.emit(SlotStateChanged(slot, state))


_NOTHING_TO_DO = {
    **dict.fromkeys(GOOD, "slot done"),
    SlotState.CLOSED: "slot closed",
}
