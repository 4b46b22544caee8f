"""The events of a station; those of a unit are in `core.unit_events`. Data only."""

from dataclasses import dataclass
from enum import StrEnum

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.core.unit_events import Event
from burner.core.unit_labels import UnitLabelState


class SlotState(StrEnum):
    """The state of a slot, in one word that can be read from two metres away."""

    STARTING = "STARTING"
    EMPTY = "EMPTY"
    SEEN = "SEEN"
    """A board is there; it waits for its turn."""
    SCAN = "SCAN"
    """The label of its board is wanted: of one slot at a time."""
    RESCAN = "RESCAN"
    """What was scanned is not the label of its board: it is wanted still."""
    BURNING = "BURNING"
    PASS = "PASS"  # noqa: S105 - a state, not a password
    KNOWN = "KNOWN"
    """The unit passed earlier in this batch; nothing was written."""
    OTHER_BATCH = "OTHER BATCH"
    """The unit passed earlier in another batch; nothing was written."""
    FAIL = "FAIL"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    CLOSED = "CLOSED"
    """This slot takes no more boards in this run."""


NO_BOARD = (SlotState.STARTING, SlotState.EMPTY)
"""No board was seen, but one may come."""
RESTING = (*NO_BOARD, SlotState.CLOSED)
"""Nothing goes on in the slot."""
ASKING = (SlotState.SCAN, SlotState.RESCAN)
"""The slot needs a label."""
GOOD_IN_BATCH = (SlotState.PASS, SlotState.KNOWN)
"""The board is a PASS of this batch."""
PASSED_EARLIER = (SlotState.KNOWN, SlotState.OTHER_BATCH)
"""The board had passed before; nothing was written."""
GOOD = (SlotState.PASS, *PASSED_EARLIER)
"""The slot has finished its board, and it is a PASS, of whichever batch."""
BAD = (SlotState.FAIL, SlotState.ERROR, SlotState.ABORTED)
"""The slot has finished its board, and it is no PASS."""
ENDED = (*GOOD, *BAD)
"""The slot has finished its board."""


def end_state(outcome: Outcome, *, known: bool, other_batch: bool) -> SlotState:
    """The state of a slot whose board has ended."""
    if known:
        return SlotState.OTHER_BATCH if other_batch else SlotState.KNOWN
    return SlotState(outcome.value)


@dataclass(frozen=True)
class SlotStateChanged:
    """Event: a slot changed its state."""

    slot: str
    state: SlotState
    baud: int = 0
    """The rate this slot starts its next try with; 0 = as before."""
    error: BurnerError | None = None
    tries: int = 1


@dataclass(frozen=True)
class SlotSilent:
    """Event: the port of an empty slot is there, and nothing has answered for this time.

    0 seconds: something answers again, or the port is gone.
    """

    slot: str
    seconds: float


@dataclass(frozen=True)
class LabelScanned:
    """Event: a label was taken for the board in a slot; nothing has been written yet."""

    slot: str
    label: str


@dataclass(frozen=True)
class LabelRefused:
    """Event: what was scanned is not the label of the board in this slot. The slot asks again."""

    slot: str
    code: str
    detail: str = ""


@dataclass(frozen=True)
class ScanRefused:
    """Event: what was scanned is the printed label of none of the slots that wait for theirs."""

    code: str
    detail: str = ""
    slot: str = ""


@dataclass(frozen=True)
class ReworkOrdered:
    """Event: the unit in a slot, or the next one, is to be burned again; empty = no more."""

    slot: str
    reason: str


@dataclass(frozen=True)
class Prompt:
    """Event: a question to the operator, or the answer to what was scanned or typed.

    It concerns no board, so `slot` is empty. An empty `text`: there is no question any more.
    """

    text: str = ""
    """A phrase."""
    args: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """To choose from, by number."""
    asks: bool = False
    """Whether an answer is wanted; else it is a remark."""
    slot: str = ""


