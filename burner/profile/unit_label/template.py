"""Templates of printed labels: text with fields such as `{name}`, and their values."""

import re
from collections.abc import Mapping
from functools import lru_cache

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Mac
from burner.core.words.visible_text import invisible_at
from burner.identity.naming import TemplateField

FIELDS = ("name", "mac", "imei", "serial", "label")
"""What a template may show: the DeviceName, the base MAC, and the IDs that are read."""

_FIELD = re.compile(r"(?P<source>[a-z]+)(?::(?P<digits>-?[1-9][0-9]?))?")
_PARTS = re.compile(r"\{([^{}]*)\}")


@lru_cache(maxsize=256)
def parse_label_template(template: str) -> tuple[str | TemplateField, ...]:
    """Split a template into literal text and fields.

    Raises:
        ValueError: it cannot be printed.
    """
    if invisible_at(template):
        raise ValueError("one line of visible text")
    parts: list[str | TemplateField] = []
    for index, text in enumerate(_PARTS.split(template)):
        if index % 2:
            parts.append(_field(text))
        elif "{" in text or "}" in text:
            raise ValueError("each { has its }")
        elif text:
            parts.append(text)
    return tuple(parts)


def _field(text: str) -> TemplateField:
    match = _FIELD.fullmatch(text)
    if not match or match["source"] not in FIELDS:
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise ValueError(f"fields are {known}, with :4 for the first four characters, :-4 the last")
    return TemplateField(match["source"], int(match["digits"]) if match["digits"] else None)


def fields_of(template: str) -> set[str]:
    """The fields that a template shows."""
    parts = parse_label_template(template)
    return {part.source for part in parts if isinstance(part, TemplateField)}


def filled(template: str, values: Mapping[str, str], separator: str, *, lower: bool) -> str:
    """The text of a template.

    Args:
        template: text and fields.
        values: of the unit, by field.
        separator: between the bytes of an address.
        lower: whether its hex digits are lower case.

    Raises:
        BurnerError: E167 the unit lacks a value.
    """
    return "".join(
        part if isinstance(part, str) else _value(part, values, separator, lower=lower)
        for part in parse_label_template(template)
    )


def _value(field: TemplateField, values: Mapping[str, str], separator: str, *, lower: bool) -> str:
    value = values.get(field.source, "")
    if not value:
        raise BurnerError(Code.NAME_ID_NOT_READ, field.source)
    if field.source != "mac":
        return field.cut(value)
    digits = Mac.parse(value).octets.hex()
    return separator.join(re.findall("..?", field.cut(digits if lower else digits.upper())))
