"""Creates names on the platform, in chunks; what was sent is on the journal before it is sent."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from burner.cloud.listed_device import ListedDevice, unusable_names
from burner.cloud.management.api import (
    CreationCutShortError,
    CreationResult,
    CreationTask,
    DeviceOnPlatform,
    ManagementApi,
)
from burner.cloud.management.errors import CallRefusedError, UncertainCallError
from burner.cloud.patience import Patience
from burner.cloud.precreation import (
    ChunkSent,
    ChunkSettled,
    CreationEvent,
    CreationFinished,
    CreationHistory,
    NamesAsked,
    SentChunk,
    TaskStarted,
    chunks,
    precreation_plan,
)
from burner.cloud.present_devices import present_devices
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted


class NameFate(StrEnum):
    """What became of a name."""

    CREATED = "created"
    EXISTING = "existing"
    """The platform had it."""
    REFUSED = "refused"


class Journal(Protocol):
    """Keeps what was sent, for the next run."""

    @property
    def history(self) -> CreationHistory:
        """What it says so far."""

    def add(self, event: CreationEvent) -> None:
        """Keep an event, whatever happens next."""


FateListener = Callable[[Sequence[str], NameFate], None]
"""Takes names, with what became of them."""


@dataclass
class PrecreationResult:
    """What became of the names of a run."""

    counts: dict[NameFate, int] = field(default_factory=lambda: dict.fromkeys(NameFate, 0))
    refused: dict[str, BurnerError] = field(default_factory=dict)
    stopped: bool = False
    """Somebody stopped the run before the last name."""


def _ignore(_names: Sequence[str], _fate: NameFate) -> None:
    """Listens before a run has begun."""


class Precreation:
    """Creates names of one product, each exactly once."""

    def __init__(
        self,
        api: ManagementApi,
        product_id: str,
        journal: Journal,
        *,
        burned: Collection[str],
        stop: Callable[[], bool],
        patience: Patience,
    ) -> None:
        """Prepare a run; nothing is sent yet.

        Args:
            api: of the platform.
            product_id: of the product.
            journal: of the product; no other run may use it.
            burned: names of good units: who registered with these is known.
            stop: whether to stop after the chunk in flight.
            patience: how long.
        """
        self._api, self._product_id, self._journal = api, product_id, journal
        self._stop, self._pause, self._patience = stop, patience.pause, patience
        self.result = PrecreationResult()
        """What is known so far."""
        self._on_fate: FateListener = _ignore
        self._wanted: frozenset[str] = frozenset()
        self._burned = burned
        self._existing: list[str] = []
        """Names that were there before: how their devices stand is asked at the end, at once."""
        self._confirmed: set[str] = set()

    def run(
        self, names: Sequence[str], on_record: Collection[str], on_fate: FateListener
    ) -> PrecreationResult:
        """Create names.

        Args:
            names: each once.
            on_record: those that the manifest has as confirmed.
            on_fate: takes names, as soon as it is known what became of them.

        Raises:
            BurnerError: E8 the platform cannot be reached, or refuses every call; E864 it is still
                at work. What is known by then is kept.
        """
        history = self._journal.history
        self._wanted, self._on_fate, self._confirmed = frozenset(names), on_fate, set(on_record)
        self._report(precreation_plan(names, history, on_record).done, NameFate.EXISTING)
        for sent in tuple(history.pending.values()):
            self._settle_pending(sent)
        self._existing.clear()  # the plan asks for them
        plan = precreation_plan(names, history, self._confirmed)
        ask = [name for name in plan.ask if name not in self.result.refused]
        send = frozenset(plan.send) | self._ask(ask)
        left = [name for name in names if name in send and name not in self.result.refused]
        for chunk in chunks(left, self._api.names_per_call):
            if self._stop() or self._create(chunk):
                self.result.stopped = True
                break
        self._report_existing()
        if not self.result.stopped:
            self._journal.add(CreationFinished())
        return self.result

    # -- one chunk ---------------------------------------------------------------------------------

    def _create(self, chunk: tuple[str, ...]) -> tuple[str, ...]:
        """Create the names of a chunk; those that are left where somebody stopped the run."""
        before = len(self.result.refused)
        left, error = self._send(chunk)
        if error and len(self.result.refused) - before == len(chunk) > 1:
            raise error  # no fault of the names: the platform refuses every call
        return left

    def _send(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], BurnerError | None]:
        """Send names until the platform has them; what is left, and the refusal of a call."""
        for again in range(1, self._patience.tries + 1):
            sent = ChunkSent(self._journal.history.next_number, names)
            self._journal.add(sent)
            chunk = SentChunk(sent.number, names)
            failure: BurnerError | None = None
            try:
                task = self._api.create(self._product_id, names)
            except UncertainCallError as error:
                names, failure = self._settle_by_asking(chunk), error.cause
            except CreationCutShortError as error:
                failure = error.cause
                at_once = not isinstance(failure, UncertainCallError)
                names = self._settle_by_asking(chunk, error.created, at_once=at_once)
            except BurnerError as error:  # nothing was created
                self._journal.add(ChunkSettled(chunk.number, absent=names))
                failure = error
            else:
                names = self._await(chunk, task)
            if names and failure:
                if isinstance(failure, CallRefusedError) and failure.about_names:
                    return self._send_halves(names, failure), failure
                if not failure.row.retry or again == self._patience.tries:
                    raise failure
            if not names or self._stop():
                return names, None
            self._pause(self._patience.settle_s * again)
        raise BurnerError(Code.CREATED_NAME_MISSING, names[0])

    def _send_halves(self, names: tuple[str, ...], error: BurnerError) -> tuple[str, ...]:
        """Send names of which one may have made the platform refuse them all; what is left."""
        if len(names) == 1:
            self._refuse({names[0]: error})
            return ()
        half = len(names) // 2
        left, _ = self._send(names[:half])
        return left + names[half:] if left else self._send(names[half:])[0]

    def _await(self, chunk: SentChunk, task: CreationTask) -> tuple[str, ...]:
        """Wait for the result of a task; the names that the platform has not got."""
        if task.id and not chunk.task:
            self._journal.add(TaskStarted(chunk.number, task.id))
        result, waited, wait, cuts = task.result, 0.0, self._patience.first_poll_s, 0
        while result is None:
            if waited >= self._patience.task_s:
                detail = f"task {task.id}: {counted(len(chunk.names), 'name')}"
                raise BurnerError(Code.CREATION_STILL_AT_WORK, detail)
            self._pause(wait)
            waited, wait = waited + wait, min(1.5 * wait, self._patience.longest_poll_s)
            try:
                result = self._api.creation_result(self._product_id, task)
            except BurnerError as error:
                if not error.row.retry:  # the platform has forgotten the task
                    return self._settle_by_asking(chunk)
                cuts += 1
                if cuts == self._patience.tries and error.code == Code.API_ANSWER_UNREADABLE:
                    return self._settle_by_asking(chunk)
                if cuts == self._patience.tries:
                    raise
        self._settle(chunk, result)
        return ()

    def _settle_pending(self, chunk: SentChunk) -> None:
        """Find out what became of a chunk of an earlier run."""
        if chunk.task:
            try:
                self._await(chunk, CreationTask(chunk.task, chunk.names, None))
            except BurnerError as error:
                if error.code != Code.CREATION_STILL_AT_WORK:
                    raise
                self._settle_by_asking(chunk)  # it was waited for in the run before already
        else:
            self._settle_by_asking(chunk)

    def _settle(self, chunk: SentChunk, result: CreationResult) -> None:
        refused = dict(result.refused)
        existing = set(result.existing)
        created = set(result.created) - existing
        left = [n for n in chunk.names if n not in created | existing and n not in refused]
        if left:
            found = self._present(left)
            existing |= found.keys()
            lost = {n: BurnerError(Code.CREATED_NAME_MISSING, n) for n in left if n not in found}
            refused |= lost
        codes = {name: str(error.code) for name, error in refused.items()}
        self._journal.add(ChunkSettled(chunk.number, tuple(sorted(existing)), codes))
        self._report([name for name in chunk.names if name in created], NameFate.CREATED)
        self._existing += [name for name in chunk.names if name in existing]
        self._refuse(refused)

    def _settle_by_asking(
        self, chunk: SentChunk, created: Sequence[str] = (), *, at_once: bool = False
    ) -> tuple[str, ...]:
        """Ask the platform until its answer stays; the names that it has not got.

        Args:
            chunk: that was sent.
            created: those of its names that were created then, as far as it is known.
            at_once: ask once; the other names were surely not sent.
        """
        found = self._present_in_time(chunk.names, () if at_once else self._patience.absent_s)
        absent = [name for name in chunk.names if name not in found]
        unusable = self._unusable(found)
        codes = {name: str(error.code) for name, error in unusable.items()}
        usable = tuple(name for name in found if name not in unusable)
        self._journal.add(ChunkSettled(chunk.number, usable, codes, tuple(absent)))
        self._journal.add(NamesAsked(usable, ()))
        self._report([name for name in usable if name in created], NameFate.CREATED)
        self._report([name for name in usable if name not in created], NameFate.EXISTING)
        self._refuse(unusable)
        return tuple(absent)

    # -- what the platform has ---------------------------------------------------------------------

    def _ask(self, names: Sequence[str]) -> frozenset[str]:
        """The names among these to send: the platform has not got them any more.

        Those of a list that is not finished were created a moment ago: they are refused, so that
        somebody looks what became of them.
        """
        if not names:
            return frozenset()
        found = self._present(names)
        created = self._journal.history.done.intersection(names)
        if not created <= found.keys():
            self._pause(self._patience.settle_s)
            found |= self._present(created - found.keys())
        absent = tuple(name for name in names if name not in found)
        lost = {n: BurnerError(Code.CREATED_NAME_MISSING) for n in absent if n in created}
        self._report_present([name for name in names if name in found], found, absent)
        self._refuse(lost)
        return frozenset(absent) - lost.keys()

    def _report_existing(self) -> None:
        """Report the names that were there before; one that is gone meanwhile is refused."""
        if not self._existing:
            return
        found = self._present_in_time(self._existing, self._patience.absent_s)
        absent = tuple(name for name in self._existing if name not in found)
        self._report_present([name for name in self._existing if name in found], found, absent)
        self._refuse({name: BurnerError(Code.CREATED_NAME_MISSING) for name in absent})

    def _report_present(
        self,
        names: Sequence[str],
        found: Mapping[str, DeviceOnPlatform],
        absent: tuple[str, ...] = (),
    ) -> None:
        """Report the names with which a new unit can register, and refuse the others."""
        unusable = self._unusable(found)
        usable = tuple(name for name in names if name not in unusable)
        self._journal.add(NamesAsked(usable, absent))
        self._report(usable, NameFate.EXISTING)
        self._refuse(unusable)

    def _present_in_time(
        self, names: Collection[str], patience: Sequence[float]
    ) -> dict[str, DeviceOnPlatform]:
        """Ask after each pause, and anew after each answer with further devices, until all are
        there: a platform may list a device late.
        """
        found, pauses = dict[str, DeviceOnPlatform](), patience
        while True:
            present = self._present([name for name in names if name not in found])
            found |= present
            if present:
                pauses = patience
            if len(found) == len(names) or not pauses:
                return found
            self._pause(pauses[0])
            pauses = pauses[1:]

    def _present(self, names: Collection[str]) -> dict[str, DeviceOnPlatform]:
        return present_devices(self._api, self._product_id, names)

    def _unusable(self, found: Mapping[str, DeviceOnPlatform]) -> dict[str, BurnerError]:
        return unusable_names(map(ListedDevice.of, found.values()), self._burned)

    # -- what became of names ----------------------------------------------------------------------

    def _report(self, names: Iterable[str], fate: NameFate) -> None:
        if wanted := [name for name in names if name in self._wanted]:
            self.result.counts[fate] += len(wanted)
            if fate is not NameFate.REFUSED:
                self._confirmed.update(wanted)
            self._on_fate(wanted, fate)

    def _refuse(self, refused: Mapping[str, BurnerError]) -> None:
        self.result.refused |= {n: e for n, e in refused.items() if n in self._wanted}
        self._report(refused, NameFate.REFUSED)