@dataclass(frozen=True)
class Typing:
    """Event: what somebody has typed so far and not ended with Enter."""

    text: str
    slot: str = ""


@dataclass(frozen=True)
class ScannerStateChanged:
    """Event: a scanner on a port of its own is not there, or is there again."""

    scanner: str
    error: BurnerError | None = None
    slot: str = ""


@dataclass(frozen=True)
class MesStateChanged:
    """Event: a MES takes no messages now, refuses some, or all is well again."""

    destination: str
    waiting: int
    refused: int
    error: BurnerError | None = None
    slot: str = ""


@dataclass(frozen=True)
class BatchCount:
    """Event: the number of units of the batch that have passed, as the manifest counts them."""

    passed: int
    slot: str = ""


class FirstArticleStage(StrEnum):
    """How far the first article of a batch is."""

    INCOMPLETE = "incomplete"
    """Units are to be made, or made again in place of one that is no longer good."""
    MADE = "made"
    """It waits for its approval: no other unit begins."""
    APPROVED = "approved"
    """Further units begin."""


@dataclass(frozen=True)
class FirstArticleChanged:
    """Event: the first article of the batch is made, approved, or incomplete again."""

    stage: FirstArticleStage
    approvers: tuple[str, ...] = ()
    """Names of those who may approve it, while it waits for that."""
    slot: str = ""


@dataclass(frozen=True)
class UnitLabelChanged:
    """Event: how the printed label of the unit in a slot stands now."""

    slot: str
    unit_id: str
    state: UnitLabelState
    code: str = ""
    """Why it is owed still, or doubtful."""
    detail: str = ""
    codes: tuple[str, ...] = ()
    """What a scanner reads from it, where it may have come out."""


class BoardInSlot(StrEnum):
    """What is in a slot whose unit has passed."""

    BURNED = "burned"
    """The board of that unit, as far as anybody looked."""
    GONE = "gone"
    OTHER = "other"
    """A board that was put in since; nothing was done to it."""


@dataclass(frozen=True)
class ScanBackAwaited:
    """Event: a slot waits until the printed label of its unit is scanned, or waits no more."""

    slot: str
    device_name: str = ""
    """Of the unit; empty: the wait is over."""
    printed: bool = True
    """Whether the label came out, or may have."""
    doubtful: bool = False
    """Nobody knows whether the label came out."""
    board: BoardInSlot = BoardInSlot.BURNED

    @property
    def needs_operator(self) -> bool:
        """Whether there is something to say: not of a label that comes in a moment."""
        return bool(self.device_name) and (self.printed or self.board is not BoardInSlot.BURNED)

    @property
    def phrase(self) -> str:
        """What is asked of the operator."""
        if self.board is BoardInSlot.OTHER:
            return "label before board"
        if not self.printed:
            return "label not out"
        return "scan doubtful label" if self.doubtful else "scan back"


@dataclass(frozen=True)
class PrinterStateChanged:
    """Event: labels cannot be printed now, or can again."""

    printer: str
    error: BurnerError | None = None
    slot: str = ""


DeviceStateChanged = ScannerStateChanged | PrinterStateChanged


@dataclass(frozen=True)
class StationNotice:
    """Event: something that concerns all slots; `text` is a phrase."""

    text: str
    slot: str = ""


@dataclass(frozen=True)
class HookFailed:
    """Event: a hook program went wrong, or hooks were left out. The records stand."""

    hook: str
    """`on_pass` or `on_fail`; empty where hooks were left out."""
    about: str
    """The unit that it was told of."""
    code: str
    detail: str
    slot: str = ""


StationEvent = (
    Event
    | SlotStateChanged
    | SlotSilent
    | LabelScanned
    | LabelRefused
    | ScanRefused
    | ReworkOrdered
    | Prompt
    | Typing
    | ScannerStateChanged
    | MesStateChanged
    | BatchCount
    | FirstArticleChanged
    | StationNotice
    | HookFailed
    | UnitLabelChanged
    | ScanBackAwaited
    | PrinterStateChanged
)
