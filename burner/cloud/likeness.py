"""Whether two device names are those of one device: a mistake in the firmware's rule. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

_SEPARATORS = re.compile("[^0-9A-Za-z]+")
_SHORTEST = 6
"""Characters of a name without its prefix; with fewer, units look alike by chance."""
_SHORTEST_NUMBER = 12
"""The same of digits alone: each product line counts its units from 1, or by the date."""
_MAC = re.compile("[0-9A-F]{12}")


class Likeness(StrEnum):
    """Why two names are those of one device. The surest first."""

    CASE = "upper and lower case differ"
    SEPARATORS = "separators differ"
    PREFIX = "another prefix, or none"
    OTHER_ID = "another ID of the unit"
    INTERFACE = "the address of another interface"


NameKey = tuple[Likeness, str]


def pairs(
    burned: Mapping[str, Iterable[str]], registered: Iterable[str]
) -> Mapping[str, tuple[str, Likeness]]:
    """Pairs of names that are those of one device; each name is in one pair at most.

    Args:
        burned: names of units, each with the IDs of its unit.
        registered: names on the platform.

    Returns:
        Name of a unit → name on the platform, and why.
    """
    places: dict[NameKey, list[str]] = {}
    for name in sorted(registered):
        for key in dict.fromkeys(_keys_of_registered(name)):
            places.setdefault(key, []).append(name)
    if not places:
        return {}
    found = [
        (likeness, rank, name, other)
        for name, ids in burned.items()
        for likeness, rank, text in _keys_of_unit(name, ids)
        for other in places.get((likeness, text), ())
    ]
    order = list(Likeness)
    found.sort(key=lambda one: (order.index(one[0]), *one[1:]))
    paired: dict[str, tuple[str, Likeness]] = {}
    taken: set[str] = set()
    for likeness, _, name, other in found:
        if name not in paired and other not in taken:
            paired[name] = other, likeness
            taken.add(other)
    return paired


def _keys_of_registered(name: str) -> Iterator[NameKey]:
    plain = _plain(name)
    yield Likeness.CASE, name.upper()
    yield Likeness.SEPARATORS, plain
    for text in (plain, _last_part(name), plain[-15:], plain[-12:]):
        if _is_of_one_device(text):
            yield Likeness.PREFIX, text
    yield Likeness.OTHER_ID, plain
    if _MAC.fullmatch(plain[-12:]):
        yield Likeness.INTERFACE, plain[-12:]


def _keys_of_unit(name: str, ids: Iterable[str]) -> Iterator[tuple[Likeness, int, str]]:
    """What a name on the platform is if it is this unit's; the number orders those of a kind."""
    plain, plain_ids = _plain(name), [_plain(one) for one in ids]
    yield Likeness.CASE, 0, name.upper()
    yield Likeness.SEPARATORS, 0, plain
    tails = [one for one in plain_ids if plain.endswith(one)]
    for text in dict.fromkeys((plain, _last_part(name), *tails)):
        if _is_of_one_device(text):
            yield Likeness.PREFIX, 0, text
    for one in plain_ids:
        if len(one) >= _SHORTEST:
            yield Likeness.OTHER_ID, 0, one
        if _MAC.fullmatch(one):
            for distance, address in _addresses(one):
                yield Likeness.INTERFACE, distance, address


def _addresses(mac: str) -> Iterator[tuple[int, str]]:
    """Addresses that ESP-IDF derives from a base MAC (`burner.identity.interface_addresses`)."""
    first, middle, last = int(mac[:2], 16), mac[2:10], int(mac[10:], 16)
    local = first ^ 0x04 if first & 0x02 else first | 0x02
    for distance in range(4):
        end = (last + distance) & 0xFF
        yield distance, f"{first:02X}{middle}{end:02X}"
        yield distance, f"{local:02X}{middle}{end:02X}"


def _is_of_one_device(text: str) -> bool:
    """Whether two names that end with this are hardly those of two devices."""
    return len(text) >= (_SHORTEST_NUMBER if text.isdecimal() else _SHORTEST)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).upper()


def _last_part(name: str) -> str:
    """Behind the last separator."""
    return _SEPARATORS.split(name)[-1].upper()
