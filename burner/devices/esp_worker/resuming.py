"""Goes on with a stub that runs already, after a program had the port. The chip is not reset."""

import logging
from collections.abc import Mapping
from typing import Any

from burner.core.errors import BurnerError
from burner.devices.esp_worker import reading
from burner.devices.esp_worker.connection import ChipConnection, answers
from burner.devices.esp_worker.serial_port import open_port
from burner.devices.esp_worker.stub_code import is_ours
from burner.devices.esp_worker.tool import FatalError

RESUME_S = 8.0
"""Opening the port, and a few answers, for each of which esptool waits 3 s."""

_log = logging.getLogger(__name__)


def resume(connection: ChipConnection, port: str, silicon: Mapping[str, Any]) -> str:
    """Open the port again if it was closed, and ask the stub.

    A program may have reset the chip, changed a rate, left bytes on the line, started a stub of
    its own or burned eFuses. So the stub must answer at its rate, be of the same build, and tell
    the same security state; it is told the size of the flash again.

    Args:
        connection: the chip as it was connected.
        port: today's device or URL of its port.
        silicon: what was read when it was connected.

    Returns:
        The MAC; empty when anything is not as it was: then the chip must be connected anew.
    """
    why = "it is not as it was"
    try:
        if connection.esp.IS_STUB and _is_as_before(connection, port, silicon):
            return bytes(connection.esp.read_mac("BASE_MAC")).hex(":")
    except (FatalError, BurnerError, OSError) as error:
        why = str(error)
    _log.info("the stub does not go on: %s", why)
    return ""


def _is_as_before(connection: ChipConnection, port: str, silicon: Mapping[str, Any]) -> bool:
    esp = connection.esp
    if not connection.port.is_open:
        _open_again(connection, port)
    esp.sync_stub_detected = False
    if not answers(esp, tries=1) or not esp.sync_stub_detected or not is_ours(esp):
        return False
    if esp.SECURITY_INFO_SUPPORTED:
        esp.cache["security_info"] = None
    if reading.security(esp, connection.chip) != silicon["security"]:
        return False
    if silicon["flash_size"]:
        esp.flash_set_parameters(silicon["flash_size"])
    return True


def _open_again(connection: ChipConnection, name: str) -> None:
    """Open the port at the stub's rate; both lines are released without a pulse on EN.

    RTS goes first: RTS alone would hold the chip in reset.
    """
    port = open_port(name, connection.port.baudrate)
    connection.esp._port = port
    port.rts = False
    port.dtr = False
