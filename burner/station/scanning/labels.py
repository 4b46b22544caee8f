"""Labels: which slot is asked for one, and to which board a scanned label belongs. Pure.

A label that names its board (by MAC, IMEI, …) goes to that board, whichever slot is asked. Any
other goes to the asked slot. One slot is asked at a time; it stays the asked one until it has its
label, its board leaves, or the operator chooses another slot.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.identity.label_checks import check_label, has_compared_id, names_unit, read_label
from burner.identity.settings import IdentitySettings

PATIENCE_S = 3.0
"""How long a board waits for its turn while one before it in the fixture is being identified."""


@dataclass(frozen=True)
class IdentifiedBoard:
    """A board in a slot, before its label is known."""

    unit_id: str
    ids: Mapping[str, str]
    """Every ID that was read from it, by source."""
    rework: bool = False
    """Whether it is to be burned as a rework: its label may be another than on record."""


@dataclass(frozen=True)
class Scan:
    """The result of a scan: a label for a slot; with `code` the reason why it is refused."""

    slot: str = ""
    """The slot that it concerns; empty when no slot waits for a label."""
    label: str = ""
    code: str = ""
    detail: str = ""


CheckRecord = Callable[[IdentifiedBoard, str], None]
"""Compares a label with what is on record; raises BurnerError (E435, E438) when that forbids it."""


@dataclass(frozen=True)
class _Waiting:
    board: IdentifiedBoard
    since: float


@dataclass(frozen=True)
class _Assigned:
    unit_id: str
    label: str


@dataclass(frozen=True)
class Labels:
    """The labels of one run. Every method that changes something returns the state after it."""

    settings: IdentitySettings
    slots: tuple[str, ...]
    """In the order of the fixture."""
    patience_s: float = PATIENCE_S
    must_name_board: bool = False
    """Whether a label is refused that says nothing by which its board can be told."""
    asked: str = ""
    """The one slot whose label is wanted; empty when none is."""
    _coming: frozenset[str] = frozenset()
    """Slots with a board that is being identified."""
    _waiting: Mapping[str, _Waiting] = field(default_factory=dict)
    _assigned: Mapping[str, _Assigned] = field(default_factory=dict)
    """By slot, until the board leaves it."""
    _used_by: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(source, value) on a label → the unit of this run that passed with it or is in work."""

    def label_of(self, slot: str, unit_id: str) -> str:
        """The label that this unit was assigned in this slot; empty when it has none."""
        assigned = self._assigned.get(slot)
        return assigned.label if assigned and assigned.unit_id == unit_id else ""

    def waits(self, slot: str) -> bool:
        """Whether a board in the slot waits for its label."""
        return slot in self._waiting

    def expects(self, slot: str) -> bool:
        """Whether a board in the slot waits for its label, or soon will."""
        return slot in self._waiting or slot in self._coming

    # -- boards come and go ----------------------------------------------------------------------

    def board_seen(self, slot: str) -> "Labels":
        """A board is there and is being identified; it may be the one that was there before."""
        waiting = {s: w for s, w in self._waiting.items() if s != slot}
        return replace(self, _coming=self._coming | {slot}, _waiting=waiting)

    def label_kept(self, slot: str, now: float) -> "Labels":
        """The board in a slot is burned again with the label that it has."""
        assigned = self._assigned[slot]
        used = {**self._used_by, **dict.fromkeys(self._ids_on(assigned.label), assigned.unit_id)}
        return replace(self, _coming=self._coming - {slot}, _used_by=used).time_passed(now)

    def board_identified(self, slot: str, board: IdentifiedBoard, now: float) -> "Labels":
        """A board waits for its label."""
        waiting = {**self._waiting, slot: _Waiting(board, now)}
        return replace(
            self._without(slot), _coming=self._coming - {slot}, _waiting=waiting
        ).time_passed(now)

    def board_gone(self, slot: str, now: float) -> "Labels":
        """The board is gone, or needs no label any more."""
        return replace(self._without(slot), _coming=self._coming - {slot}).time_passed(now)

    def ended(self, slot: str, passed: bool, now: float) -> "Labels":
        """The board is finished. The label of a unit that did not pass may be scanned again."""
        after = replace(self, _coming=self._coming - {slot}).time_passed(now)
        assigned = self._assigned.get(slot)
        if passed or assigned is None:
            return after
        return replace(
            after, _used_by={k: u for k, u in self._used_by.items() if u != assigned.unit_id}
        )

    # -- who is asked ----------------------------------------------------------------------------

    def time_passed(self, now: float) -> "Labels":
        """Time has passed: another slot may be asked now."""
        return self if self.expects(self.asked) else replace(self, asked=self._next(now))

    def slot_chosen(self, slot: str) -> "Labels":
        """The operator has chosen a slot: it is asked now, if its board has no label yet."""
        return replace(self, asked=slot) if self.expects(slot) else self

    def _next(self, now: float) -> str:
        """The first waiting slot, if no slot before it still identifies its board."""
        behind = False
        for slot in self.slots:
            behind = behind or slot in self._coming
            waiting = self._waiting.get(slot)
            if waiting and (not behind or now - waiting.since >= self.patience_s):
                return slot
        return ""

    # -- scans -----------------------------------------------------------------------------------

    def scanned(self, text: str, now: float, check: CheckRecord) -> tuple["Labels", Scan]:
        """A label was scanned. `check` asks the manifest."""
        try:
            slot = self._slot_of(text)
            if slot:
                self._check_unused(slot, text)
                check(self._waiting[slot].board, text)
        except BurnerError as error:
            return self, Scan(self.asked, code=error.code, detail=error.detail)
        if not slot:
            return self, Scan()
        unit_id = self._waiting[slot].board.unit_id
        after = replace(
            self._without(slot),
            _assigned={**self._assigned, slot: _Assigned(unit_id, text)},
            _used_by={**self._used_by, **dict.fromkeys(self._ids_on(text), unit_id)},
        )
        return after.time_passed(now), Scan(slot, text)

    def _slot_of(self, text: str) -> str:
        """The slot a label belongs to; empty when no slot waits.

        Raises:
            BurnerError: E436 it fits two boards, E437 the chosen slot's board is not met yet,
                E440 another form, E441 it names another unit, E443 it names no board.
        """
        named = {s: names_unit(text, self.settings, w.board.ids) for s, w in self._waiting.items()}
        read_label(text, self.settings)
        fits = [slot for slot, names in named.items() if names]
        if len(fits) == 1:
            return fits[0]
        if fits:
            if self.asked in fits:
                return self.asked
            raise BurnerError(Code.LABEL_FITS_SEVERAL_SLOTS, f"{text}: {_slots(fits)}")
        if not self.asked:
            return ""
        if self.asked not in self._waiting:
            raise BurnerError(Code.BOARD_NOT_READ_YET, _slots([self.asked]))
        if named[self.asked] is False:
            check_label(text, self.settings, self._waiting[self.asked].board.ids)
        if self.must_name_board and not has_compared_id(text, self.settings):
            raise BurnerError(Code.LABEL_NAMES_NO_BOARD, text)
        return self.asked

    def _check_unused(self, slot: str, text: str) -> None:
        """Raises BurnerError (E434): another unit of this run has this label."""
        unit_id = self._waiting[slot].board.unit_id
        others = [s for s, assigned in self._assigned.items() if s != slot]
        for says in self._ids_on(text):
            there = [s for s in others if says in self._ids_on(self._assigned[s].label)]
            if there:
                raise BurnerError(Code.LABEL_SCANNED_BEFORE, f"{text}: {_slots(there)}")
            if self._used_by.get(says, unit_id) != unit_id:
                raise BurnerError(Code.LABEL_SCANNED_BEFORE, f"{text}: {self._used_by[says]}")

    def _ids_on(self, text: str) -> tuple[tuple[str, str], ...]:
        return tuple(read_label(text, self.settings).items())

    def _without(self, slot: str) -> "Labels":
        return replace(
            self,
            _waiting={s: w for s, w in self._waiting.items() if s != slot},
            _assigned={s: g for s, g in self._assigned.items() if s != slot},
        )


def _slots(names: Sequence[str]) -> str:
    return f"{'slot' if len(names) == 1 else 'slots'} {', '.join(names)}"
