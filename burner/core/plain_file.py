"""Files that people name: plain ones only, and not more bytes read than allowed."""

import functools
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a plain file of at most `most` bytes.

    Raises:
        OSError: it cannot be read, is no plain file, or is larger; `strerror` says which.
        ValueError: the text is no valid path.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = b"" if size > most else file.read(most + 1)
    if max(size, len(data)) > most:
        raise OSError(0, f"larger than {most} bytes")
    return data


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading, whatever its size.

    A device may have no end, and a pipe keeps its reader waiting: both are refused.

    Raises:
        OSError: it cannot be read, or is no plain file; `strerror` says which.
        ValueError: the text is no valid path.
    """
    file = open(path, "rb", opener=without_waiting)  # noqa: SIM115 - the caller closes it
    if kind := _kind(os.fstat(file.fileno())):
        file.close()
        raise OSError(0, f"{kind}, not a plain file")
    return file


def append_plain(path: Path, mode: int = 0o666) -> BinaryIO:
    """Open a plain file to append to it, or make it. A link to a file, also a hard one, is refused.

    Args:
        path: the file.
        mode: of a new file, as far as the umask allows it.

    Raises:
        OSError: it cannot be written, is a link, or is no plain file; `strerror` says which.
        ValueError: the text is no valid path.
    """
    if path.is_symlink():  # Windows has no O_NOFOLLOW
        raise OSError(0, "a link, not a plain file")
    opener = functools.partial(_without_following, mode=mode)
    file = open(path, "ab", opener=opener)  # noqa: SIM115 - the caller closes it
    status = os.fstat(file.fileno())
    kind = _kind(status) or ("a file with a second name" if status.st_nlink > 1 else "")
    if kind:
        file.close()
        raise OSError(0, f"{kind}, not a plain file")
    return file


def is_plain(path: Path) -> bool:
    """Whether a plain file is there; False where there is nothing.

    Raises:
        OSError: it is something else, or this account may not look; `strerror` says which.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if kind := _kind(status):
        raise OSError(0, f"{kind}, not a plain file")
    return True


def _kind(status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return ""
    return next((name for is_one, name in _KINDS if is_one(status.st_mode)), "something else")


def without_waiting(path: str, flags: int, mode: int = 0o666) -> int:
    """An `opener` for `open` that does not wait for the writer of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), mode)


def _without_following(path: str, flags: int, mode: int) -> int:
    return without_waiting(path, flags | getattr(os, "O_NOFOLLOW", 0), mode)
