"""A label printer that is a file of the operating system: a USB printer, or a Windows share."""

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError


class DevicePrinter:
    """See `Printer`: `/dev/usb/lp0`, or `\\\\server\\zebra`.

    A printer that takes nothing blocks the write, and may block the open: a thread does each, and
    is given up at the deadline.
    """

    def __init__(self, path: str, timeout_s: float) -> None:
        self.path, self.timeout_s = path, timeout_s
        self._opening: _Opening | None = None
        """An open that did not end in time."""

    @property
    def name(self) -> str:
        """See `Printer`."""
        return self.path

    def connect(self) -> "DevicePrinterConnection":
        """See `Printer`."""
        opening, self._opening = self._opening or _Opening(self.path), None
        try:
            opened = opening.result(self.timeout_s)
        except TimeoutError:
            self._opening = opening  # it blocks still: it is waited for again, not begun anew
            raise BurnerError(Code.PRINTER_UNREACHABLE, f"{self.path}: timed out") from None
        except (OSError, ValueError) as error:
            detail = f"{self.path}: {getattr(error, 'strerror', None) or 'not a path'}"
            raise BurnerError(Code.PRINTER_UNREACHABLE, detail) from None
        return DevicePrinterConnection(opened, self.timeout_s)


class _Opening:
    """The open of a device, in a thread of its own: it may block."""

    def __init__(self, path: str) -> None:
        """It begins at once."""
        self._path, self._opened = path, -1
        self._error: OSError | ValueError | None = None
        self._thread = threading.Thread(target=self._open, name="open printer", daemon=True)
        self._thread.start()

    def result(self, timeout_s: float) -> int:
        """The open file.

        Raises:
            TimeoutError: not in time.
            OSError: it cannot be opened.
            ValueError: it is no path.
        """
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError
        if self._error:
            raise self._error
        return self._opened

    def _open(self) -> None:
        try:
            self._opened = os.open(self._path, _flags(self._path))
        except (OSError, ValueError) as error:
            self._error = error


class DevicePrinterConnection:
    """See `PrinterConnection`."""

    def __init__(self, opened: int, timeout_s: float) -> None:
        self._file, self._timeout_s = opened, timeout_s
        self._sent, self._error = 0, ""
        self._given_up = False
        self._lock = threading.Lock()

    def send(self, label: bytes) -> None:
        """See `PrinterConnection`."""
        writer = threading.Thread(target=self._write, args=(label,), daemon=True)
        writer.start()
        writer.join(self._timeout_s)
        with self._lock:
            if writer.is_alive():
                self._given_up = True
                raise PrintDoubtfulError(f"{self._sent} of {len(label)} bytes sent: timed out")
        if not self._error:
            return
        if not self._sent:
            raise NothingSentError(self._error)
        raise PrintDoubtfulError(f"{self._sent} of {len(label)} bytes sent: {self._error}")

    def close(self) -> None:
        """See `PrinterConnection`."""
        with self._lock:
            if not self._given_up:  # else the thread still has it
                self._close()

    def _write(self, label: bytes) -> None:
        try:
            while self._sent < len(label) and not self._given_up:
                self._sent += os.write(self._file, label[self._sent :])
            with suppress(OSError):  # a device has nothing to sync
                os.fsync(self._file)
        except OSError as error:
            self._error = error.strerror or str(error)
        with self._lock:
            if self._given_up:
                self._close()

    def _close(self) -> None:
        with suppress(OSError):
            os.close(self._file)


def _flags(path: str) -> int:
    """Written to as it is: never made, never emptied."""
    flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if Path(path).is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    return flags | os.O_APPEND if Path(path).is_file() else flags
