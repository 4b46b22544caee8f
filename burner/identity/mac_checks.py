"""Whether a MAC address may name a unit. Pure."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Silicon
from burner.identity.settings import IdentitySettings

KNOWN_DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("00:00:00:00:00:01", "00:00:00:00:00:ff", "counted up from zero"),
    ("00:01:02:03:04:05", "00:01:02:03:04:05", "counted up"),
    ("00:11:22:33:44:55", "00:11:22:33:44:55", "from sample code"),
    ("18:fe:34:00:00:00", "18:fe:34:00:00:00", "ESP8266 with an empty eFuse"),
    ("18:fe:34:6a:85:c7", "18:fe:34:6a:85:f8", "kept by Espressif for its own boards"),
    ("24:0a:c4:00:01:10", "24:0a:c4:00:01:10", "development tool: the Wokwi simulator"),
    ("24:0a:c4:80:33:5f", "24:0a:c4:80:33:5f", "development tool: esptool's mock chips"),
    ("aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff", "from sample code"),
    ("de:ad:be:ef:00:00", "de:ad:be:ef:ff:ff", "from sample code"),
)
"""Addresses that many boards share: first, last, where they come from."""

IEEE802154 = frozenset({"esp32c5", "esp32c6", "esp32h2", "esp32h21", "esp32h4"})
"""Chips whose tools print an EUI-64 as well, which gets taken for the MAC."""


def check_mac(silicon: Silicon, settings: IdentitySettings) -> None:
    """Check that a base MAC can name a unit.

    Raises:
        BurnerError: E410 zero, E411 all FF, E414 on the deny list, E417 an EUI-64 cut
            short, E412 multicast, E413 locally administered, E415 eFuse CRC wrong, E416 vendor.
    """
    octets, text = silicon.mac.octets, str(silicon.mac)
    if not any(octets):
        raise BurnerError(Code.MAC_ZERO, text)
    if octets == b"\xff" * 6:
        raise BurnerError(Code.MAC_ALL_FF, text)
    if text in settings.allow:
        return
    denied = [entry for entry in KNOWN_DEFAULTS if entry[0] <= text <= entry[1]]
    prefixes = settings.vendor_prefixes
    faults = {
        Code.MAC_DENIED: bool(denied),
        Code.MAC_CUT_FROM_EUI64: _is_cut_eui64(silicon),
        Code.MAC_GROUP_ADDRESS: bool(octets[0] & 0x01),
        Code.MAC_LOCAL: bool(octets[0] & 0x02),
        Code.MAC_CHECKSUM_WRONG: silicon.mac_crc_ok is False,
        Code.MAC_OF_OTHER_VENDOR: bool(prefixes) and not octets.hex().startswith(prefixes),
    }
    for code, found in faults.items():
        if found:
            raise BurnerError(code, "".join((text, *map(_named, denied))))


def _named(denied: tuple[str, str, str]) -> str:
    """The entry of the deny list that fits, for the detail of an error."""
    first, last, origin = denied
    span = first if first == last else f"{first} to {last}"
    return f": deny list {span} ({origin})"


def _is_cut_eui64(silicon: Silicon) -> bool:
    """Whether the MAC is the first six bytes of an EUI-64 (the base MAC with ff:fe inside).

    Only chips with IEEE 802.15.4 have one. On other chips ff:fe may be part of a real MAC.
    """
    if silicon.eui64:
        return silicon.eui64.lower().startswith(str(silicon.mac))
    return silicon.chip in IEEE802154 and silicon.mac.octets[3:5] == b"\xff\xfe"
