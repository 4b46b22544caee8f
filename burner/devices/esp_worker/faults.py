"""Errors of esptool and pyserial as error codes. Only here is the text of esptool parsed."""

import re

import serial

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.esp_worker.log import discreet
from burner.devices.esp_worker.tool import FatalError, UnsupportedCommandError

_CONNECTING = (
    (r"Wrong boot mode", Code.NOT_IN_DOWNLOAD_MODE),
    (r"Download mode successfully detected", Code.BOARD_HEARS_NOTHING),
    (
        r"Invalid head|Invalid SLIP|noise|transfer stopped|doesn't match request",
        Code.ANSWERS_GARBLED,
    ),
    (r"", Code.BOARD_SILENT),
)
_ANYWHERE = (
    (r"security info|command \(0x14\)", Code.CHIP_TYPE_UNREADABLE),
    (r"Failed to set baud rate", Code.ADAPTER_SPEED_UNSUPPORTED),
    (r"This chip is ", Code.WRONG_CHIP),
    (r"Failed to start stub", Code.STUB_NOT_STARTED),
    (r"Digest mismatch|Expected digest|Corrupt data|Read more than", Code.READ_BACK_DISTURBED),
)
_SERVER_GONE = re.compile(
    r"connection failed|socket disconnected|waiting for option|Could not open port \w+://"
)
"""Errors of pyserial for `rfc2217://` and `socket://` when the server is gone."""
_STATUS = re.compile(r"result was ([0-9A-F]{4})")
_DAMAGED = {"C000", "C100", "C700", "C800", "C900", "0105", "0107", "010B", "010C"}
_REFUSED = {"C400", "C500", "0106", "0108", "0109"}
_RESENDABLE = {"C000", "C100", "0105", "0107"}


def to_burner_error(error: Exception, writing: bool = False) -> BurnerError:
    """The error with its code; `writing`: flash may be half written."""
    if isinstance(error, BurnerError):
        return error
    if isinstance(error, serial.SerialTimeoutException):
        return BurnerError(
            Code.BOARD_SILENT_DURING_WRITE if writing else Code.BOARD_STOPPED_ANSWERING,
            "the port accepted no more data",
        )
    if isinstance(error, OSError) and is_server_gone(error):
        return BurnerError(Code.PORT_SERVER_LOST, discreet(str(error)))
    if isinstance(error, OSError):
        return BurnerError(
            Code.BOARD_REMOVED_DURING_WRITE if writing else Code.BOARD_REMOVED, discreet(str(error))
        )
    if isinstance(error, FatalError):
        return BurnerError(_code(str(error), writing), _detail(error))
    return BurnerError(Code.UNEXPECTED_ERROR, f"{type(error).__name__} in the worker")


def _code(text: str, writing: bool) -> str:
    patterns = _CONNECTING if text.startswith("Failed to connect") else _ANYWHERE
    for pattern, code in patterns:
        if re.search(pattern, text):
            return code
    status = _status(text)
    if status in _REFUSED:
        return Code.FLASH_REFUSES_WRITE
    if status in _DAMAGED:
        return Code.WRITE_DATA_DAMAGED if writing else Code.ANSWERS_GARBLED
    return Code.BOARD_SILENT_DURING_WRITE if writing else Code.BOARD_STOPPED_ANSWERING


def _detail(error: Exception) -> str:
    first = str(error).splitlines()[0]
    return discreet(first.replace(" Wrong chip argument?", ""))  # we gave no argument


def _status(text: str) -> str:
    status = _STATUS.search(text)
    return status[1] if status else ""


def may_send_again(error: Exception) -> bool:
    """Whether the chip refused a block unread (wrong length or checksum): it may be sent again."""
    return isinstance(error, FatalError) and _status(str(error)) in _RESENDABLE


def is_server_gone(error: OSError) -> bool:
    """Whether a network port's server closed the connection, or answers no request any more."""
    return _SERVER_GONE.search(str(error)) is not None


def is_silence(error: Exception) -> bool:
    """Whether nothing at all was received."""
    return "No serial data received" in str(error)


def is_noise(error: Exception) -> bool:
    """Whether bytes were received that are no answer."""
    return re.search(r"Invalid head|Invalid SLIP|Guru Meditation", str(error)) is not None


def is_refusal_of_command(error: Exception) -> bool:
    """Whether the ROM does not know the command, or may not do it."""
    return isinstance(error, UnsupportedCommandError)
