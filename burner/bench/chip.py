"""One simulated unit as the line sees it: power, reset lines, bytes in, bytes out, and when."""

from burner.bench.unit import UnitSpec


class Chip:
    """One simulated part. Single-threaded; never sleeps; all times are of one monotonic clock.

    The caller is the line. It hands over what the host does at the moment the host does it, and
    asks what comes back: `receive`, `set_lines`, `set_host_baud`; then `due` and `take`. The time
    bytes need on the wire, both ways, is reckoned in here, so the line hands bytes over as it
    gets them. Calls must come with a `now` that never goes back.
    """

    def __init__(self, unit: UnitSpec, now: float = 0.0) -> None:
        self.unit = unit.as_built()
        self.connected = True
        """False once the port has vanished: the line shuts the host's end."""

    def receive(self, data: bytes, now: float) -> None:
        """The host writes bytes at `now`."""

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        """The host drives DTR and RTS (True = asserted, as in pyserial)."""

    def set_host_baud(self, baud: int, now: float) -> None:
        """The host's end of the line now runs at `baud` bits per second."""

    def take(self, now: float) -> bytes:
        """Everything that has reached the host by `now`; does all work due by then."""
        return b""

    def due(self) -> float | None:
        """When `take` has something to do or to give next; None = not before the host acts."""
        return None

    def unplug(self, now: float) -> None:
        """Cut the power; the port vanishes (`connected` turns False)."""

    def plug(self, now: float, download: bool = False) -> None:
        """Give power (again): boots, or waits in download mode as with IO0 held low."""

    def close(self) -> None:
        """Let go of the flash file."""
