"""Teaching a station its slots: one board is plugged in at a time; the new ports are the slot's."""

import time
from collections.abc import Callable, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.station.station_file import UsbPort

SETTLED_S = 1.0
"""A board's ports may come one after the other; they are all there after this long."""
PAUSE_S = 0.2


def new_ports(
    listing: Callable[[], Sequence[UsbPort]],
    known: Sequence[UsbPort],
    port_count: int,
    *,
    timeout_s: float | None = None,
    settled_s: float = SETTLED_S,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[UsbPort, ...]:
    """Wait until something new is plugged in and has settled.

    Args:
        listing: the ports of the machine now.
        known: the ports from before, which do not count.
        port_count: how many ports the slot has.
        timeout_s: how long to wait for the first one; None waits for ever.
        settled_s: how long nothing may change before the ports count as all there.
        pause: sleeps so many seconds.
        clock: seconds, monotonic.

    Returns:
        The new ports, in the order of their USB interface; empty when the time is up.

    Raises:
        BurnerError: E198 more came than the slot has, or not from one USB device.
    """
    before = {_identity(port) for port in known}
    begun = changed = clock()
    seen: set[tuple[str, ...]] = set()
    while timeout_s is None or seen or clock() - begun < timeout_s:
        listed = {_identity(port): port for port in listing()}
        before &= listed.keys()  # what was unplugged is new when it comes back
        arrived_ports = [port for key, port in listed.items() if key not in before]
        arrived = listed.keys() - before
        if arrived != seen:
            seen, changed = arrived, clock()
        elif arrived_ports and clock() - changed >= settled_s:
            return _in_order(arrived_ports, port_count)
        pause(PAUSE_S)
    return ()


def _identity(port: UsbPort) -> tuple[str, ...]:
    """Not the name alone: the next board may get the name of the one just unplugged."""
    return port.device, port.location, port.serial_number


def _in_order(arrived_ports: Sequence[UsbPort], port_count: int) -> tuple[UsbPort, ...]:
    """Several ports at once have an order only as interfaces of one USB device."""
    usb_devices = {(port.location or port.device).split(":")[0] for port in arrived_ports}
    if len(arrived_ports) > port_count or len(usb_devices) > 1:
        raise BurnerError(
            Code.TOO_MANY_NEW_PORTS, ", ".join(sorted(port.device for port in arrived_ports))
        )
    return tuple(sorted(arrived_ports, key=lambda port: (port.location, port.device)))
