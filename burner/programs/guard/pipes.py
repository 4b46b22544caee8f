"""What a child process writes, read in threads and kept within limits."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

CHUNK = 64 * 1024


class FirstBytes:
    """Reads a pipe to its end and keeps what comes first."""

    def __init__(self, pipe: IO[bytes], limit: int, on_excess: Callable[[], None]) -> None:
        """Read from now on; `on_excess` is called once, when there is more than the limit."""
        self._pipe, self._limit, self._on_excess = pipe, limit, on_excess
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def content(self) -> bytes:
        """What came, at most one byte more than the limit."""
        return bytes(self._kept)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the pipe; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _read(self) -> None:
        is_full = False
        with suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), CHUNK):
                self._kept += chunk[: self._limit + 1 - len(self._kept)]
                if len(self._kept) > self._limit and not is_full:
                    is_full = True
                    self._on_excess()


class LastBytes:
    """Reads a pipe to its end and keeps the lines that come last."""

    def __init__(self, pipe: IO[bytes], limit: int) -> None:
        """Read from now on."""
        self._pipe, self._limit = pipe, limit
        self._kept, self._mark, self._is_cut = b"", b"", False
        self._has_mark = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def begin(self, mark: bytes = b"") -> None:
        """Forget what came; `mark` will stand where the part ends that is wanted."""
        with self._lock:
            self._kept, self._mark, self._is_cut = b"", mark, False
            self._has_mark.clear()

    def take(self, timeout_s: float) -> bytes:
        """What came since `begin`, up to its mark: that is waited for, if there is one."""
        if self._mark:
            self._has_mark.wait(timeout_s)
        with self._lock:
            kept = self._kept
            if self._is_cut:  # the rest of a line may be the rest of a secret
                kept = kept.partition(b"\n")[2]
            return kept.replace(self._mark, b"") if self._mark else kept

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the pipe; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), CHUNK):
                with self._lock:
                    kept = self._kept + chunk
                    if self._mark and self._mark in kept:
                        self._has_mark.set()
                    self._is_cut = self._is_cut or len(kept) > self._limit
                    self._kept = kept[-self._limit :]
        self._has_mark.set()


class Lines:
    """Reads lines from a pipe to its end; each is passed on without its end."""

    def __init__(
        self,
        pipe: IO[bytes],
        limit: int,
        on_line: Callable[[bytes], None],
        on_excess: Callable[[], None],
    ) -> None:
        """Read from now on; `on_excess` is called for a line that is longer than the limit."""
        self._pipe, self._limit, self._on_line, self._on_excess = pipe, limit, on_line, on_excess
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the pipe; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _read(self) -> None:
        begun = b""
        with suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), CHUNK):
                *lines, begun = (begun + chunk).split(b"\n")
                for line in lines:
                    self._on_line(line)
                if len(begun) > self._limit:
                    self._on_excess()
                    begun = b""
