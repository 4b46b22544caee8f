"""A platform that creates names, with faults; in place of its SDK and the wire."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from burner.cloud.management.api import (
    CreationResult,
    CreationTask,
    DeviceOnPlatform,
    ProductOnPlatform,
)
from burner.cloud.management.errors import UncertainCallError
from burner.cloud.precreation import CreationEvent, CreationHistory
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.product_settings import RegisterType

PRODUCT = "7QKX2MPD0C"
CUT = Code.API_ANSWER_UNREADABLE


def cut(moment: str) -> BurnerError:
    """The error of a call that was cut; one that creates may have been done."""
    error = BurnerError(CUT, moment)
    return UncertainCallError(error) if "create" in moment else error


def not_sent(moment: str) -> BurnerError:
    """The error of a call that never reached the platform."""
    return BurnerError(Code.API_UNREACHABLE, moment)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class CreatingPlatform:
    """One product. `fault` is asked before and after each call takes effect; it may raise."""

    has: set[str] = field(default_factory=set)
    refuses: dict[str, BurnerError] = field(default_factory=dict)
    """Name → why it alone is refused."""
    fault: Callable[[str], None] = lambda _moment: None
    names_per_call: int = 4
    polls: int = 0
    """Polls until a task has a result; 0: the call has it."""
    lag: int = 0
    """Calls after which what was created can be seen."""
    calls: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)
    """Every name of every call, in order."""
    unknown: set[str] = field(default_factory=set)
    """Names that were sent, and nobody was told what became of them."""
    sent_unasked: list[str] = field(default_factory=list)
    """Names that were sent while that was so."""
    tasks: dict[str, CreationResult] = field(default_factory=dict)
    polled: Counter[str] = field(default_factory=Counter)
    coming: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    states: dict[str, DeviceOnPlatform] = field(default_factory=dict)
    """How devices stand that are not new."""

    def _call(self, kind: str) -> None:
        self.calls[kind] += 1
        self.fault(f"before {kind}")
        number = self.calls.total()
        for moment, names in [c for c in self.coming if c[0] <= number]:
            self.has |= names
            self.coming.remove((moment, names))

    def _shown(self, name: str) -> DeviceOnPlatform:
        return self.states.get(name, DeviceOnPlatform(name))

    def product(self, product_id: str) -> ProductOnPlatform:
        raise AssertionError(f"the secret of {product_id} is not needed")

    def device_count(self, product_id: str) -> int:
        assert product_id == PRODUCT
        self._call("device_count")
        return len(self.has)

    def devices(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        assert product_id == PRODUCT
        self._call("devices")
        ordered = sorted(self.has)
        self.unknown.clear()
        for first in range(0, len(ordered), 100):
            yield [self._shown(name) for name in ordered[first : first + 100]]

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        assert product_id == PRODUCT
        self._call("device")
        self.unknown.discard(name)
        return self._shown(name) if name in self.has else None

    def create(self, product_id: str, names: Sequence[str]) -> CreationTask:
        assert product_id == PRODUCT
        assert 0 < len(names) <= self.names_per_call
        self.sent += names
        self.sent_unasked += [name for name in names if name in self.unknown]
        self.unknown |= set(names)
        try:
            self._call("create")
        except UncertainCallError:
            raise
        except BurnerError:  # surely not done
            self.unknown -= set(names)
            raise
        if bad := next(
            (self.refuses[n] for n in names if "whole" in n and n in self.refuses), None
        ):
            self.unknown -= set(names)
            raise bad
        refused = {name: self.refuses[name] for name in names if name in self.refuses}
        coming = {name for moment in self.coming for name in moment[1]}
        existing = tuple(n for n in names if n not in refused and n in self.has | coming)
        created = tuple(n for n in names if n not in refused and n not in existing)
        self.created.update(created)
        if self.lag:
            self.coming.append((self.calls.total() + self.lag, frozenset(created)))
        else:
            self.has |= set(created)
        result = CreationResult(created, existing, refused)
        self.fault("after create")
        if self.polls:
            task = f"task-{len(self.tasks)}"
            self.tasks[task] = result
            return CreationTask(task, tuple(names), None)
        self.unknown -= set(names)
        return CreationTask("", tuple(names), result)

    def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:
        assert product_id == PRODUCT
        self._call("result")
        self.polled[task.id] += 1
        if task.id not in self.tasks:
            raise BurnerError(Code.CLOUD_REFUSES, "no such task")
        if self.polled[task.id] < self.polls:
            return None
        self.fault("after result")
        self.unknown -= set(task.names)
        return self.tasks[task.id]

    def set_registration(self, product_id: str, register_type: RegisterType, limit: int) -> None:
        raise AssertionError


class JournalInMemory:
    """A journal that outlives its runs, as a file does; `fault` may end the process."""

    def __init__(self, fault: Callable[[str], None] = lambda _moment: None) -> None:
        self.events: list[CreationEvent] = []
        self.history = CreationHistory()
        self._fault = fault

    def add(self, event: CreationEvent) -> None:
        self._fault("before journal")
        self.events.append(event)
        self.history.apply(event)
        self._fault("after journal")
