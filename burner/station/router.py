"""What the operator scans and types, brought to the slot it is meant for.

The rules are pure and stand elsewhere (labels.py, commands.py, rework.py); here are the lock and
the clock around them. Scanners and keyboard call `heard` from their threads, slots the rest.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from burner.core.errors import BurnerError
from burner.core.unit_events import Waiting
from burner.identity.label_checks import names_unit
from burner.identity.settings import IdentitySettings
from burner.station.commands import (
    Cancelled,
    Command,
    ReasonChosen,
    ReworkWanted,
    SlotChosen,
    command,
    key,
    plain,
    slot_keys,
)
from burner.station.events import (
    LabelScanned,
    Prompt,
    ReworkOrdered,
    SlotIs,
    SlotState,
    StationEvent,
    Typing,
)
from burner.station.keystrokes import ESCAPE
from burner.station.label_list import LabelList
from burner.station.labels import PATIENCE_S, CheckRecord, Labels, MetBoard, Scan
from burner.station.rework import ReworkDialogue, ReworkReply

REPEAT_S = 2.0
"""The same text again within this time is the same scan: scanners read twice.

It counts from the reading that was taken: one that is read without end is taken again."""
POLL_S = 0.2

GOOD = (SlotState.PASS, SlotState.KNOWN, SlotState.OTHER_BATCH)
BAD = (SlotState.FAIL, SlotState.ERROR, SlotState.ABORTED)
ASKED = (SlotState.SCAN, SlotState.RESCAN)
WAITING = (SlotState.SEEN, *ASKED)
RESTING = (SlotState.STARTING, SlotState.EMPTY)


class Router:
    """What is scanned and typed in one run. Thread-safe."""

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
            labels: prepared ones. Nobody is asked then, so a wrong one is the unit's error.
            check_record: whether a label agrees with what is on record.
            clock: seconds, monotonic.
        """
        self.emit: Callable[[StationEvent], None] = lambda _: None
        self.slots = tuple(slots)
        self._wanted = identity is not None
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
        self._anew: set[str] = set()
        """Slots whose board waits for its label and shall be burned as a rework instead."""
        self._dialogue: ReworkDialogue | None = None
        self._before = ("", float("-inf"))
        self._changed = threading.Condition(threading.RLock())

    # -- what slots say and ask ------------------------------------------------------------------

    def state(self, slot: str, state: SlotState) -> None:
        """A slot says what it does."""
        with self._changed:
            self._states[slot] = state
            if state is SlotState.SEEN:
                self._announced.discard(slot)
                if self._wanted:
                    self._update(self._labels.coming(slot))
            elif state in (SlotState.EMPTY, SlotState.CLOSED) and slot not in self._announced:
                self._update(self._labels.left(slot, self._clock()))

    def announced(self, slot: str) -> bool:
        """Whether the operator says that a board is in the slot."""
        with self._changed:
            return slot in self._announced

    def rework(self, slot: str) -> str:
        """Why the next unit of a slot is to be burned again; empty when it is not."""
        with self._changed:
            return self._rework.get(slot, "")

    def ended(self, slot: str, passed: bool, rework: str) -> None:
        """The unit in a slot is through; `rework` is the order that it was burned for.

        One that was ordered meanwhile is for this unit: it is burned again at once.
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

    def not_met(self, slot: str) -> None:
        """Nothing in the slot could be met: its board wants no label."""
        with self._changed:
            self._update(self._labels.left(slot, self._clock()))

    def label(self, slot: str, board: MetBoard, gone: Callable[[], bool]) -> str | None:
        """Wait for the label of a board.

        Args:
            slot: where it is.
            board: as it was met.
            gone: whether the board left or the station stops; asked a few times a second.

        Returns:
            The label; None when the board is gone, or is to be burned anew as a rework.

        Raises:
            BurnerError: E434 to E443, of a prepared label.
        """
        with self._changed:
            if label := self._labels.label_of(slot, board.unit_id):
                self._update(self._labels.kept(slot, self._clock()))
                self.emit(LabelScanned(slot, label))
                return label
            self._anew.discard(slot)
            self._update(self._labels.met(slot, board, self._clock()))
        taken: str | None = None
        try:
            taken = self._wait(slot, board, gone)
        finally:
            if taken is None:
                self._forget(slot)
        return taken

    def _forget(self, slot: str) -> None:
        """The board wants no label any more; one that came at the very end is free again."""
        with self._changed:
            now = self._clock()
            self._update(self._labels.ended(slot, passed=False, now=now).left(slot, now))

    def _wait(self, slot: str, board: MetBoard, gone: Callable[[], bool]) -> str | None:
        while True:
            with self._changed:
                self._update(self._labels.looked(self._clock()))
                if self._list and self._labels.asked == slot:
                    self._take_prepared(slot, board, self._list)
                if label := self._labels.label_of(slot, board.unit_id):
                    return label
                if slot in self._anew:
                    return None
                self._changed.wait(POLL_S)
                if label := self._labels.label_of(slot, board.unit_id):
                    return label
            if gone():
                return None

    def _take_prepared(self, slot: str, board: MetBoard, prepared: LabelList) -> None:
        if not (line := prepared.next(slot, lambda line: self._names(line, board))):
            return
        labels, scan = self._labels.scanned(plain(line, self._prefixes), 0.0, self._check_record)
        if scan.code:
            raise BurnerError(scan.code, scan.detail)
        if scan.slot != slot:
            prepared.exchange(slot, scan.slot)
        self._update(labels)
        self.emit(LabelScanned(scan.slot, scan.label))

    def _names(self, line: str, board: MetBoard) -> bool | None:
        with suppress(BurnerError):
            return names_unit(plain(line, self._prefixes), self._labels.settings, board.ids)
        return None

    # -- what the operator says ------------------------------------------------------------------

    @property
    def keys(self) -> tuple[str, ...]:
        """What counts without Enter, typed now."""
        with self._changed:
            if self._dialogue and self._dialogue.slot:
                return (*self._dialogue.keys, ESCAPE)
            return (*slot_keys(self.slots), "r", "R", ESCAPE)

    def typing(self, text: str) -> None:
        """Somebody is typing."""
        self.emit(Typing(text))

    def heard(self, text: str) -> None:
        """A whole text was scanned or typed."""
        now = self._clock()
        with self._changed:
            self.tick()
            bare = plain(text, self._prefixes)
            pressed, barcode = key(text.strip(" "), self.slots), command(bare, self.slots)
            if pressed is None and self._is_repeat(bare, now):
                return
            if self._dialogue:
                self._reply(self._dialogue.said(bare, pressed, barcode, self._states, now))
            elif said := barcode or pressed:
                self._obey(said, now)
            elif bare:
                self._scanned(bare, now)
            self._changed.notify_all()

    def tick(self) -> None:
        """Time has passed."""
        with self._changed:
            if self._dialogue and self._dialogue.over(self._clock()):
                self._dialogue = None
                self.emit(Prompt("rework timeout"))

    def _is_repeat(self, text: str, now: float) -> bool:
        if text == self._before[0] and now - self._before[1] < REPEAT_S:
            return True
        self._before = (text, now)
        return False

    def _obey(self, said: Command, now: float) -> None:
        match said:
            case SlotChosen(slot):
                self._choose(slot)
            case ReworkWanted():
                self._reply(ReworkDialogue(self._reasons, since=now).begun())
            case ReasonChosen():
                self.emit(Prompt("rework first"))
            case Cancelled():
                self.emit(Prompt())

    def _choose(self, slot: str) -> None:
        """The slot is asked for its label next, or its board is tried whether it answers or not."""
        state = self._states.get(slot)
        self.emit(Prompt())
        if state is None:
            self.emit(Prompt("no slot", (slot,)))
        elif self._wanted and self._labels.expects(slot):
            self._update(self._labels.chosen(slot))
        elif state in (*RESTING, *BAD):
            self._announced.add(slot)
            if self._wanted:
                self._update(self._labels.coming(slot).chosen(slot))
        else:
            self.emit(Prompt(_NOTHING_TO_DO.get(state, "slot works"), (slot,)))

    def _scanned(self, text: str, now: float) -> None:
        if not self._wanted:
            self.emit(Prompt("no label", (text,)))
            return
        labels, scan = self._labels.scanned(text, now, self._check_record)
        if not scan.slot:
            self.emit(Prompt("nobody asks", (text,)))
        elif scan.code:
            self._refuse(scan)
        else:
            self.emit(Prompt())
            self.emit(LabelScanned(scan.slot, scan.label))
        self._update(labels)

    def _refuse(self, scan: Scan) -> None:
        """Say at the asked slot what is wrong with a scan; it is asked for again there."""
        self.emit(Waiting(scan.slot, scan.code, scan.detail))
        if self._labels.waits(scan.slot):
            self._say(scan.slot, SlotState.RESCAN)

    def _reply(self, reply: ReworkReply) -> None:
        """The choice of a rework goes on, or ends."""
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
        elif self._states[slot] not in RESTING:
            self._anew.add(slot)
        self.emit(ReworkOrdered(slot, reason))

    # -- what people see -------------------------------------------------------------------------

    def _update(self, labels: Labels) -> None:
        """Every board that waits for its label is shown as asked, or as waiting for its turn."""
        self._labels = labels
        for slot in self.slots:
            if labels.waits(slot):
                asked = slot == labels.asked
                if asked != (self._states[slot] in ASKED) or self._states[slot] not in WAITING:
                    self._say(slot, SlotState.SCAN if asked else SlotState.SEEN)
        self._changed.notify_all()

    def _say(self, slot: str, state: SlotState) -> None:
        self._states[slot] = state
        self.emit(SlotIs(slot, state))


_NOTHING_TO_DO = {
    **dict.fromkeys(GOOD, "slot done"),
    SlotState.CLOSED: "slot closed",
}
