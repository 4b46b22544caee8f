"""The state folder of the user: what burner keeps between runs, outside every manifest."""

import os
from pathlib import Path
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
