"""Opens a serial port with the settings that esptool expects; maps failures to codes."""

import contextlib
import errno
import sys
from typing import Any

import serial

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.network_port import check_port

READ_TIMEOUT_S = 3.0
"""esptool's own default: an equal time-out is not set again for every command."""

# `sim://` of the bench, and our own rfc2217:// before pyserial's
serial.protocol_handler_packages[:0] = ["burner.devices.esp_worker"]
serial.protocol_handler_packages.append("burner.bench.wire")


def open_port(name: str, baud: int) -> Any:
    """Open a device or the URL of a port, for us alone.

    Raises:
        BurnerError: E302 not there, E303 in use, E304 not allowed, E309 no such speed.
    """
    check_port(name)
    try:
        port = serial.serial_for_url(
            name, baud, timeout=READ_TIMEOUT_S, exclusive=True, do_not_open=True
        )
        if sys.platform == "win32":
            port.rts = port.dtr = False  # else opening it resets the chip
        port.open()
    except ValueError as error:
        raise BurnerError(
            Code.ADAPTER_SPEED_UNSUPPORTED if "baud" in str(error) else Code.PORT_MISSING, name
        ) from error
    except OSError as error:
        raise BurnerError(_refusal(error), name) from error
    _hurry(port)
    return port


def _hurry(port: Any) -> None:
    """Ask an FTDI adapter for 1 ms latency instead of 16: two seconds a unit (Linux only)."""
    with contextlib.suppress(AttributeError, NotImplementedError, OSError, ValueError):
        port.set_low_latency_mode(True)


def _refusal(error: OSError) -> str:
    """The code of an open that failed; on Windows only the text of the error tells."""
    text = str(error)
    if error.errno in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "busy" in text.lower():
        return Code.PORT_BUSY
    if error.errno in (errno.EACCES, errno.EPERM):
        return Code.PORT_ACCESS_DENIED
    if "PermissionError" in text or "Access is denied" in text:
        return Code.PORT_BUSY
    return Code.PORT_MISSING
