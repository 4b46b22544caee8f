"""A file is there whole, or as it was before."""

from contextlib import suppress
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import is_plain


def check_is_place_for_file(target: Path) -> None:
    """What else stands where a file is to be written stays there.

    Raises:
        BurnerError: E729 it is a folder, a device or a pipe.
    """
    try:
        is_plain(target)
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{target}: {error.strerror}") from None


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, then put it in its place.

    Raises:
        OSError: it cannot be written, or no file is there; nothing is left behind.
    """
    is_plain(target)
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
