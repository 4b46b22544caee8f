"""Damage in flash never makes another key, and garbage none."""

import random
import string
from collections.abc import Mapping

import pytest

from burner.core.errors import BurnerError
from burner.flash.layout import Layout
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.file_carrier import FileCarrier
from burner.provisioning.nvs_carrier import NvsCarrier
from tests.firmware import products
from tests.firmware.burning import (
    BURNED,
    Burned,
    burn,
    carrier_of,
    random_key,
    read,
    status,
    wanted_of,
)
from tests.firmware.host import Host, Status
from tests.provisioning.layouts import KEY


def decoded(number: int, flash: Burned) -> list[bytes]:
    """What burner finds there; empty where it refuses it."""
    carrier, where = carrier_of(number)
    try:
        if isinstance(carrier, FileCarrier):
            key = carrier.parse(flash[0])
        else:
            key = carrier.decode(read_back(carrier, where, flash))
    except BurnerError:
        return []
    return wanted_of(number, key)


def read_back(carrier: FlashCarrier, where: Layout, flash: Burned) -> Mapping[str, bytes]:
    places = carrier.read_ranges(where)
    offset = 0 if isinstance(carrier, NvsCarrier) else places[0].offset - 0x40000
    data = flash[0] if not offset else flash[0][offset:]
    return {places[0].name: data, **{place.name: flash[1] for place in places[1:]}}


def damaged(source: random.Random, data: bytes, used: int) -> bytes:
    """Some bytes other than they were, or cut, or erased, or moved, or one bit turned."""
    changed = bytearray(data)
    at = source.randrange(used)
    match source.randrange(6):
        case 0:
            changed[at] ^= 1 << source.randrange(8)
        case 1:
            changed[at : at + 4] = source.randbytes(len(changed[at : at + 4]))
        case 2:
            end = min(len(changed), at + source.randrange(1, 64))
            changed[at:end] = source.choice((b"\xff", b"\0")) * (end - at)
        case 3:
            other = source.randrange(used)
            part = changed[other : other + 32]
            changed[at : at + len(part)] = part
            del changed[len(data) :]
        case 4:
            del changed[at:]
        case _:
            changed[at:at] = source.randbytes(source.randrange(1, 8))
            del changed[len(data) :]
    return bytes(changed)


def check_damaged(host: Host, number: int, count: int) -> None:
    """Whatever burner still reads, the firmware reads the same; else it gives the key that was
    burned, where no byte of that was touched, or none at all.
    """
    source = random.Random(number)
    keys = [random_key(source) for _ in range(3)]
    originals = [burn(number, key) for key in keys]
    flashes = []
    for turn in range(count):
        data, encryption = originals[turn % len(keys)]
        used = len(data.rstrip(b"\xff")) or 1
        flashes.append((damaged(source, data, used), encryption))
    for turn, result in enumerate(read(host, number, *flashes)):
        found = decoded(number, flashes[turn])
        if status(result) is Status.OK:
            assert result[1:] in (found, wanted_of(number, keys[turn % len(keys)]))
        else:
            assert not found or not burnable(found)
            assert result[1:] == [b"", b"", b""]


def burnable(values: list[bytes]) -> bool:
    """Whether burner would ever burn these: JSON has no checksum, so anything may stand there."""
    product_id, secret, name = values
    return (
        product_id.isalnum()
        and len(product_id) == 10
        and 16 <= len(secret) <= 32
        and all(0x21 <= byte <= 0x7E for byte in secret)
        and all(byte in (string.ascii_letters + string.digits + "_-:").encode() for byte in name)
        and len(name) <= 48
    )


@pytest.mark.parametrize("number", BURNED)
def test_damage_never_makes_another_key(host: Host, number: int) -> None:
    check_damaged(host, number, 300)


@pytest.mark.full
@pytest.mark.parametrize("number", BURNED)
def test_much_damage_never_makes_another_key(host: Host, number: int) -> None:
    check_damaged(host, number, 3000 if number <= products.ENCRYPTED_NVS else 20_000)


def garbage(source: random.Random, number: int) -> bytes:
    if number in (products.FILE, products.ODD_FILE):
        alphabet = '{}[]",:\\u0d8 truefalsn-1.e\n\x00\x1fé'
        return "".join(source.choices(alphabet, k=source.randrange(80))).encode()
    return source.randbytes(source.choice((0, 100, 0x1000, 0x2000)))


@pytest.mark.parametrize("number", BURNED)
def test_garbage_has_no_key(host: Host, number: int) -> None:
    source = random.Random(number)
    encryption = burn(number, KEY)[1]
    flashes = [(garbage(source, number), encryption) for _ in range(100)]
    for result in read(host, number, *flashes):
        assert status(result) is not Status.OK
