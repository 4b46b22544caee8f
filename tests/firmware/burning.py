"""Keys burned by burner, and read by the firmware."""

import random
import string
from functools import cache

from burner.core.secrets.secret import Secret
from burner.flash.layout import Layout
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.file_carrier import FileCarrier
from burner.provisioning.key_config import KeyConfig
from tests.firmware import products
from tests.firmware.host import Host, Operation, Status, status_of
from tests.firmware.products import PRODUCTS
from tests.provisioning.layouts import POSSIBLE, layout, partition

PRINTABLE = bytes(range(0x21, 0x7F)).decode()
BURNED = (
    products.NVS,
    products.NAMED_NVS,
    products.ENCRYPTED_NVS,
    products.FILE,
    products.ODD_FILE,
    products.STRUCT,
    products.BIG_STRUCT,
    products.SUMS,
)
"""Products whose key lies in flash as bytes of its own."""
Burned = tuple[bytes, bytes]
"""The place with the key, and the key partition."""


def random_key(source: random.Random) -> KeyConfig:
    length = source.choice((24, source.randrange(16, 33)))
    alphabet = source.choice((string.ascii_letters + string.digits, PRINTABLE))
    names = string.ascii_letters + string.digits + "_-"
    return KeyConfig(
        "".join(source.choices(string.ascii_uppercase + string.digits, k=10)),
        Secret("".join(source.choices(alphabet, k=length)).encode()),
        "".join(source.choices(names, k=source.randrange(1, 49))),
    )


@cache
def carrier_of(number: int) -> tuple[FlashCarrier, Layout]:
    settings = PRODUCTS[number].carrier
    carrier = as_flash_carrier(carrier_for(settings, POSSIBLE))
    assert carrier is not None
    parts = [
        partition("fctry", "data, nvs", 0x4000),
        partition("identity", "data, nvs", 0x6000, offset=0x20000),
        partition("nvs_keys", "data, nvs_keys", 0x1000, offset=0x30000),
        partition("factory", "data, undefined", 0x1000, offset=0x40000),
    ]
    return carrier, layout(*parts)


def burn(number: int, key: KeyConfig) -> Burned:
    """What the firmware of a product finds where it looks for its key."""
    carrier, where = carrier_of(number)
    if isinstance(carrier, FileCarrier):
        return carrier.content(key), b""
    segments = {segment.name: segment.data for segment in carrier.fill(where, key)}
    encryption = segments.pop("nvs_keys", b"")
    (data,) = segments.values()
    return data, encryption


def wanted_of(number: int, key: KeyConfig) -> list[bytes]:
    carrier, _ = carrier_of(number)
    name = key.device_name if carrier.holds_name() else ""
    return [key.product_id.encode(), key.product_secret.reveal(), name.encode()]


def read(host: Host, number: int, *flashes: Burned) -> list[list[bytes]]:
    return host.run((Operation.READ, number, *flash) for flash in flashes)


def status(result: list[bytes]) -> Status:
    return status_of(result[0])
