"""One unit, from bare board to record. `burn` tells the whole way, top to bottom.

It never raises for a bad unit: that is an outcome, and the last event is `Finished`. It does raise
when the manifest cannot be written (E7): an unrecorded unit must not exist.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from burner.burn.compatibility import admit
from burner.burn.identify import read_after, read_before, with_label
from burner.burn.job import AttemptRequest, Job
from burner.burn.known_unit import by_flash, by_record
from burner.burn.prove import AwaitedLines, check_boot_log
from burner.burn.reburn import Action
from burner.burn.step_clock import StepClock
from burner.burn.verify import check_burned_application, check_burned_key
from burner.core.code import Code, ErrorClass
from burner.core.errors import BurnerError, Fault, as_burner_error
from burner.core.model import (
    Bound,
    Event,
    Finished,
    Mac,
    NotBegun,
    Outcome,
    Progress,
    Record,
    Result,
    Segment,
    Silicon,
    Step,
    StepStarted,
)
from burner.devices.device import ConnectPlan, Device
from burner.identity.naming import derive, device_name
from burner.identity.settings import names_before_boot, sources_after_boot
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.waiting import retry_until_reachable
from burner.provisioning import AtCarrier, is_moved
from burner.release.placement import in_write_order

T = TypeVar("T")

PRINTS_SECRET = Code.SECRET_PRINTED
"""A warning: the unit is as the release wants it, and the release is wrong."""


def burn(
    job: Job,
    device: Device,
    ledger: Ledger,
    request: AttemptRequest,
    aborted: Callable[[], bool] = lambda: False,
    *,
    leaving: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Take one unit the whole way.

    A manifest that cannot be reached for now (its server is gone) is waited for; nothing is done
    to the unit meanwhile.

    Args:
        job: release, batch and people.
        device: the unit, through the slot's worker.
        ledger: the manifest, open for this station.
        request: which slot, how fast, with what said by the operator.
        aborted: whether a person stopped the station; an error then is theirs, not the unit's.
        leaving: whether the station takes no new units; one that has not begun then waits for the
            manifest no more.

    Yields:
        Events as they happen; the last is `Finished`, or `NotBegun` where the unit left before
        its label was scanned.

    Raises:
        BurnerError: E7 when the manifest cannot be written, and waiting is no use or was ended.
    """
    way = _Way(job, device, ledger, request, lambda begun: aborted() or (leaving() and not begun))
    try:
        yield from way.identify()
        if way.unlabelled:
            yield NotBegun(request.slot, way.attempt.unit_id)
            return
        if way.names_early:
            yield from way.name()
        if known := (yield from way.recall()):
            other_batch = known.attempt.batch != job.batch
            yield Finished(request.slot, known, known=True, other_batch=other_batch)
            return
        yield from way.payload()
        yield from way.claim()
        yield from way.write()
        yield from way.verify()
        yield from way.reset()
        if not way.names_early:
            yield from way.name()
            yield from way.bind()
            yield from way.write_named()
        elif way.told_late:
            yield from way.bind()
        yield from way.prove()
        result = way.ended(Outcome.PASS)
    except BurnerError as error:
        if error.code.error_class is ErrorClass.MANIFEST:
            raise
        result = way.failed(error, aborted())
    except Exception as error:  # a bug of ours must not leave the unit without an outcome
        result = way.failed(as_burner_error(error), aborted())
    yield way.enter(Step.RECORD)
    yield Finished(request.slot, (yield from way.record(result)))


