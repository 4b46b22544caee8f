"""The IDs on a scanned label, and whether they agree with the unit. Pure."""

import re
from collections.abc import Mapping

from burner.core import regex
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import broken_where_removed
from burner.core.words.visible_text import quoted
from burner.identity.settings import IdentitySettings

SHORTEST_LABEL_PART = 4
"""Characters of an address that must stand on a label before its agreement means anything."""


def read_label(text: str, settings: IdentitySettings) -> dict[str, str]:
    """The IDs on a scanned label: `label` itself, and `serial` where the label is its source.

    Raises:
        BurnerError: E442 nothing scanned, E440 the text or its serial number has another form.
    """
    text = text.strip()
    if not text:
        raise BurnerError(Code.LABEL_MISSING)
    match = _match(text, settings)
    ids = {"label": text}
    if settings.serial and settings.serial.source == "label":
        serial = match.groupdict().get("serial") or text
        if not regex.fullmatch(settings.serial.pattern, serial):
            raise BurnerError(Code.LABEL_MALFORMED, quoted(serial[:60]))
        ids["serial"] = serial
    return ids


def check_label(text: str, settings: IdentitySettings, ids: Mapping[str, str]) -> None:
    """Check that a label agrees with every ID that was read from the unit so far.

    Raises:
        BurnerError: E440 the text has another form, E441 an ID on it is not the unit's.
    """
    for source, printed in _match(text.strip(), settings).groupdict().items():
        if printed and source in ids and not _agrees(source, printed, ids[source]):
            raise BurnerError(Code.LABEL_OF_OTHER_UNIT, f"{source}: {printed} ≠ {ids[source]}")


def names_unit(text: str, settings: IdentitySettings, ids: Mapping[str, str]) -> bool | None:
    """Whether a label belongs to the unit with these IDs; None where no ID on it can be compared.

    Raises:
        BurnerError: E440 the text has another form.
    """
    printed = _match(text.strip(), settings).groupdict() if settings.label else {}
    compared = [_agrees(s, p, ids[s]) for s, p in printed.items() if p and s in ids]
    return all(compared) if compared else None


def has_compared_id(text: str, settings: IdentitySettings) -> bool:
    """Whether a label has an ID that is also read from the unit, before or after its boot.

    Raises:
        BurnerError: E440 the text has another form.
    """
    printed = _match(text.strip(), settings).groupdict() if settings.label else {}
    return any(printed.get(source) for source in settings.compared_groups)


def _match(text: str, settings: IdentitySettings) -> regex.Match:
    cleaned = broken_where_removed(text)
    match = regex.fullmatch(settings.label.pattern, cleaned) if settings.label else None
    if not match:
        raise BurnerError(Code.LABEL_MALFORMED, quoted(text[:80]))
    return match


def _agrees(source: str, printed: str, read: str) -> bool:
    if source == "serial":
        return printed == read
    printed, read = (re.sub("[:. -]", "", text).lower() for text in (printed, read))
    return len(printed) >= SHORTEST_LABEL_PART and read.endswith(printed)
