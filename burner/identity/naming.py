"""From the IDs of a unit to its DeviceName: the template, and the platform's rule. Pure.

A name cannot be corrected after shipping, so it is made in this one place. `burner profile names`
prints test vectors by the same function, for the firmware team.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import PrivateAttr, StrictBool, field_validator

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.silicon import Mac
from burner.core.words.plural import counted
from burner.core.yaml_schema import StrictModel, refusal
from burner.identity.interface_addresses import ADDRESSES, MAC_SOURCES, OWN_ETHERNET, interfaces
from burner.platforms.platform import DEFAULT_CLOUD
from burner.platforms.platforms import PLATFORMS
from burner.platforms.rules import NameRule

SOURCES = (*MAC_SOURCES, "imei", "serial", "label")

_LITERAL = re.compile(r"[A-Za-z0-9:_-]*")
_FIELD = re.compile(r"(?P<source>[a-z]+)(?::(?P<digits>-?[1-9][0-9]?))?")


@dataclass(frozen=True)
class TemplateField:
    """A field of the template: a source and how many of its characters; negative: the last ones."""

    source: str
    characters: int | None = None

    def cut(self, text: str) -> str:
        """The part of an ID that the field shows."""
        if self.characters is None:
            return text
        return text[self.characters :] if self.characters < 0 else text[: self.characters]


class NameSettings(StrictModel):
    """How a product's DeviceName is made. The firmware must make it in the same way.

    `template` holds literal text and fields: `{mac}`, `{imei:-6}` (last six characters),
    `{serial:4}` (first four). Case and separator are those of the hex digits of addresses.
    """

    template: str = "{mac}"
    """Text and fields, such as `"plug-{mac:-6}"`: docs/names.md has all fields, and the rule of
    names."""
    case: Literal["upper", "lower"] = "upper"
    """Case of the hex digits of addresses."""
    separator: Literal["", ":", "-", "_"] = ""
    """Character between the bytes of addresses."""
    allow_colon: StrictBool = False
    """Tencent's API takes `:` in a name, its console does not: refused unless asked for."""
    universal_addresses: Literal[1, 2, 4] | None = None
    """CONFIG_…_UNIVERSAL_MAC_ADDRESSES of the firmware, on which the interfaces' addresses depend.
    Left out: the chip's default."""

    _rule: NameRule = PrivateAttr(default=PLATFORMS[DEFAULT_CLOUD].rules.names)

    @field_validator("template")
    @classmethod
    def _readable(cls, template: str) -> str:
        parts = parse_template(template)
        if not any(isinstance(part, TemplateField) for part in parts):
            allowed = "a field such as {mac}: without one every unit gets the same name"
            raise refusal(Code.NAME_TEMPLATE_CONSTANT, f"found {template!r}", allowed)
        return template

    @property
    def rule(self) -> NameRule:
        """The rule of the platform: of the default one, until `under` gives another one."""
        return self._rule

    def under(self, rule: NameRule) -> "NameSettings":
        """The same, for a platform with this rule of names.

        Raises:
            PydanticCustomError: E163 no name of the template is allowed.
        """
        shortest, longest = (_render(self, _zeros(length)) for length in (1, rule.longest))
        if len(shortest) > rule.longest:
            found = f"names of {counted(len(shortest), 'character')} or more"
            raise refusal(Code.TEMPLATE_NAMES_NOT_ALLOWED, found, f"at most {rule.longest}")
        if len(longest) < rule.shortest:
            found = f"names of {counted(len(longest), 'character')}"
            raise refusal(Code.TEMPLATE_NAMES_NOT_ALLOWED, found, f"at least {rule.shortest}")
        if ":" in shortest and not rule.allows_colon(self.allow_colon):
            allowed = "another separator"
            if rule.allows_colon(also_of_api=True):
                allowed += "; or allow_colon: true, if devices are not created in the console"
            raise refusal(Code.TEMPLATE_NAMES_NOT_ALLOWED, f"a colon in {shortest}", allowed)
        settings = self.model_copy()
        settings._rule = rule
        return settings

    @property
    def parts(self) -> tuple[str | TemplateField, ...]:
        """The template as literal texts and fields."""
        return parse_template(self.template)


