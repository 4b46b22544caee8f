"""Lists of names to create on the platform: from IDs of units that will be made, from a file with
names, or from the manifest. Every bad entry is named, with its place.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.plain_file import open_plain
from burner.core.silicon import Mac
from burner.core.words.plural import counted
from burner.identity.naming import TemplateField
from burner.profile.profile import Profile
from burner.profile.unit_names import ID_SOURCES, needed_ids, unit_name

MOST_NAMES: Final = 1_000_000
"""Of one list: as many as a product of Tencent may have."""
LONGEST_LINE: Final = 1024
"""Bytes of a line with IDs."""
MOST_SHOWN: Final = 100
"""Bad entries that are listed; the others are counted."""
NAME_HEADER: Final = "DeviceName"

ListedEntry = tuple[str, str | BurnerError]
"""The place of an entry, and its name or why it gives none."""

_MAC = re.compile(
    r"[0-9a-f]{12}|[0-9a-f]{2}(?P<mark>[:-])([0-9a-f]{2}(?P=mark)){4}[0-9a-f]{2}"
    r"|([0-9a-f]{4}\.){2}[0-9a-f]{4}",
    re.IGNORECASE,
)


def names_of_ids(path: Path, profile: Profile) -> tuple[str, ...]:
    """The names of units whose IDs are in a file.

    A first line `mac,imei,serial,label`, with some of them in any order, says which column is which
    ID. Without it there is one column, with the only ID that the name needs. Empty lines, and
    those that begin with `#`, are skipped.

    Raises:
        BurnerError: E860 with a finding for each bad line: what the line of the factory would
            refuse, a name that is not allowed, or one that another line has (E861).
    """
    return unique_names(str(path), _names_of_rows(path, profile))


def names_of_file(path: Path, profile: Profile) -> tuple[str, ...]:
    """The names in a file, the first column of each line; a first line `DeviceName` is skipped.

    Raises:
        BurnerError: E860, as above.
    """
    return unique_names(str(path), _checked_names(path, profile))


def unique_names(source: str, entries: Iterable[ListedEntry]) -> tuple[str, ...]:
    """The names of a source in its order.

    Args:
        source: what is read, for the error.
        entries: its entries.

    Raises:
        BurnerError: E860 an entry gives no name, two give the same, there are none or too many.
    """
    places: dict[str, str] = {}
    findings: list[Finding] = []
    bad = 0
    for place, name in entries:
        if not isinstance(name, BurnerError) and places.setdefault(name, place) == place:
            if len(places) > MOST_NAMES:
                raise BurnerError(Code.NAME_LIST_INVALID, f"{source}: more than {MOST_NAMES} names")
            continue
        bad += 1
        if bad <= MOST_SHOWN:
            findings.append(_finding(place, name, places))
    if bad > MOST_SHOWN:
        left = f"and {counted(bad - MOST_SHOWN, 'more error')}"
        findings.append(Finding(Code.NAME_LIST_INVALID, source, left, ""))
    if findings:
        detail = f"{source}: {counted(bad, 'error')}; "
        first = f"first: {findings[0].place}: {findings[0].found}"
        raise BurnerError(Code.NAME_LIST_INVALID, detail + first, tuple(findings))
    if not places:
        raise BurnerError(Code.NAME_LIST_INVALID, f"{source}: no names")
    return tuple(places)


def _finding(place: str, name: str | BurnerError, places: Mapping[str, str]) -> Finding:
    if isinstance(name, BurnerError):
        return Finding(name.code, place, name.detail, "")
    return Finding(Code.NAME_LISTED_TWICE, place, f"{name}: {places[name]} has it too", "")


# -- IDs -------------------------------------------------------------------------------------------


def _names_of_rows(path: Path, profile: Profile) -> Iterator[ListedEntry]:
    columns: Sequence[str] = ()
    seen: dict[str, dict[str, str]] = {source: {} for source in _compared_ids(profile)}
    for place, cells in _rows(path):
        if isinstance(cells, BurnerError):
            yield place, cells
            continue
        if not columns:
            columns = _columns(place, cells, profile)
            if _is_header(cells):
                continue
        try:
            ids = _ids(columns, cells)
            name = unit_name(profile, ids)
            _check_new(ids, seen, place)
            yield place, name
        except BurnerError as error:
            yield place, error


def _compared_ids(profile: Profile) -> tuple[str, ...]:
    """The IDs that no two units may share, but those whose names would be the same too."""
    whole = {
        part.source
        for part in profile.name.parts
        if isinstance(part, TemplateField) and part.characters is None
    }
    return tuple(source for source in ("mac", "imei", "serial") if source not in whole)


def _check_new(ids: Mapping[str, str], seen: Mapping[str, dict[str, str]], place: str) -> None:
    """Check that no line before has one of these IDs.

    Raises:
        BurnerError: E861.
    """
    for source, places in seen.items():
        if source in ids and (first := places.setdefault(ids[source], place)) != place:
            detail = f"{source} {ids[source]}: {first} has it too"
            raise BurnerError(Code.NAME_LISTED_TWICE, detail)


def _is_header(cells: Sequence[str]) -> bool:
    return any(cell.lower() in ID_SOURCES for cell in cells)


def _columns(place: str, cells: Sequence[str], profile: Profile) -> Sequence[str]:
    """Which ID each column has, by the first line."""
    needed = needed_ids(profile)
    if _is_header(cells):
        columns = [cell.lower() for cell in cells]
        strange = [cell for cell in columns if cell not in ID_SOURCES]
        if strange or len(set(columns)) < len(columns):
            found = f"{place}: the columns {','.join(cells)[:80]}"
            allowed = f"each of {', '.join(ID_SOURCES)} at most once, and no other"
            raise BurnerError(Code.NAME_LIST_INVALID, f"{found}; {allowed}")
        return columns
    if len(needed) == len(cells) == 1:
        return needed
    header = ",".join(needed)
    raise BurnerError(Code.NAME_LIST_INVALID, f"{place}: the first line must be {header}")


def _ids(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The IDs of a line; an empty cell has none.

    Raises:
        BurnerError: E860 it has other columns, or its MAC has no usual spelling.
    """
    if len(cells) != len(columns):
        words = f"{counted(len(cells), 'column')} in place of {len(columns)}"
        raise BurnerError(Code.NAME_LIST_INVALID, words)
    ids = {source: cell for source, cell in zip(columns, cells, strict=True) if cell}
    if "mac" in ids:
        ids["mac"] = _mac(ids["mac"])
    return ids


