"""The steps of one unit: identify, name, payload, claim, write, verify, reset, prove, record."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

from burner.burn.attempt_end import AttemptEnd
from burner.burn.attempt_on_record import AttemptOnRecord
from burner.burn.challenge import challenge_unit
from burner.burn.compatibility import check_part
from burner.burn.identify import add_label, read_after_boot, read_before_write
from burner.burn.job import AttemptRequest, Job
from burner.burn.known_unit import decide_by_flash, decide_by_record
from burner.burn.prove import check_awaited, check_boot_log
from burner.burn.readback import check_burned_application, check_burned_key
from burner.burn.reburn import ReburnAction
from burner.burn.step_clock import StepClock
from burner.burn.testing.unit_tests import UnitTests, WatchBoard, watch_nothing
from burner.burn.unit_connection import UnitConnection
from burner.core.attempt import Record, Result, Step
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.segments import Segment
from burner.core.silicon import Mac, Silicon
from burner.core.unit_events import Event, Progress, StepStarted, UnitNamed
from burner.devices.device import Device
from burner.identity.interface_addresses import interface_macs
from burner.identity.naming import device_name
from burner.identity.settings import names_before_boot, sources_after_boot
from burner.profile.tests import UnitTest, tests_after_boot, tests_before_write
from burner.provisioning.partition_settings import is_moved
from burner.release.placement.payload import in_write_order

SWAP_S: Final = 2.0
"""Nobody puts another unit into a slot in less time."""


class LeftUntouchedError(Exception):
    """The unit left, or the station stopped, before anything was done to it."""


class UnitSteps:
    """The steps of one attempt, in the order in which `burn` takes them, and their shared state."""

    def __init__(
        self,
        job: Job,
        device: Device,
        request: AttemptRequest,
        on_record: AttemptOnRecord,
        is_aborted: Callable[[], bool],
    ) -> None:
        """Nothing is done yet.

        Args:
            job: release, batch and people.
            device: the unit.
            request: what differs from attempt to attempt.
            on_record: the attempt in the manifest.
            is_aborted: whether a person stopped the station.
        """
        profile, search = job.release.profile, job.release.search
        self.job, self.device, self.request, self.on_record = job, device, request, on_record
        self.release, self.profile = job.release, profile
        self.is_named_before_boot = names_before_boot(profile.name, profile.identity)
        self.has_ids_after_boot = bool(sources_after_boot(profile.identity))
        self.segments: tuple[Segment, ...] = ()
        self.attempt = job.attempt(request)
        self._clock = clock = StepClock(Step.IDENTIFY)
        self.connection = UnitConnection(device, profile, request, self.attempt.id, clock)
        self.tests = UnitTests(
            profile.all_tests, job.equipment, device, search, is_aborted, slot=request.slot
        )
        self.end = AttemptEnd(device, search, clock, self.tests, request.baud)

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
        history = yield from self.on_record.history(self.attempt)
        rework = self.request.rework or history.declared_rework
        self.attempt = replace(self.attempt, rework=rework)
        if decide_by_record(history, self.attempt, self.release) or history.good is None:
            # What was begun as a rework is continued as one.
            self.attempt = replace(self.attempt, rework=rework or history.begun_rework)
            return None
        action = decide_by_flash(self.device, history.good, self.release)
        was_booted = self.release.key_by_dialogue  # to be asked for its key
        if was_booted and (action is ReburnAction.WRITE or not self.is_named_before_boot):
            self.connection.connect_again()
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

    def ask_interlock(self) -> None:
        """Ask the factory's system whether this unit may be processed here.

        Raises:
            BurnerError: it may not, or nobody answers.
        """
        if self.job.interlock:
            self.job.interlock(self.attempt)

    def claim(self) -> Iterator[Event]:
        """Record intent, name and place in the batch, in one commit before the first erase."""
        yield self.enter(Step.CLAIM)
        while refusal := (yield from self.on_record.begin(self.attempt)):
            with self._clock.wait():
                may_begin = yield from self.on_record.wait_for_approval(self.attempt, refusal)
            if not may_begin:
                raise LeftUntouchedError
            self.connection.connect_again()
            self.ask_interlock()  # its answer may be hours old

    def test_before_write(self) -> Iterator[Event]:
        """Run the tests that need a chip in download mode; a program may have reset it."""
        if tests := tests_before_write(self.profile.tests):
            watch = self.request.watch_board or watch_nothing
            yield from self._test(tests, self.profile.boot.baud, watch)
            self.connection.resume()

    def take_route(self) -> Iterator[Event]:
        """Write the test firmware, start it and run its tests; then be ready for the product's."""
        route = self.profile.route
        if route is None:
            return
        yield self.enter(Step.WRITE)
        yield from self._write(in_write_order(self.release.route))
        yield self.enter(Step.RESET)
        boot = route.boot
        self.connection.boot(boot.expect, boot.timeout_s, boot.baud)
        check_awaited(boot.expect, self.connection.lines, Code.TEST_FIRMWARE_DID_NOT_START)
        yield from self._test(route.tests, boot.baud)
        self.connection.connect_again()

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
            self.end.evidence["key"] = self.release.key_fingerprint

    def bind(self) -> Iterator[Event]:
        """Record a name, or IDs, that only the booted unit could tell."""
        yield self.enter(Step.CLAIM)
        yield from self.on_record.bind(self.attempt)

    def write_what_needs_the_name(self) -> Iterator[Event]:
        """Write the segments that hold the name, where the boot was needed to know it."""
        if not self.release.needs_name:
            return
        yield self.enter(Step.PAYLOAD)
        before = self.segments
        self._set_segments(self.release.payload(self.attempt.device_name))
        yield self.enter(Step.WRITE)
        self.connection.connect_again()
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
            ids = read_after_boot(self.device, identity, self.connection.lines, self.attempt.ids)
            self.attempt = replace(self.attempt, ids=ids)

    def prove(self) -> Iterator[Event]:
        """Give an AT firmware its key; compare what was printed with what was burned; challenge."""
        yield self.enter(Step.PROVE)
        awaited, name = self.profile.boot.awaited, self.attempt.device_name
        if carrier := self.release.at_carrier:
            with closing(self.device.line(carrier.settings.port, carrier.settings.baud)) as line:
                carrier.burn(line, self.release.key_for(name))
            self.end.evidence["key"] = self.release.key_fingerprint
            if awaited:
                self.connection.connect_again()
                self._boot(awaited)
        printed = self._check_boot_log()
        self.end.evidence.update({f"firmware_{field}": value for field, value in printed.items()})
        if self.profile.boot.challenge:
            if self.connection.comes_late:
                self.connection.connect_again()
                self._boot(awaited)
            self.end.evidence |= challenge_unit(self.device, self.release, name)

    def test_after_boot(self) -> Iterator[Event]:
        """Run the tests that need the started firmware; it must still be the same unit then."""
        if tests := tests_after_boot(self.profile.tests):
            away_s = self.tests.away_s
            yield from self._test(tests, self.profile.boot.baud)
            is_reachable = not any(test.unreachable_after for test in tests)
            if is_reachable and self.tests.away_s - away_s >= SWAP_S:
                self.connection.connect_again()
                self._boot(())

    def record(self, result: Result) -> Generator[Event, None, Record]:
        """Write the outcome into the manifest."""
        return (yield from self.on_record.finish(self.attempt, result))

    # -- parts of steps ----------------------------------------------------------------------

    def _connect_and_check(self) -> None:
        silicon = self.connection.connect()
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
        with self._clock.wait():  # for the person who looks for the label
            label = ask(self.attempt.unit_id, ids) if ask else ""
        if label is None:
            raise LeftUntouchedError
        self.connection.connect_again()
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
        return self.on_record.has_intent and (waits or self.release.key_by_dialogue)

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
            self.connection.connect_again()
            return False
        return True

    def _check_boot_log(self) -> Mapping[str, str]:
        """What the firmware printed of itself. Raises BurnerError (E603 to E605)."""
        unit = self.attempt
        return check_boot_log(
            self.profile.boot, self.connection.lines, unit.device_name, unit.product_id
        )

    def _boot(self, awaited: tuple[str, ...]) -> None:
        settings = self.profile.boot
        self.connection.boot(awaited, settings.timeout_s, settings.baud)

    def _test(
        self,
        tests: Sequence[UnitTest],
        console_baud: int,
        watch_board: WatchBoard = watch_nothing,
    ) -> Iterator[Event]:
        """Run tests; the waits for a resource are not the time of the step."""
        yield self.enter(Step.TEST)
        waited_s = self.tests.waited_s
        try:
            yield from self.tests.run(tests, self.attempt, console_baud, watch_board)
        finally:
            if any(test.resource for test in tests):
                self._clock.add_wait(self.tests.waited_s - waited_s)

    def _write(self, segments: Sequence[Segment]) -> Iterator[Event]:
        self.end.written = True
        for done, total in self.device.write(segments):
            yield Progress(self.request.slot, Step.WRITE, done, total)
