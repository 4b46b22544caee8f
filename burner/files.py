"""Files of other people: plain ones only, and never more of them than was asked for."""

import os
import stat
from pathlib import Path


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a plain file of at most `most` bytes.

    A device may have no end, and a pipe keeps its reader waiting; neither is opened for long.

    Raises:
        OSError: it cannot be read, is no plain file, or is larger; `strerror` says which.
        ValueError: the path itself is none.
    """
    with open(path, "rb", opener=without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "no plain file")
        data = b"" if status.st_size > most else file.read(most + 1)
    if max(status.st_size, len(data)) > most:
        raise OSError(0, f"larger than {most} bytes")
    return data


def without_waiting(path: str, flags: int) -> int:
    """An `opener` for `open` that a pipe to which nobody writes does not keep waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
