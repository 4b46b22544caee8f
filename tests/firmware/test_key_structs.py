"""A struct with any byte changed and its checksums made again: the firmware refuses what burner
refuses.
"""

import random

import pytest

from burner.core.errors import BurnerError
from burner.provisioning.checksums import CHECKSUMS
from burner.provisioning.raw_carrier import unpack
from burner.provisioning.raw_settings import RawSettings
from tests.firmware import products
from tests.firmware.burning import burn, random_key, read, status
from tests.firmware.host import Host, Status
from tests.firmware.products import PRODUCTS

STRUCTS = (products.STRUCT, products.BIG_STRUCT, products.SUMS)


def settings_of(number: int) -> RawSettings:
    settings = PRODUCTS[number].carrier
    assert isinstance(settings, RawSettings)
    return settings


def with_checksums(settings: RawSettings, struct: bytes) -> bytes:
    """As burner computes them: one after the other, from zeros."""
    data, starts = bytearray(struct), settings.starts()
    fields = [field for field in settings.fields if field.checksum]
    for field in fields:
        start = starts[field.name]
        data[start : start + field.size] = bytes(field.size)
    for field in fields:
        assert field.checksum
        covered, start = settings.covered(field), starts[field.name]
        total = CHECKSUMS[field.checksum.algorithm].compute(
            bytes(data[covered.start : covered.stop])
        )
        data[start : start + field.size] = total.to_bytes(field.size, settings.endian)
    return bytes(data)


def burner_reads(settings: RawSettings, struct: bytes) -> list[bytes]:
    try:
        key = unpack(settings, struct)
    except BurnerError:
        return []
    return [key.product_id.encode(), key.product_secret.reveal(), key.device_name.encode()]


@pytest.mark.parametrize("number", STRUCTS)
def test_every_byte_of_a_struct_counts(host: Host, number: int) -> None:
    settings, source = settings_of(number), random.Random(number)
    places, structs = [], []
    data, _ = burn(number, random_key(source))
    front, struct = data[: settings.offset], data[settings.offset :]
    for at in range(len(struct)):
        for byte in (0, struct[at] ^ 1, struct[at] ^ 0xFF):
            changed = with_checksums(settings, struct[:at] + bytes([byte]) + struct[at + 1 :])
            structs.append(changed)
            places.append((front + changed, b""))
    wanted = [burner_reads(settings, struct) for struct in structs]
    for result, expected in zip(read(host, number, *places), wanted, strict=True):
        if status(result) is Status.OK:
            assert result[1:] == expected
        elif expected:
            # A byte that no key may hold; 0xFF in front is erased flash.
            assert status(result) in (Status.NOT_ALLOWED, Status.MISSING)
    assert any(wanted)
    assert not all(wanted)


@pytest.mark.parametrize("number", STRUCTS)
def test_a_checksum_that_is_wrong_is_damage(host: Host, number: int) -> None:
    settings = settings_of(number)
    data, _ = burn(number, random_key(random.Random(1)))
    changed = []
    for field in settings.fields:
        for at in range(field.size) if field.checksum else ():
            place = settings.offset + settings.starts()[field.name] + at
            changed.append(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
    results = read(host, number, *((place, b"") for place in changed))
    assert {status(result) for result in results} == {Status.DAMAGED}


@pytest.mark.parametrize("number", STRUCTS)
def test_a_place_that_is_too_short_cannot_be_read(host: Host, number: int) -> None:
    data, _ = burn(number, random_key(random.Random(1)))
    results = read(host, number, *((data[:size], b"") for size in range(len(data))))
    assert {status(result) for result in results} == {Status.FLASH_FAILED}