@lru_cache(maxsize=64)
def parse_template(template: str) -> tuple[str | TemplateField, ...]:
    """Split a template into literal text and fields.

    Raises:
        PydanticCustomError: E160.
    """
    parts: list[str | TemplateField] = []
    for index, text in enumerate(re.split(r"\{([^{}]*)\}", template)):
        if index % 2:
            parts.append(_parse_field(text))
        elif not _LITERAL.fullmatch(text):
            raise refusal(
                Code.NAME_TEMPLATE_INVALID,
                f"found {text!r}",
                "A-Z a-z 0-9 _ - and fields such as {mac}",
            )
        elif text:
            parts.append(text)
    return tuple(parts)


def _parse_field(text: str) -> TemplateField:
    match = _FIELD.fullmatch(text)
    if not match or match["source"] not in SOURCES:
        allowed = f"{', '.join(SOURCES)}; with :4 for the first four characters, :-4 for the last"
        raise refusal(Code.NAME_TEMPLATE_INVALID, f"found {{{text}}}", allowed)
    return TemplateField(match["source"], int(match["digits"]) if match["digits"] else None)


def required_sources(settings: NameSettings) -> set[str]:
    """The IDs that must have been read before this name can be made."""
    return {part.source for part in settings.parts if isinstance(part, TemplateField)}


def device_name(settings: NameSettings, ids: Mapping[str, str | Mac]) -> str:
    """The DeviceName of a unit with these IDs, already checked by the platform's rule.

    Raises:
        BurnerError: E164 the name breaks the rule, E167 an ID the template needs is not there.
    """
    name = _render(settings, ids)
    settings.rule.check(name, settings.allow_colon)
    return name


def _zeros(length: int) -> dict[str, str]:
    """IDs of zeros; those of the product's own form are so long."""
    addresses = dict.fromkeys(MAC_SOURCES, "0" * 12)
    return addresses | {"imei": "0" * 15, "serial": "0" * length, "label": "0" * length}


def _render(settings: NameSettings, ids: Mapping[str, str | Mac]) -> str:
    return "".join(
        part if isinstance(part, str) else _fill(part, settings, ids) for part in settings.parts
    )


def _fill(field: TemplateField, settings: NameSettings, ids: Mapping[str, str | Mac]) -> str:
    value = ids.get(field.source, "")
    if not value:
        raise BurnerError(Code.NAME_ID_NOT_READ, field.source)
    if field.source not in MAC_SOURCES:
        return field.cut(str(value))
    octets = (value if isinstance(value, Mac) else Mac.parse(value)).octets
    digits = field.cut(octets.hex().upper() if settings.case == "upper" else octets.hex())
    return settings.separator.join(re.findall("..?", digits))


def check_settings(settings: NameSettings, chip: str, place: str) -> list[Finding]:
    """What is wrong with a name template for this chip; `place` is `file:line name`."""
    return [*_check_chip(settings, chip, place), *_check_loss(settings, place)]


def _check_chip(settings: NameSettings, chip: str, place: str) -> list[Finding]:
    schemes = ADDRESSES.get(chip, {})
    if settings.universal_addresses is not None and settings.universal_addresses not in schemes:
        allowed = " or ".join(map(str, schemes)) or "nothing: the chip's addresses are not known"
        found = f"{settings.universal_addresses} universal addresses on {chip}"
        return [Finding(Code.ADDRESS_COUNT_WRONG, f"{place}.universal_addresses", found, allowed)]
    has = interfaces(chip, settings.universal_addresses)
    wanted = required_sources(settings) & set(MAC_SOURCES) - {"mac"}
    findings = [
        Finding(
            Code.NAME_ADDRESS_MISSING,
            f"{place}.template",
            f"{{{source}}} on {chip}",
            ", ".join(("mac", *has)),
        )
        for source in sorted(wanted - set(has))
    ]
    if "ethernet" in wanted & set(has) and chip not in OWN_ETHERNET:
        what = f"{chip} has no Ethernet of its own"
        allowed = "valid only with an SPI-Ethernet part"
        findings.append(
            Finding(Code.CHIP_WITHOUT_ETHERNET, f"{place}.template", what, allowed, warning=True)
        )
    return findings


def _check_loss(settings: NameSettings, place: str) -> list[Finding]:
    """A warning for a name from a part of an ID: it may repeat, because only the whole ID is
    unique.
    """
    fields = [part for part in settings.parts if isinstance(part, TemplateField)]
    if any(field.characters is None for field in fields):
        return []
    found = ", ".join(f"{field.characters} of {{{field.source}}}" for field in fields)
    allowed = "a whole ID, or digits that never repeat in this product"
    return [Finding(Code.NAME_MAY_REPEAT, f"{place}.template", found, allowed, warning=True)]