class _Way:
    """The state of one attempt between its steps; each step is a method, in the order above."""

    def __init__(
        self,
        job: Job,
        device: Device,
        ledger: Ledger,
        request: AttemptRequest,
        gives_up: Callable[[bool], bool],
    ) -> None:
        profile = job.release.profile
        self.job, self.device, self.ledger, self.request = job, device, ledger, request
        self.release, self.profile = job.release, profile
        self.names_early = names_before_boot(profile.name, profile.identity)
        self.told_late = bool(sources_after_boot(profile.identity))
        self._gives_up, self._begun = gives_up, False
        self.segments: tuple[Segment, ...] = ()
        self.written = False
        self.unlabelled = False
        self.lines: tuple[str, ...] = ()
        self.evidence: dict[str, Any] = {"baud": request.baud}
        self.attempt = job.attempt(request)
        self._clock = StepClock(Step.IDENTIFY)

    def enter(self, step: Step) -> StepStarted:
        """Go on to a step."""
        self._clock.enter(step)
        return StepStarted(self.request.slot, step)

    # -- the steps ----------------------------------------------------------------------------

    def identify(self) -> Iterator[Event]:
        yield self.enter(Step.IDENTIFY)
        self._meet()
        if self.profile.identity.needs_label:
            self._label()

    def name(self) -> Iterator[Event]:
        yield self.enter(Step.NAME)
        ids: dict[str, str | Mac] = {**self.attempt.ids, **self._addresses()}
        name = device_name(self.profile.name, ids)
        self.attempt = replace(self.attempt, device_name=name)
        yield Bound(self.request.slot, self.attempt.unit_id, name)

    def recall(self) -> Generator[Event, None, Record | None]:
        """The earlier PASS of this unit, if all that is read now says that it still is one.

        Raises:
            BurnerError: E453, E455, E456, E462, E464, E465: the unit is not burned here.
        """
        unit_id, product_id = self.attempt.unit_id, self.attempt.product_id
        history = yield from self._reached(lambda: self.ledger.unit(unit_id, product_id))
        rework = self.request.rework or history.declared_rework
        self.attempt = replace(self.attempt, rework=rework)
        if by_record(history, self.attempt, self.release) or history.good is None:
            # What was begun as a rework is continued as one.
            self.attempt = replace(self.attempt, rework=rework or history.begun_rework)
            return None
        action = by_flash(self.device, history.good, self.release)
        runs = isinstance(self.release.carrier, AtCarrier)  # it was started, and asked
        if runs and (action is Action.WRITE or not self.names_early):
            self._connect_again()
        if action is Action.WRITE:
            return None
        moved = is_moved(self.profile.carrier)
        if moved or not self.names_early:
            yield from self.reset()
        elif not runs:
            self.device.boot(0.0, lambda _: True)
        if not self.names_early:
            yield from self.name()
            by_record(history, self.attempt, self.release)
        return None if moved and not self._has_its_key() else history.good

    def payload(self) -> Iterator[Event]:
        """What this unit will hold: a pure function of release and name."""
        yield self.enter(Step.PAYLOAD)
        self._plan(self.release.payload(self.attempt.device_name))

    def claim(self) -> Iterator[Event]:
        """Intent, name and place in the batch, durable in one commit before the first erase."""
        yield self.enter(Step.CLAIM)
        yield from self._reached(lambda: self.ledger.begin(self.attempt))
        self._begun = True

    def write(self) -> Iterator[Event]:
        """Write everything: what the flash holds already proves nothing of the rest."""
        yield self.enter(Step.WRITE)
        yield from self._write(self.segments)

    def verify(self) -> Iterator[Event]:
        """The chip's MD5 has checked every region; now read the key back and decode it."""
        yield self.enter(Step.VERIFY)
        check_burned_application(self.device, self.release)
        if not self._keyless:
            check_burned_key(self.device, self.release, self.attempt.device_name)
            self.evidence["key"] = self.release.key_fingerprint

    def bind(self) -> Iterator[Event]:
        yield self.enter(Step.CLAIM)
        yield from self._reached(lambda: self.ledger.bind(self.attempt))

    def write_named(self) -> Iterator[Event]:
        """What needs the name, after a boot that told it."""
        if not self.release.needs_name:
            return
        yield self.enter(Step.PAYLOAD)
        before = self.segments
        self._plan(self.release.payload(self.attempt.device_name))
        yield self.enter(Step.WRITE)
        self._connect_again()
        new = [s for s in self.segments if not any(b.holds(s) for b in before)]
        yield from self._write(new)
        yield from self.verify()
        yield from self.reset()

    def reset(self) -> Iterator[Event]:
        """Into the application; what it prints is heard, and the IDs it alone can tell are read.

        Before the key is there, the firmware cannot say what it found.
        """
        yield self.enter(Step.RESET)
        identity = self.profile.identity
        awaited = () if self._keyless else self.profile.boot.awaited
        if identity.serial and identity.serial.line:
            awaited += (identity.serial.line,)
        self._boot(awaited)
        if sources_after_boot(identity):
            ids = read_after(self.device, identity, self.lines, self.attempt.ids)
            self.attempt = replace(self.attempt, ids=ids)

    def prove(self) -> Iterator[Event]:
        yield self.enter(Step.PROVE)
        carrier = self.release.carrier
        if isinstance(carrier, AtCarrier):
            line = self.device.line(carrier.settings.port, carrier.settings.baud)
            try:
                carrier.burn(line, self.release.key_for(self.attempt.device_name))
            finally:
                line.close()
            self.evidence["key"] = self.release.key_fingerprint
            if self.profile.boot.awaited:
                self._connect_again()
                self._boot(self.profile.boot.awaited)
        self.evidence.update({f"firmware_{what}": said for what, said in self._judge().items()})

    def record(self, result: Result) -> Generator[Event, None, Record]:
        return (yield from self._reached(lambda: self.ledger.finish(self.attempt, result)))

    # -- how it ended ------------------------------------------------------------------------

    def ended(self, outcome: Outcome, code: str = "", detail: str = "") -> Result:
        step = self._clock.step
        self.enter(Step.RECORD)
        if self.device.printed_secret:
            self.evidence["warnings"] = [PRINTS_SECRET]
        return Result(
            outcome=outcome,
            step=step,
            ended=datetime.now(UTC),
            seconds=self._clock.seconds,
            code=code,
            # flash that was read back comes as it is; whatever was said of it is for ever
            detail=self.release.search.clean(detail),
            written=self.written,
            timings=self._clock.timings,
            evidence=self.evidence,
        )

    def failed(self, error: BurnerError, by_person: bool) -> Result:
        """FAIL says that the unit is bad, ERROR that the station is; a person's stop is neither."""
        if by_person:
            return self.ended(Outcome.ABORTED, Code.STOPPED_BY_OPERATOR, error.detail)
        unit = error.row.fault is Fault.UNIT
        return self.ended(Outcome.FAIL if unit else Outcome.ERROR, error.code, error.detail)

    # -- pieces ------------------------------------------------------------------------------

    def _meet(self) -> None:
        silicon = self._connect()
        versions = {**self.job.versions, **self.device.versions()}
        self.attempt = replace(self.attempt, silicon=silicon, versions=versions)
        profile = self.profile
        admit(silicon, profile.chip.type, profile.flash.size, profile.chip.min_revision)
        ids = read_before(self.device, profile.identity, silicon)
        self.attempt = replace(self.attempt, ids=ids)

    def _label(self) -> None:
        """Ask for the label of the unit that was met, and make sure that it is still there."""
        ask, identity = self.request.ask_label, self.profile.identity
        addresses = {source: str(mac) for source, mac in self._addresses().items()}
        ids = {**addresses, **self.attempt.ids}
        label = ask(self.attempt.unit_id, ids) if ask else ""
        if label is None:
            self.unlabelled = True
            return
        self._clock.restart()  # a search for the label is no slow slot
        self._connect_again()
        ids = with_label(self.attempt.ids, identity, label, addresses)
        self.attempt = replace(self.attempt, ids=ids)

    def _addresses(self) -> dict[str, Mac]:
        return derive(self._silicon, self.profile.name.universal_addresses)

    @property
    def _silicon(self) -> Silicon:
        assert self.attempt.silicon is not None  # noqa: S101 - identify stands first
        return self.attempt.silicon

    @property
    def _keyless(self) -> bool:
        """Whether the unit, being burned, starts without a key: that waits for the name, or for a
        dialogue.
        """
        waits = self.release.needs_name and not self.attempt.device_name
        return self._begun and (waits or isinstance(self.release.carrier, AtCarrier))

    def _reached(self, ask: Callable[[], T]) -> Generator[Event, None, T]:
        return retry_until_reachable(ask, self.request.slot, lambda: self._gives_up(self._begun))

    def _plan(self, segments: Sequence[Segment]) -> None:
        self.segments = in_write_order(segments)
        regions = tuple(s.region() for s in sorted(segments, key=lambda s: s.offset))
        self.attempt = replace(self.attempt, regions=regions)

    def _has_its_key(self) -> bool:
        """A key that was moved cannot be read: whether the firmware started with it.

        Where it did not, the unit has been met anew, to be written.
        """
        try:
            self._judge()
        except BurnerError:
            self._connect_again()
            return False
        return True

    def _judge(self) -> Mapping[str, str]:
        """What the firmware said at its start. Raises BurnerError (E603 to E605)."""
        unit = self.attempt
        return check_boot_log(self.profile.boot, self.lines, unit.device_name, unit.product_id)

    def _connect(self) -> Silicon:
        early = self.profile.flash.early_baud == "auto"
        plan = ConnectPlan(self.profile.chip.type, self.request.baud, early, self.attempt.id)
        return self.device.identify(plan)

    def _connect_again(self) -> None:
        """After a boot; nobody may have put another board in."""
        if (now := self._connect().mac) != self._silicon.mac:
            raise BurnerError(Code.UNIT_SWAPPED, f"began with {self._silicon.mac}, now {now}")

    def _boot(self, awaited: tuple[str, ...]) -> None:
        settings = self.profile.boot
        self.lines = self.device.boot(
            settings.timeout_s if awaited else 0.0,
            AwaitedLines(awaited),
            settings.baud,
        )

    def _write(self, segments: Sequence[Segment]) -> Iterator[Event]:
        self.written = True
        for done, total in self.device.write(segments):
            yield Progress(self.request.slot, Step.WRITE, done, total)
