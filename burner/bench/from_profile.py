"""The defaults that a bench takes from the profile of its product.

Its chip and flash, and how its firmware behaves: how it names itself, at what rate and in which
line it prints its serial number, where its build keeps the key, whether it moves it, whether it
answers the station's challenge, and what it says in the dialogues of the tests; or that it is an AT
firmware.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from burner.bench.dialogue_answers import dialogue_answers, good_line
from burner.bench.unit.unit_spec import FirmwareBehaviour, TestFirmware, TextPlace
from burner.core.errors import BurnerError
from burner.identity.serial_checks import find_serial
from burner.identity.settings import SerialSettings
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.partition_settings import is_moved
from burner.provisioning.patch_carrier import PatchCarrier, PatchSettings
from burner.provisioning.raw_settings import RawSettings
from burner.release.opening import open_keyless, profile_of

LONGEST_NUMBER = 32
"""The longest serial number that is tried, in digits."""
_NUMBER = re.compile(r"\{number(?::0?([0-9]{1,2}))?\}")


@dataclass(frozen=True)
class ProductDefaults:
    """Used where a bench's SPEC has no value."""

    settings: Mapping[str, object] = field(default_factory=dict)
    """`chip`, `flash` and `modem` of a bench file."""
    firmware: FirmwareBehaviour = field(default_factory=FirmwareBehaviour)


def defaults_of(source: Path | None) -> ProductDefaults:
    """The defaults of a profile or release; empty where it cannot be read: opening reports why."""
    if source is None:
        return ProductDefaults()
    try:
        plan = profile_of(source)
    except BurnerError:
        return ProductDefaults()
    if plan is None:
        return ProductDefaults()
    settings: dict[str, object] = {"chip": plan.chip.type, "flash": plan.flash.size}
    if not isinstance(plan, Profile):
        return ProductDefaults(settings)
    if isinstance(plan.carrier, AtSettings):
        kind = "tencent" if plan.identity.imei else "tencent-wifi"
        settings["modem"] = {"kind": kind, "port": plan.carrier.port, "baud": plan.carrier.baud}
    firmware = FirmwareBehaviour(
        name=plan.name,
        serial=plan.identity.serial,
        texts=tuple(_texts(plan, source)),
        baud=plan.boot.baud,
        moves_key=is_moved(plan.carrier),
        challenge=plan.boot.challenge,
        answers=dialogue_answers(plan.tests),
        test_firmware=_test_firmware(plan, source),
    )
    return ProductDefaults(settings, firmware)


def _test_firmware(profile: Profile, source: Path) -> TestFirmware | None:
    """The test firmware of its route; None where it has none, or cannot be opened."""
    if profile.route is None:
        return None
    try:
        written = open_keyless(source).route
    except BurnerError:
        return None
    names = {image.name for image in profile.route.images}
    return TestFirmware(
        tuple(segment.region() for segment in written if segment.name in names),
        tuple(filter(None, (good_line(line, {}) for line in profile.route.boot.expect))),
        dialogue_answers(profile.route.tests),
    )


def _texts(profile: Profile, source: Path) -> Iterator[TextPlace]:
    """The places of the key in the build, where the carrier is neither NVS nor a file."""
    carrier = profile.carrier
    if isinstance(carrier, RawSettings):
        starts = carrier.starts()
        for field in carrier.fields:
            if field.key:
                at = carrier.offset + starts[field.name]
                yield TextPlace(field.key, carrier.partition, at, field.size)
    elif isinstance(carrier, PatchSettings):
        yield from _arrays(PatchCarrier(carrier, profile.possible_keys), source)


def _arrays(carrier: PatchCarrier, source: Path) -> Iterator[TextPlace]:
    """The arrays in the application; nothing where the product cannot be opened."""
    try:
        layout = open_keyless(source).layout
    except BurnerError:
        return
    values, places = carrier.settings.arrays(), {p.name: p for p in carrier.read_ranges(layout)}
    for array in values:
        place = places[carrier.place_name(array)]
        partition = layout.table.at(place.offset)
        name, start = (partition.name, partition.offset) if partition else ("", 0)
        yield TextPlace(array.value, name, place.offset - start, array.size)


def with_own_lines(firmware: FirmwareBehaviour, number: int) -> FirmwareBehaviour:
    """The firmware of board `number`: its lines have its number, one of them its serial number."""

    def numbered(text: str) -> str:
        return _NUMBER.sub(lambda match: f"{number:0{match[1] or 1}}", text)

    lines = tuple(map(numbered, firmware.lines))
    answers = tuple(replace(answer, says=numbered(answer.says)) for answer in firmware.answers)
    serial = firmware.serial
    if serial and serial.source == "firmware" and not _keeps(lines, serial):
        lines += tuple(filter(None, [serial_line(serial, number)]))
    return replace(firmware, lines=lines, answers=answers)


def serial_line(settings: SerialSettings, number: int) -> str | None:
    """A line in which the firmware of board `number` could print its serial number.

    Lines are tried against the profile's pattern. None: none of them fits; then `lines` of the
    bench file must give one.
    """
    return next((line for line in _lines(settings, number) if _keeps([line], settings)), None)


def _keeps(lines: Sequence[str], settings: SerialSettings) -> bool:
    """Whether the lines hold a serial number as the profile wants it."""
    try:
        find_serial(lines, settings)
    except BurnerError:
        return False
    return True


def _lines(settings: SerialSettings, number: int) -> Iterator[str]:
    """The text around the group, with numbers of every length in it."""
    before, group, after = _plain_parts(settings.line or "")
    starts = dict.fromkeys(("", _letters(group), _letters(settings.pattern)))
    for start in starts:
        for digits in range(1, LONGEST_NUMBER + 1):
            yield f"{before}{start}{number:0{digits}}{after}"


def _plain_parts(pattern: str) -> tuple[str, str, str]:
    """The text before a pattern's one group, the group's own pattern, the text after it."""
    before, _, rest = re.sub(r"\\([^\w\s])", r"\1", pattern).partition("(")
    group, _, after = rest.rpartition(")")
    return _text(before), group, _text(after)


def _text(pattern: str) -> str:
    """The plainest text that a piece of a pattern matches."""
    return re.sub(r"\\s[*+?]?|(?<= )[*+?]", " ", re.sub(r"\\[bBAZ]|[$^]", "", pattern))


def _letters(pattern: str) -> str:
    """The letters and digits that every match begins with."""
    prefix = re.match(r"[A-Za-z0-9_-]*(?![*+?{])", pattern)
    return prefix[0] if prefix else ""
