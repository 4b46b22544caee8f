"""The slot's device, connected to one unit and to no other."""

from collections.abc import Sequence

from burner.burn.boot_lines import AwaitedLines
from burner.burn.challenge import comes_late
from burner.burn.job import AttemptRequest
from burner.burn.step_clock import StepClock
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.devices.device import ConnectPlan, Device
from burner.profile.profile import Profile


class UnitConnection:
    """Connects to the unit of an attempt, and starts it."""

    def __init__(
        self,
        device: Device,
        profile: Profile,
        request: AttemptRequest,
        attempt: str,
        clock: StepClock,
    ) -> None:
        """Nothing is connected yet. `attempt`: its id."""
        early = profile.flash.early_baud == "auto"
        self._plan = ConnectPlan(profile.chip.type, request.baud, early, attempt)
        self._device, self._clock = device, clock
        self._reset_and_lines_s = (0.0, 0.0)
        self._mac: Mac | None = None
        self.lines: tuple[str, ...] = ()
        """What the unit printed at its last start."""

    def connect(self) -> Silicon:
        """Connect to the unit, whichever it is."""
        silicon = self._device.identify(self._plan)
        self._mac = silicon.mac
        return silicon

    def connect_again(self) -> None:
        """Connect after a boot or a pause. Raises BurnerError (E457): it is another unit."""
        before = self._mac
        if (now := self._device.identify(self._plan).mac) != before:
            raise BurnerError(Code.UNIT_SWAPPED, f"began with {before}, now {now}")

    def resume(self) -> None:
        """Go on after programs had the port: mostly they leave the chip as it was.

        Raises:
            BurnerError: E457, it is another unit; as `connect`.
        """
        if self._device.resume() != self._mac:
            self.connect_again()

    def boot(self, awaited: Sequence[str], timeout_s: float, baud: int) -> None:
        """Reset into the application; listen until the awaited lines came, or the time is up."""
        reset_s = self._clock.seconds
        within_s = timeout_s if awaited else 0.0
        self.lines = self._device.boot(within_s, AwaitedLines(awaited), baud)
        self._reset_and_lines_s = reset_s, self._clock.seconds

    @property
    def comes_late(self) -> bool:
        """Whether the unit must be started again before it is challenged."""
        return comes_late(*(self._clock.seconds - at_s for at_s in self._reset_and_lines_s))