def _mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        words = (
            f"{text[:40]!r} is no MAC: 12 hex digits, also with ':' or '-', or as 246f.28aa.bb01"
        )
        raise BurnerError(Code.NAME_LIST_INVALID, words)
    return str(Mac.parse(text.replace(".", "")))


# -- names -----------------------------------------------------------------------------------------


def _checked_names(path: Path, profile: Profile) -> Iterator[ListedEntry]:
    is_first = True
    for place, cells in _rows(path):
        if isinstance(cells, BurnerError):
            yield place, cells
            continue
        skipped, is_first = is_first and cells[0].lower() == NAME_HEADER.lower(), False
        if skipped:
            continue
        try:
            profile.name.rule.check(cells[0], profile.name.allow_colon)
            yield place, cells[0]
        except BurnerError as error:
            yield place, error


# -- lines -----------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[tuple[str, "Sequence[str] | BurnerError"]]:
    """The lines of a CSV with something in them: place, and cells without blanks around them."""
    for place, line in _lines(path):
        if isinstance(line, BurnerError):
            yield place, line
            continue
        try:
            rows = list(csv.reader([line], strict=True)) if '"' in line else [line.split(",")]
        except csv.Error:
            yield place, BurnerError(Code.NAME_LIST_INVALID, "a quote without its end")
            continue
        cells = [cell.strip() for cell in rows[0]]
        if any(cells) and not cells[0].startswith("#"):
            yield place, cells


def _lines(path: Path) -> Iterator[tuple[str, str | BurnerError]]:
    """The lines of a file, with their places.

    Raises:
        BurnerError: E860 it cannot be read.
    """
    try:
        with open_plain(path) as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                place = f"{path}:{number}"
                if len(line) > LONGEST_LINE:
                    words = f"{place}: a line of more than {LONGEST_LINE} bytes"
                    raise BurnerError(Code.NAME_LIST_INVALID, words)
                try:
                    yield place, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    yield place, BurnerError(Code.NAME_LIST_INVALID, "not UTF-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a valid path"
        raise BurnerError(Code.NAME_LIST_INVALID, f"{path}: {why}") from None
