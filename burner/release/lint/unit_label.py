"""Whether the printed label of a profile shows what its units have, and fits its size. Pure."""

from collections.abc import Iterator, Mapping

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.identity.settings import sources
from burner.profile.profile import Profile
from burner.profile.unit_label.boxes import place
from burner.profile.unit_label.settings import UnitLabelSettings
from burner.profile.unit_label.template import fields_of
from burner.profile.unit_names import name_of_checked

EXAMPLE_MAC = "7C:DF:A1:B0:C0:D8"
LATIN = 0x250


def example_values(profile: Profile, label: UnitLabelSettings) -> dict[str, str]:
    """Values of a unit with the longest IDs, for the check and the preview."""
    examples = label.examples
    ids = {"mac": EXAMPLE_MAC, "imei": examples.imei}
    ids |= {"serial": examples.serial, "label": examples.label or examples.serial}
    known = {source: value for source, value in ids.items() if value}
    try:
        return {"name": name_of_checked(profile, known), **known}
    except BurnerError:  # the name is of an ID without an example
        return {"name": "0" * profile.name.rule.longest, **known}


def check_unit_label(profile: Profile) -> Iterator[Finding]:
    """What is wrong with the section `label`."""
    label = profile.label
    if label is None:
        return
    if missing := [*_sources_missing(profile, label)]:
        yield from missing
        return
    for number, element in enumerate(label.elements):
        has_chinese = any(ord(letter) >= LATIN for letter in element.template)
        if element.kind is None and element.font == "0" and has_chinese:
            at = profile.place("label", "elements", number, "font")
            allowed = "a font of the printer that has them, such as E:SIMSUN.FNT"
            yield Finding(Code.PROFILE_INVALID, at, "font 0 has no Chinese letters", allowed)
    yield from _check_room(profile, label, example_values(profile, label))


def _sources_missing(profile: Profile, label: UnitLabelSettings) -> Iterator[Finding]:
    """IDs that the label shows and that are never read, or of which no example is given."""
    have = {"name", *sources(profile.identity)}
    serial = profile.identity.serial
    if serial and serial.source == "label":
        have.add("label")
    for number, element in enumerate(label.elements):
        at = profile.place("label", "elements", number, element.field)
        for source in sorted(fields_of(element.template)):
            if source not in have:
                yield Finding(Code.ID_SOURCE_MISSING, at, f"needs {source}", f"identity.{source}")
            elif source in {"serial", "label"} and not getattr(label.examples, source):
                allowed = f"label.examples.{source}: the longest one"
                found = f"{{{source}}} may be of any length"
                yield Finding(Code.PROFILE_INVALID, at, found, allowed)


def _check_room(
    profile: Profile, label: UnitLabelSettings, values: Mapping[str, str]
) -> Iterator[Finding]:
    try:
        placed = place(label, values)
    except ValueError as error:
        at = profile.place("label", "elements")
        yield Finding(Code.PROFILE_INVALID, at, str(error), "a text that the code can have")
        return
    for number, found in placed.problems:
        at = profile.place("label", "elements", number)
        yield Finding(Code.PROFILE_INVALID, at, found, "another place, or a smaller size")
