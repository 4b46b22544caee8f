"""What the board knows: one tile a slot, made from events. Pure state; drawing is in board.py."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from burner.cli.words import phrase
from burner.errors import BurnerError, Language
from burner.model import Bound, Finished, Note, Progress, Step, StepStarted, Waiting
from burner.station import SlotIs, SlotState, StationEvent
from burner.station.tally import Tally

RESTING = (SlotState.EMPTY, SlotState.CLOSED, SlotState.STARTING)


@dataclass
class Tile:
    """What is to be seen of one slot."""

    slot: str
    state: SlotState = SlotState.STARTING
    since: float = 0.0
    """Monotonic seconds at which the board in the slot was seen."""
    step: Step | None = None
    done: int = 0
    total: int = 0
    unit_id: str = ""
    device_name: str = ""
    baud: int = 0
    tries: int = 1
    code: str = ""
    seconds: float | None = None
    """Of the finished board; None while it runs."""
    known: tuple[str, str] | None = None
    """`10:42` and slot: when and where a known unit passed."""

    @property
    def called(self) -> str:
        """The name, or the id while there is no name yet."""
        return self.device_name or self.unit_id

    @property
    def share(self) -> float | None:
        """Of the write, 0 to 1; None outside of it."""
        return self.done / self.total if self.total else None

    def elapsed(self, now: float) -> float:
        """Seconds for this board."""
        return self.seconds if self.seconds is not None else max(0.0, now - self.since)


@dataclass(frozen=True)
class Title:
    """What stands above the tiles; the same for a whole run."""

    product: str
    batch: str
    operator: str
    station: str
    planned: int = 0
    """Units of the batch; 0 = no plan."""
    before: int = 0
    """Units of the batch that had passed before this run."""


@dataclass
class View:
    """Everything on the board."""

    title: Title
    started: float
    """Monotonic seconds."""
    baud: int
    """The profile's rate: a slot below it shows its own."""
    language: Language = "en"
    tiles: dict[str, Tile] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    troubles: dict[str, BurnerError] = field(default_factory=dict)
    """The last error of each slot that still stands, the newest last."""
    note: str = ""
    """The last thing worth reading that is no error."""
    notice: str = ""
    """What concerns all slots: the station takes no more boards, the batch is complete."""

    def add_slots(self, slots: Iterable[str]) -> None:
        """Show a tile for each slot from the start."""
        self.tiles.update({slot: Tile(slot) for slot in slots})

    def add(self, event: StationEvent, now: float) -> None:
        """Take one event in, at that monotonic second."""
        self.tally.add(event)
        tile = self.tiles.setdefault(event.slot, Tile(event.slot))
        match event:
            case SlotIs():
                self._state(tile, event, now)
            case StepStarted():
                tile.step, tile.done, tile.total = event.step, 0, 0
            case Progress():
                tile.done, tile.total = event.done, event.total
            case Bound():
                tile.unit_id, tile.device_name = event.unit_id, event.device_name
            case Note():
                self.note = self._again(event)
                self.troubles.pop(event.slot, None)  # the operator has nothing to do
            case Waiting():
                self._waiting(event)
            case Finished():
                self._finished(tile, event)

    def _state(self, tile: Tile, event: SlotIs, now: float) -> None:
        if event.state is SlotState.CLOSED and tile.state not in RESTING:
            return  # the last board's end stays to be seen
        if event.state in (*RESTING, SlotState.SEEN):
            self.tiles[tile.slot] = tile = Tile(tile.slot, since=now)
        if event.state in (SlotState.SEEN, SlotState.PASS, SlotState.KNOWN):
            self.troubles.pop(tile.slot, None)
        tile.state, tile.tries = event.state, event.tries
        tile.baud = event.baud or tile.baud
        if event.error is not None:
            tile.code = event.error.code
            self._trouble(tile.slot, event.error)

    def _again(self, event: Note) -> str:
        told = phrase("again", self.language).format(event.slot, event.code, event.number)
        return told + (phrase("at baud", self.language).format(event.baud) if event.baud else "")

    def _waiting(self, event: Waiting) -> None:
        if event.code:
            self._trouble(event.slot, BurnerError(event.code, event.detail))
            return
        over = [s for s, e in self.troubles.items() if e.code.startswith("E7")]
        for slot in (event.slot, *over):
            self.troubles.pop(slot, None)

    def _trouble(self, slot: str, error: BurnerError) -> None:
        self.troubles.pop(slot, None)
        self.troubles[slot] = error

    @property
    def trouble(self) -> tuple[str, BurnerError] | None:
        """The last error that still stands, and its slot."""
        return next(reversed(self.troubles.items()), None)

    def _finished(self, tile: Tile, event: Finished) -> None:
        attempt, result = event.record.attempt, event.record.result
        tile.unit_id = attempt.unit_id or tile.unit_id
        tile.device_name = attempt.device_name or tile.device_name
        tile.code = result.code
        tile.seconds = None if event.known else result.seconds
        tile.known = (clock(result.ended), attempt.slot) if event.known else None
        if tile.known:
            tile.seconds = 0.0
            already = phrase("already", self.language).format(*tile.known)
            self.note = f"{tile.slot}: {tile.called} {already}"
        elif result.code:
            self._trouble(tile.slot, BurnerError(result.code, result.detail))

    @property
    def done(self) -> int:
        """Units of the batch that have passed, earlier runs included."""
        return self.title.before + self.tally.passed

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
