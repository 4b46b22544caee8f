"""The steps of one unit: identify, name, payload, claim, write, verify, reset, prove, record."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from burner.burn.approval import BEFORE_APPROVAL, wait_for_approval
from burner.burn.boot_lines import AwaitedLines
from burner.burn.challenge import challenge_unit, comes_late
from burner.burn.compatibility import check_part
from burner.burn.identify import add_label, read_after_boot, read_before_write
from burner.burn.job import AttemptRequest, Job
from burner.burn.known_unit import decide_by_flash, decide_by_record
from burner.burn.prove import check_boot_log
from burner.burn.readback import check_burned_application, check_burned_key
from burner.burn.reburn import ReburnAction
from burner.burn.step_clock import StepClock
from burner.core.attempt import Outcome, Record, Result, Step
from burner.core.code import Code
from burner.core.errors import BurnerError, Fault
from burner.core.segments import Segment
from burner.core.silicon import Mac, Silicon
from burner.core.unit_events import Event, Progress, StepStarted, UnitNamed
from burner.devices.device import ConnectPlan, Device
from burner.identity.interface_addresses import interface_macs
from burner.identity.naming import device_name
from burner.identity.settings import names_before_boot, sources_after_boot
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.retry_manifest import retry_until_reachable
from burner.provisioning.partition_settings import is_moved
from burner.release.placement.payload import in_write_order

T = TypeVar("T")


class LeftUntouchedError(Exception):
    """The unit left, or the station stopped, before anything was done to it."""


class UnitSteps:
    """The steps of one attempt, in the order in which `burn` takes them, and their shared state."""

    def __init__(
        self,
        job: Job,
        device: Device,
        ledger: Ledger,
        request: AttemptRequest,
        stops_waiting: Callable[[bool], bool],
    ) -> None:
        """Nothing is done yet.

        Args:
            job: release, batch and people.
            device: the unit.
            ledger: the manifest.
            request: what differs from attempt to attempt.
            stops_waiting: whether to give up waiting for the manifest; it is given whether the
                intent is on record.
        """
        profile = job.release.profile
        self.job, self.device, self.ledger, self.request = job, device, ledger, request
        self.release, self.profile = job.release, profile
        self.is_named_before_boot = names_before_boot(profile.name, profile.identity)
        self.has_ids_after_boot = bool(sources_after_boot(profile.identity))
        self._stops_waiting, self._has_intent = stops_waiting, False
        self.segments: tuple[Segment, ...] = ()
        self.written = False
        self.lines: tuple[str, ...] = ()
        self.evidence: dict[str, Any] = {"baud": request.baud}
        self.attempt = job.attempt(request)
        self._clock, self._reset_and_lines_s = StepClock(Step.IDENTIFY), (0.0, 0.0)

    def enter(self, step: Step) -> StepStarted:
        """Begin a step: its time counts from now."""
        self._clock.enter(step)
        return StepStarted(self.request.slot, step)

    # -- the steps ----------------------------------------------------------------------------

    def identify(self) -> Iterator[Event]:
        """Connect, check chip and IDs, and ask for the label where the profile wants one."""
        yield self.enter(Step.IDENTIFY)
        self._connect_and_check()
        if self.profile.identity.needs_label:
            self._ask_label()

    def name(self) -> Iterator[Event]:
        """Derive the device name from the IDs."""
        yield self.enter(Step.NAME)
        ids: dict[str, str | Mac] = {**self.attempt.ids, **self._addresses()}
        name = device_name(self.profile.name, ids)
        self.attempt = replace(self.attempt, device_name=name)
        yield UnitNamed(self.request.slot, self.attempt.unit_id, name)

    def find_known_pass(self) -> Generator[Event, None, Record | None]:
        """The PASS of this unit in the manifest, if its flash still agrees with it; else None.

        Raises:
            BurnerError: E453, E455, E456, E462, E464, E465: the unit is not burned here.
        """
        unit_id, product_id = self.attempt.unit_id, self.attempt.product_id
        history = yield from self._call_manifest(lambda: self.ledger.unit(unit_id, product_id))
        rework = self.request.rework or history.declared_rework
        self.attempt = replace(self.attempt, rework=rework)
        if decide_by_record(history, self.attempt, self.release) or history.good is None:
            # What was begun as a rework is continued as one.
            self.attempt = replace(self.attempt, rework=rework or history.begun_rework)
            return None
        action = decide_by_flash(self.device, history.good, self.release)
        was_booted = self.release.key_by_dialogue  # to be asked for its key
        if was_booted and (action is ReburnAction.WRITE or not self.is_named_before_boot):
            self._connect_again()
        if action is ReburnAction.WRITE:
            return None
        moved = is_moved(self.profile.carrier)
        if moved or not self.is_named_before_boot:
            yield from self.reset()
        elif not was_booted:
            self.device.boot(0.0, lambda _: True)
        if not self.is_named_before_boot:
            yield from self.name()
            decide_by_record(history, self.attempt, self.release)
        return None if moved and not self._has_its_key() else history.good

    def payload(self) -> Iterator[Event]:
        """Compute what the unit will hold: a pure function of release and name."""
        yield self.enter(Step.PAYLOAD)
        self._set_segments(self.release.payload(self.attempt.device_name))

    def claim(self) -> Iterator[Event]:
        """Record intent, name and place in the batch, in one commit before the first erase."""
        yield self.enter(Step.CLAIM)
        while not self._has_intent:
            try:
                yield from self._call_manifest(lambda: self.ledger.begin(self.attempt))
                self._has_intent = True
            except BurnerError as error:
                if error.code not in BEFORE_APPROVAL or self.request.has_left is None:
                    raise
                yield from self._wait_for_approval(error, self.request.has_left)

    def _wait_for_approval(
        self, refusal: BurnerError, has_left: Callable[[], bool]
    ) -> Generator[Event, None, None]:
        """Wait for the approval of the first article, then make sure of the unit again."""
        goes_on = yield from wait_for_approval(
            self.request.slot,
            refusal,
            lambda: self._call_manifest(
                lambda: self.ledger.refusal_before_approval(self.job.batch)
            ),
            lambda: self._stops_waiting(False) or has_left(),
        )
        if not goes_on:
            raise LeftUntouchedError
        self._clock.restart()  # the time of the wait is not the slot's
        self._connect_again()

    def write(self) -> Iterator[Event]:
        """Write every segment, whatever the flash already holds."""
        yield self.enter(Step.WRITE)
        yield from self._write(self.segments)

    def verify(self) -> Iterator[Event]:
        """Read the key configuration back and decode it; `write` has checked every MD5."""
        yield self.enter(Step.VERIFY)
        check_burned_application(self.device, self.release)
        if not self._starts_without_key:
            check_burned_key(self.device, self.release, self.attempt.device_name)
            self.evidence["key"] = self.release.key_fingerprint

    def bind(self) -> Iterator[Event]:
        """Record a name, or IDs, that only the booted unit could tell."""
        yield self.enter(Step.CLAIM)
        yield from self._call_manifest(lambda: self.ledger.bind(self.attempt))

    def write_what_needs_the_name(self) -> Iterator[Event]:
        """Write the segments that hold the name, where the boot was needed to know it."""
        if not self.release.needs_name:
            return
        yield self.enter(Step.PAYLOAD)
        before = self.segments
        self._set_segments(self.release.payload(self.attempt.device_name))
        yield self.enter(Step.WRITE)
        self._connect_again()
        new = [s for s in self.segments if not any(b.holds(s) for b in before)]
        yield from self._write(new)
        yield from self.verify()
        yield from self.reset()

    def reset(self) -> Iterator[Event]:
        """Reset into the application, collect its lines, read the IDs that only it can tell.

        Without a key no line is awaited: the firmware prints the awaited ones only with a key.
        """
        yield self.enter(Step.RESET)
        identity = self.profile.identity
        awaited = () if self._starts_without_key else self.profile.boot.awaited
        if identity.serial and identity.serial.line:
            awaited += (identity.serial.line,)
        self._boot(awaited)
        if sources_after_boot(identity):
            ids = read_after_boot(self.device, identity, self.lines, self.attempt.ids)
            self.attempt = replace(self.attempt, ids=ids)

    def prove(self) -> Iterator[Event]:
        """Give an AT firmware its key; compare what was printed with what was burned; challenge."""
        yield self.enter(Step.PROVE)
        awaited, name = self.profile.boot.awaited, self.attempt.device_name
        if carrier := self.release.at_carrier:
            with closing(self.device.line(carrier.settings.port, carrier.settings.baud)) as line:
                carrier.burn(line, self.release.key_for(name))
            self.evidence["key"] = self.release.key_fingerprint
            if awaited:
                self._connect_again()
                self._boot(awaited)
        printed = self._check_boot_log()
        self.evidence.update({f"firmware_{field}": value for field, value in printed.items()})
        if self.profile.boot.challenge:
            if comes_late(*(self._clock.seconds - at_s for at_s in self._reset_and_lines_s)):
                self._connect_again()
                self._boot(awaited)
            self.evidence |= challenge_unit(self.device, self.release, name)

    def record(self, result: Result) -> Generator[Event, None, Record]:
        """Write the outcome into the manifest."""
        return (yield from self._call_manifest(lambda: self.ledger.finish(self.attempt, result)))

    # -- outcome -----------------------------------------------------------------------------

    def passed(self) -> Result:
        """The unit is good."""
        return self._result(Outcome.PASS)

    def failed(self, error: BurnerError, *, by_person: bool) -> Result:
        """FAIL: the unit is bad. ERROR: the station is bad. ABORTED: a person stopped it."""
        if by_person:
            return self._result(Outcome.ABORTED, Code.STOPPED_BY_OPERATOR, error.detail)
        is_unit = error.row.fault is Fault.UNIT
        return self._result(Outcome.FAIL if is_unit else Outcome.ERROR, error.code, error.detail)

    def _result(self, outcome: Outcome, code: str = "", detail: str = "") -> Result:
        step = self._clock.step
        self.enter(Step.RECORD)
        if self.device.printed_secret:  # the unit is as the release wants it: the release is wrong
            self.evidence["warnings"] = [Code.SECRET_PRINTED]
        return Result(
            outcome=outcome,
            step=step,
            ended=datetime.now(UTC),
            seconds=self._clock.seconds,
            code=code,
            # a detail may quote flash that was read back, which no door has cleaned
            detail=self.release.search.clean(detail),
            written=self.written,
            timings=self._clock.timings,
            evidence=self.evidence,
        )

    # -- parts of steps ----------------------------------------------------------------------

    def _connect_and_check(self) -> None:
        silicon = self._connect()
        versions = {**self.job.versions, **self.device.versions()}
        self.attempt = replace(self.attempt, silicon=silicon, versions=versions)
        profile = self.profile
        check_part(silicon, profile.chip.type, profile.flash.size, profile.chip.min_revision)
        ids = read_before_write(self.device, profile.identity, silicon)
        self.attempt = replace(self.attempt, ids=ids)

    def _ask_label(self) -> None:
        """Ask for the label of this unit, then make sure that the unit is still in the slot."""
        ask, identity = self.request.ask_label, self.profile.identity
        addresses = {source: str(mac) for source, mac in self._addresses().items()}
        ids = {**addresses, **self.attempt.ids}
        label = ask(self.attempt.unit_id, ids) if ask else ""
        if label is None:
            raise LeftUntouchedError
        self._clock.restart()  # the time of the search for a label is not the slot's
        self._connect_again()
        ids = add_label(self.attempt.ids, identity, label, addresses)
        self.attempt = replace(self.attempt, ids=ids)

    def _addresses(self) -> dict[str, Mac]:
        return interface_macs(self._silicon, self.profile.name.universal_addresses)

    @property
    def _silicon(self) -> Silicon:
        assert self.attempt.silicon is not None  # noqa: S101 - identify stands first
        return self.attempt.silicon

    @property
    def _starts_without_key(self) -> bool:
        """Whether the burned unit starts without its key.

        The key needs a name that is not known yet, or comes by a dialogue after the boot.
        """
        waits = self.release.needs_name and not self.attempt.device_name
        return self._has_intent and (waits or self.release.key_by_dialogue)

    def _call_manifest(self, call: Callable[[], T]) -> Generator[Event, None, T]:
        return retry_until_reachable(
            call, self.request.slot, lambda: self._stops_waiting(self._has_intent)
        )

    def _set_segments(self, segments: Sequence[Segment]) -> None:
        self.segments = in_write_order(segments)
        regions = tuple(s.region() for s in sorted(segments, key=lambda s: s.offset))
        self.attempt = replace(self.attempt, regions=regions)

    def _has_its_key(self) -> bool:
        """Whether the firmware started with a key that it moved, and that cannot be read.

        If not, the unit is connected again, ready to be written.
        """
        try:
            self._check_boot_log()
        except BurnerError:
            self._connect_again()
            return False
        return True

    def _check_boot_log(self) -> Mapping[str, str]:
        """What the firmware printed of itself. Raises BurnerError (E603 to E605)."""
        unit = self.attempt
        return check_boot_log(self.profile.boot, self.lines, unit.device_name, unit.product_id)

    def _connect(self) -> Silicon:
        early = self.profile.flash.early_baud == "auto"
        plan = ConnectPlan(self.profile.chip.type, self.request.baud, early, self.attempt.id)
        return self.device.identify(plan)

    def _connect_again(self) -> None:
        """Connect after a boot or a pause. Raises BurnerError (E457): it is another unit."""
        if (now := self._connect().mac) != self._silicon.mac:
            raise BurnerError(Code.UNIT_SWAPPED, f"began with {self._silicon.mac}, now {now}")

    def _boot(self, awaited: tuple[str, ...]) -> None:
        settings, reset_s = self.profile.boot, self._clock.seconds
        within_s = settings.timeout_s if awaited else 0.0
        self.lines = self.device.boot(within_s, AwaitedLines(awaited), settings.baud)
        self._reset_and_lines_s = reset_s, self._clock.seconds

    def _write(self, segments: Sequence[Segment]) -> Iterator[Event]:
        self.written = True
        for done, total in self.device.write(segments):
            yield Progress(self.request.slot, Step.WRITE, done, total)
