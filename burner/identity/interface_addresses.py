"""From the base MAC to the address of each interface of the chip. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from burner.core.silicon import Mac, Silicon

MAC_SOURCES = ("mac", "station", "softap", "bluetooth", "ethernet")
"""Sources that are addresses of the silicon; `mac` is the base MAC, whatever the chip."""

AddressRule = tuple[int, bool]
"""What is added to the last octet of the base MAC, and whether the result is made local."""

_FOUR: Mapping[str, AddressRule] = MappingProxyType(
    {
        "station": (0, False),
        "softap": (1, False),
        "bluetooth": (2, False),
        "ethernet": (3, False),
    }
)
_TWO: Mapping[str, AddressRule] = MappingProxyType(
    {"station": (0, False), "softap": (0, True), "bluetooth": (1, False), "ethernet": (1, True)}
)
_WIFI_AND_BLUETOOTH = {4: _FOUR, 2: _TWO}
_BLUETOOTH_ONLY: Mapping[str, AddressRule] = MappingProxyType({"bluetooth": (0, False)})

ADDRESSES: Mapping[str, Mapping[int, Mapping[str, AddressRule]]] = MappingProxyType(
    {
        "esp8266": {1: {"station": (0, False), "softap": (0, True)}},
        "esp32": _WIFI_AND_BLUETOOTH,
        "esp32s2": {
            2: {"station": (0, False), "softap": (1, False), "ethernet": (1, True)},
            1: {"station": (0, False), "softap": (0, True), "ethernet": (1, True)},
        },
        "esp32s3": _WIFI_AND_BLUETOOTH,
        "esp32s31": _WIFI_AND_BLUETOOTH,
        "esp32c2": _WIFI_AND_BLUETOOTH,
        "esp32c3": _WIFI_AND_BLUETOOTH,
        "esp32c5": _WIFI_AND_BLUETOOTH,
        "esp32c6": _WIFI_AND_BLUETOOTH,
        "esp32c61": _WIFI_AND_BLUETOOTH,
        "esp32h2": {2: _BLUETOOTH_ONLY},
        "esp32h21": {1: _BLUETOOTH_ONLY},
        "esp32h4": {1: _BLUETOOTH_ONLY},
        "esp32p4": {1: {"ethernet": (0, False)}},
    }
)
"""Chip → number of universal addresses (the first is ESP-IDF's default) → interface → address.

From ESP-IDF's programming guide, "Miscellaneous System APIs", MAC Address, and each chip's
`Kconfig.mac`; for the ESP8266 from `esp_read_mac` of ESP8266_RTOS_SDK. Chips without Wi-Fi (H)
use the base MAC for Bluetooth; the P4 has Ethernet alone, at the base MAC.
"""
OWN_ETHERNET = frozenset({"esp32", "esp32p4", "esp32s31"})
"""Chips with an Ethernet MAC inside; elsewhere the address serves an SPI-Ethernet part."""

_S2_ONE_ADDRESS = range(0x7CDFA1003000, 0x7CDFA1006000)
"""ESP32-S2 parts that got one address by mistake: their SoftAP address lies 0x1d000 higher."""


def interface_macs(silicon: Silicon, universal_addresses: int | None = None) -> dict[str, Mac]:
    """Every address of a unit: `mac` (base) and those of the interfaces its chip has.

    A chip or a number of addresses that ESP-IDF does not document gives the base MAC alone.
    """
    base = silicon.mac
    return {
        "mac": base,
        **{
            interface: _address(silicon.chip, base, interface, added, local)
            for interface, (added, local) in interfaces(silicon.chip, universal_addresses).items()
        },
    }


def interfaces(chip: str, universal_addresses: int | None = None) -> Mapping[str, AddressRule]:
    """The interfaces that have an address on this chip; empty for an unknown chip or number."""
    schemes = ADDRESSES.get(chip, {})
    number = universal_addresses or next(iter(schemes), 0)
    return schemes.get(number, {})


def _address(chip: str, base: Mac, interface: str, added: int, local: bool) -> Mac:
    value = int.from_bytes(base.octets, "big")
    if (chip, interface, added) == ("esp32s2", "softap", 1) and value in _S2_ONE_ADDRESS:
        return Mac((value + 0x1D000).to_bytes(6, "big"))
    octets = bytearray(base.octets)
    octets[5] = (octets[5] + added) & 0xFF  # ESP-IDF adds to the last octet, without carry
    if local:
        octets[0] = octets[0] ^ 0x04 if octets[0] & 0x02 else octets[0] | 0x02
    return Mac(bytes(octets))
