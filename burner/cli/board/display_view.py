"""What the display shows: a tile for each slot and more, made from events. Pure state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from burner.cli.board.batch_full import FullBatch
from burner.cli.board.scan_back_prompt import scan_back_prompt
from burner.cli.board.tile import EarlierPass, Tile
from burner.cli.board.troubles import Trouble, worst_first
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError
from burner.core.unit_events import (
    ApprovalAwaited,
    ApprovalGiven,
    Finished,
    ManifestAway,
    ManifestBack,
    RetryStarted,
)
from burner.core.unit_labels import UnitLabelState
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.core.words.visible_text import escape_invisible
from burner.station.events import (
    ASKING,
    ENDED,
    RESTING,
    BatchCount,
    DeviceStateChanged,
    FirstArticleChanged,
    FirstArticleStage,
    HookFailed,
    LabelRefused,
    LabelScanned,
    MesStateChanged,
    PrinterStateChanged,
    Prompt,
    ReworkOrdered,
    ScannerStateChanged,
    ScanRefused,
    SlotState,
    SlotStateChanged,
    StationEvent,
    StationNotice,
    Typing,
    UnitLabelChanged,
)
from burner.station.slots.retry import tries
from burner.station.tally import FULL_NOW, Tally

OfAllSlots = (
    Prompt
    | Typing
    | DeviceStateChanged
    | MesStateChanged
    | BatchCount
    | FirstArticleChanged
    | StationNotice
    | HookFailed
    | ScanRefused
)
"""Events that are not of one slot."""
ANSWER_S = 8.0
"""How long an answer to a scan or a key is shown."""


@dataclass(frozen=True)
class RunTitle:
    """The line above the tiles; the same for a whole run."""

    product: str
    batch: str
    operator: str
    station: str
    planned: int = 0
    """Units of the batch; 0 = no plan."""
    before: int = 0
    """Units of the batch that had passed before this run."""


@dataclass
class DisplayView:
    """Everything on the display."""

    title: RunTitle
    started: float
    """Monotonic seconds."""
    baud: int
    """The profile's rate: a slot below it shows its own."""
    language: Language = "en"
    tiles: dict[str, Tile] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    trouble_of: dict[str, Trouble] = field(default_factory=dict)
    """The current error of each slot, the newest last."""
    warned: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    """By slot and code: warnings about the product. They stay to the end of the run."""
    notes: dict[str, str] = field(default_factory=dict)
    """Remarks on a slot that are no errors, the newest last."""
    rework: dict[str, str] = field(default_factory=dict)
    """Why the unit in a slot, or the next, is burned again."""
    prompt: Prompt = field(default_factory=Prompt)
    """The current question to the operator, or the answer to a scan or key."""
    prompt_until: float = 0.0
    """Monotonic seconds until which an answer is shown."""
    typed: str = ""
    """What somebody is typing."""
    notice: str = ""
    """A notice for all slots: the station takes no more boards, the batch is complete."""
    passed: int | None = None
    """Units of the batch that the manifest counts as good; None before it was asked."""
    full_batch: FullBatch | None = None
    """The batch has all its units, and no more boards are taken."""

    def batch_full(self, full_batch: FullBatch) -> None:
        """Note that the batch has all its units.

        A board that waited for a place in it is not needed.
        """
        self.full_batch = full_batch
        for slot, trouble in list(self.trouble_of.items()):
            if full := FULL_NOW.get(trouble.error.code):
                self._trouble(slot, BurnerError(full))
                self.tiles[slot].code = full

    def add_slots(self, slots: Iterable[str]) -> None:
        """Show a tile for each slot from the start."""
        self.tiles.update({slot: Tile(slot) for slot in slots})

    def add(self, event: StationEvent, now: float) -> None:
        """Take one event, with the monotonic second at which it came."""
        self.tally.add(event)
        if isinstance(event, OfAllSlots):
            self._add_of_all_slots(event, now)
            return
        tile = self.tiles.setdefault(event.slot, Tile(event.slot))
        match event:
            case SlotStateChanged():
                self._state(tile, event, now)
            case RetryStarted():
                self._note(tile.slot, self._again(event))
                self.trouble_of.pop(event.slot, None)  # the operator has nothing to do
            case ManifestAway() | LabelRefused() | ApprovalAwaited():
                waits = not isinstance(event, LabelRefused)
                tile.awaits_approval = isinstance(event, ApprovalAwaited)
                self._trouble(event.slot, BurnerError(event.code, event.detail), waits=waits)
            case ManifestBack() | ApprovalGiven():
                self._goes_on(tile, event)
            case LabelScanned():
                tile.label = event.label
                self.trouble_of.pop(event.slot, None)
                self.trouble_of.pop("", None)
                self._note(event.slot, f"{event.slot}: {escape_invisible(event.label)}")
            case ReworkOrdered():
                self.rework[event.slot] = event.reason
            case Finished():
                self._finished(tile, event)
            case UnitLabelChanged():
                self._unit_label(event)
            case _:
                tile.add(event, now)

    def _unit_label(self, event: UnitLabelChanged) -> None:
        """A label that is doubtful, or cannot be made, stays to be seen until it is scanned."""
        self.trouble_of.pop(event.unit_id, None)
        if event.state is UnitLabelState.CONFIRMED:
            self.trouble_of.pop(event.slot, None)  # a wrong scan before
            self.trouble_of.pop("", None)
        if event.code:
            error = BurnerError(event.code, f"unit {event.unit_id}: {event.detail}")
            self.trouble_of[event.unit_id] = Trouble(error, (event.slot,))
            return
        self._note(event.slot, phrase(f"label {event.state}", self.language, event.slot))

    def _state(self, tile: Tile, event: SlotStateChanged, now: float) -> None:
        if event.state is SlotState.CLOSED and tile.state in ENDED:
            return  # the last board's end stays to be seen
        if tile.state in ASKING and event.state not in (*ASKING, *ENDED):
            self.trouble_of.pop(tile.slot, None)  # what was wrong with a scan
        if event.state in (*RESTING, SlotState.SEEN):
            self.tiles[tile.slot] = tile = Tile(tile.slot, since=now, scan_back=tile.scan_back)
        if event.state in (SlotState.SEEN, SlotState.SCAN, SlotState.PASS, SlotState.KNOWN):
            self.trouble_of.pop(tile.slot, None)
        if event.state not in (SlotState.BURNING, SlotState.KNOWN):
            self.notes.pop(tile.slot, None)
        tile.state, tile.tries = event.state, event.tries
        tile.baud = event.baud or tile.baud
        if event.error is not None:
            tile.code = event.error.code
            self._trouble(tile.slot, event.error)

    def _add_of_all_slots(self, event: OfAllSlots, now: float) -> None:
        match event:
            case Prompt():
                self.prompt, self.prompt_until = event, now + ANSWER_S
            case Typing():
                self.typed = event.text
            case ScanRefused(code, detail):
                self.trouble_of[""] = Trouble(BurnerError(code, detail), ())
            case BatchCount():
                self.passed = event.passed
            case StationNotice():
                self.notice = phrase(event.text, self.language)
            case FirstArticleChanged():
                self._first_article(event)
            case HookFailed(hook, about, code, detail):
                what = ": ".join(part for part in (hook, about, detail) if part)
                self.warned[hook, code] = Trouble(BurnerError(code, what), ())
            case (
                ScannerStateChanged(part, error)
                | PrinterStateChanged(part, error)
                | MesStateChanged(part, error=error)
            ):
                key = f"MES {part}" if isinstance(event, MesStateChanged) else part
                self.trouble_of.pop(key, None)
                if error:
                    self.trouble_of[key] = Trouble(error, ())

    def _first_article(self, event: FirstArticleChanged) -> None:
        names, self.notice = phrase(", ", self.language).join(event.approvers), ""
        if event.stage is FirstArticleStage.MADE:
            self.notice = phrase("first article made", self.language, names)
        else:
            self._note("", phrase(f"article {event.stage}", self.language))

    def asked(self, now: float) -> Prompt:
        """The prompt to show: a question until it is answered, an answer for a while.

        Where there is none: the slots that wait for their printed labels.
        """
        if self.prompt.text and (self.prompt.asks or now < self.prompt_until):
            return self.prompt
        awaited = [tile.scan_back for tile in self.tiles.values() if tile.scan_back]
        return scan_back_prompt(awaited, self.language)

    def _again(self, event: RetryStarted) -> str:
        parts = (event.slot, event.code, event.number, max(event.number, tries(event.code)))
        baud = phrase("at baud", self.language, event.baud) if event.baud else ""
        return phrase("again", self.language, *parts) + baud

    def _note(self, slot: str, text: str) -> None:
        self.notes.pop(slot, None)
        self.notes[slot] = text

    def _goes_on(self, tile: Tile, event: ManifestBack | ApprovalGiven) -> None:
        """End a wait; a wait for the manifest ends in every slot, because there is one manifest."""
        if isinstance(event, ApprovalGiven):
            tile.awaits_approval = False
            self.trouble_of.pop(tile.slot, None)
            return
        for slot, trouble in list(self.trouble_of.items()):
            if trouble.waits and trouble.error.code.error_class is ErrorClass.MANIFEST:
                del self.trouble_of[slot]

    def _trouble(self, slot: str, error: BurnerError, *, waits: bool = False) -> None:
        self.trouble_of.pop(slot, None)
        self.trouble_of[slot] = Trouble(error, (slot,), waits)

    @property
    def troubles(self) -> Sequence[Trouble]:
        """All current errors, the worst first."""
        return worst_first((*self.warned.values(), *self.trouble_of.values()))

    @property
    def note(self) -> str:
        """The newest remark."""
        return next(reversed(self.notes.values()), "")

    def _finished(self, tile: Tile, event: Finished) -> None:
        attempt, result = event.record.attempt, event.record.result
        tile.unit_id = attempt.unit_id or tile.unit_id
        tile.device_name = attempt.device_name or tile.device_name
        tile.code = event.code
        for code in event.warnings:
            self.warned[tile.slot, code] = Trouble(BurnerError(code), (tile.slot,))
        tile.seconds = None if event.known else result.seconds
        if event.known:
            tile.seconds = 0.0
            when = clock(result.ended)
            tile.earlier = EarlierPass(attempt.batch, when, attempt.station, attempt.slot)
        if event.other_batch and tile.earlier:
            belongs = phrase("passed there", self.language, *tile.earlier)
            self._trouble(tile.slot, BurnerError(event.code, belongs))
        elif tile.earlier:
            already = phrase("already", self.language, tile.earlier.when, tile.earlier.slot)
            self._note(tile.slot, f"{tile.slot}: {tile.called} {already}")
        elif result.code:
            self._trouble(tile.slot, BurnerError(result.code, result.detail))

    @property
    def done(self) -> int:
        """Units of the batch that are good, earlier runs included."""
        return self.title.before + self.tally.passed if self.passed is None else self.passed

    def seconds_left(self, now: float) -> float | None:
        """Until the batch is done at the pace so far; None without a plan or a pace."""
        pace = self.tally.per_hour(now - self.started) / 3600
        if not self.title.planned or not pace:
            return None
        return max(0, self.title.planned - self.done) / pace


def clock(when: datetime) -> str:
    """Local time of day; with the date when it was another day."""
    local = when.astimezone()
    today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M}" if today else f"{local:%Y-%m-%d %H:%M}"
