"""The list of names that were created beforehand: a line a name, and what is special about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from burner.cloud.gateway.registered_devices import MOST_DEVICES, DeviceState, ListedName
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.platforms.platform import Platform

HEADER = "DeviceName"
LONGEST_LINE = 96
"""Of a name, its state and the moment."""
DISABLED = "disabled"


def read_names(path: Path, platforms: Sequence[Platform]) -> dict[str, ListedName]:
    """Read a list of names: `NAME`, `NAME,registered`, `NAME,activated`, `NAME,disabled` or
    `NAME,E804`; behind a second comma the moment from which on it is so, as ISO 8601 with its zone.

    Empty lines, lines that begin with `#`, and a first line `DeviceName` are skipped.

    Args:
        path: of the file, UTF-8.
        platforms: each name must be allowed on all of them.

    Raises:
        BurnerError: E822, with the line.
    """
    try:
        text = read_plain(path, MOST_DEVICES * LONGEST_LINE).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise BurnerError(Code.NAMES_FILE_INVALID, f"{path}: {why}") from None
    names: dict[str, ListedName] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, state, since = (part.strip() for part in (*line.split(",", 2), "", "")[:3])
        if not name or name.startswith("#") or (number == 1 and name.lower() == HEADER.lower()):
            continue
        at = f"{path}:{number}"
        if name in names:
            raise BurnerError(Code.NAMES_FILE_INVALID, f"{at}: {name} occurs twice")
        names[name] = replace(_listed(name, state, platforms, at), since=_moment(since, at))
    if len(names) > MOST_DEVICES:
        raise BurnerError(Code.NAMES_FILE_INVALID, f"{path}: more than {MOST_DEVICES} names")
    return names


def check_names(names: Sequence[str], platforms: Sequence[Platform]) -> dict[str, ListedName]:
    """Names that were created beforehand, as an option names them.

    Raises:
        BurnerError: E822.
    """
    return {name: _listed(name, "", platforms, "--created") for name in names}


def _listed(name: str, state: str, platforms: Sequence[Platform], at: str) -> ListedName:
    try:
        for platform in platforms:
            platform.rules.names.check(name, allow_colon=True)
    except BurnerError as error:
        raise BurnerError(Code.NAMES_FILE_INVALID, f"{at}: {error.detail}") from None
    if state in set(DeviceState):
        return ListedName(DeviceState(state))
    if state == DISABLED:
        return ListedName(enabled=False)
    apis = (api for platform in platforms for api in platform.apis)
    refusals = {code for api in apis for code in api.codes.values()}
    if state in refusals:
        return ListedName(refusal=Code(state))
    raise BurnerError(Code.NAMES_FILE_INVALID, f"{at}: {state[:40]!r} is no state")


def _moment(text: str, at: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = f"{at}: {text[:40]!r} is no moment such as 2026-11-01T08:00:00Z"
        raise BurnerError(Code.NAMES_FILE_INVALID, detail)
    return moment
