"""Which log this computer wrote at which place, so that a lost or exchanged manifest is noticed."""

import json
from hashlib import sha256
from pathlib import Path

from burner.core.atomic_file import write_durably
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.state_folder import state_folder


def log_at(place: str) -> str:
    """Origin of the log that this computer wrote at a place; empty: none."""
    try:
        return str(json.loads(_file_of(place).read_text(encoding="utf-8"))["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def remember_place(place: str, origin: str) -> None:
    """Remember which log is written at a place.

    Raises:
        BurnerError: E717 when the state folder cannot be written.
    """
    if log_at(place) == origin:
        return
    path = _file_of(place)
    try:
        write_durably(path, json.dumps({"origin": origin, "place": place}).encode())
    except OSError as error:
        # Another station may be writing the same file; Windows refuses then.
        if log_at(place) != origin:
            raise BurnerError(Code.STATE_FOLDER_UNWRITABLE, f"{path}: {error.strerror}") from error


def _file_of(place: str) -> Path:
    return state_folder() / "places" / f"{sha256(place.encode()).hexdigest()[:32]}.json"
