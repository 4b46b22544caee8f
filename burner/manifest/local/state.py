"""The state folder of the user: what burner keeps between runs, outside every manifest."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from urllib.parse import quote

from burner.core.code import Code
from burner.core.errors import BurnerError

RESERVED = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "123456789"
}
"""Names that Windows keeps for devices, with any ending."""


def state_folder() -> Path:
    """Where this system keeps the state of a user's programs; `BURNER_STATE` overrides.

    Raises:
        BurnerError: E717 when the user has no home folder.
    """
    if own := os.environ.get("BURNER_STATE"):
        return Path(own)
    import platformdirs

    try:
        return platformdirs.user_state_path("burner", appauthor=False)
    except RuntimeError as error:
        raise BurnerError(Code.STATE_FOLDER_UNWRITABLE, str(error)) from error


def as_file_name(text: str) -> str:
    """A file name for any text, on every system and inside its folder.

    `urllib.parse.unquote` gives the text back.
    """
    name = quote(text, safe="")
    if name.partition(".")[0].upper() in RESERVED:
        return f"%{ord(name[0]):02X}{name[1:]}"
    # `..` leads out of the folder, and Windows drops a dot at the end.
    return name[:-1] + "%2E" if name.endswith(".") else name


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file that only its owner can read: all of it or nothing, even in a power cut.

    The folder is made where it is missing.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut.

    Windows does so by itself; a file system that cannot (some network shares) has done its best.
    """
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
