"""The firmware finds the key wherever burner burned it."""

import json
import random
import zlib

import pytest

from burner.platforms.tencent import RULES
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.file_carrier import FileCarrier
from tests.firmware import products
from tests.firmware.burning import BURNED, burn, random_key, read, status, wanted_of
from tests.firmware.host import Host, Status
from tests.firmware.products import PRODUCTS
from tests.provisioning.layouts import KEY, NAMED, POSSIBLE, burned, layout, partition


def check_burned(host: Host, number: int, count: int) -> None:
    source = random.Random(number * count)
    keys = [random_key(source) for _ in range(count)]
    results = read(host, number, *(burn(number, key) for key in keys))
    for key, result in zip(keys, results, strict=True):
        assert status(result) is Status.OK
        assert result[1:] == wanted_of(number, key)


@pytest.mark.parametrize("number", BURNED)
def test_the_firmware_reads_what_burner_burns(host: Host, number: int) -> None:
    check_burned(host, number, 20 if number <= products.ENCRYPTED_NVS else 300)


@pytest.mark.full
@pytest.mark.parametrize("number", BURNED)
def test_the_firmware_reads_what_burner_burns_for_many_keys(host: Host, number: int) -> None:
    check_burned(host, number, 500 if number <= products.ENCRYPTED_NVS else 20_000)


def test_encrypted_nvs_is_read_without_mbedtls_too(own: Host) -> None:
    check_burned(own, products.ENCRYPTED_NVS, 3)


def test_a_file_system_gives_the_text_that_the_firmware_reads(host: Host) -> None:
    settings = PRODUCTS[products.FILE].carrier
    carrier = as_flash_carrier(carrier_for(settings, POSSIBLE))
    assert isinstance(carrier, FileCarrier)
    where = layout(partition("storage", "data, littlefs", 0x10000))
    found = carrier.decode(burned(carrier, where, NAMED))
    assert found == NAMED
    (result,) = read(host, products.FILE, (carrier.content(found), b""))
    assert result[1:] == wanted_of(products.FILE, NAMED)


def test_a_later_value_counts_as_in_esp_idf(host: Host) -> None:
    """A key that the firmware wrote anew: the old entry is erased, or an older page has it."""
    data, _ = burn(products.NVS, KEY)
    newer, _ = burn(products.NVS, random_key(random.Random(5)))
    page = bytearray(newer[:0x1000])
    page[4:8] = (7).to_bytes(4, "little")
    page[28:32] = crc_idf(bytes(page[4:28]))
    both = bytes(page) + data[:0x1000] + data[0x2000:]
    (result,) = read(host, products.NVS, (both, b""))
    assert result[1:] == wanted_of(products.NVS, random_key(random.Random(5)))


def crc_idf(data: bytes) -> bytes:
    return zlib.crc32(data, 0xFFFFFFFF).to_bytes(4, "little")


ERASED = (b"\xff" * 0x4000, b"\xff" * 0x1000)


@pytest.mark.parametrize(
    "number", [n for n in BURNED if n not in (products.FILE, products.ODD_FILE)]
)
def test_erased_flash_has_no_key(host: Host, number: int) -> None:
    encryption = ERASED[1] if number == products.ENCRYPTED_NVS else b""
    (result,) = read(host, number, (ERASED[0], encryption))
    wanted = Status.DAMAGED if encryption else Status.MISSING
    assert status(result) is wanted
    assert result[1:] == [b"", b"", b""]


def test_a_key_under_other_names_is_missing(host: Host) -> None:
    flash = burn(products.NVS, KEY)
    (result,) = read(host, products.NAMED_NVS, flash)
    assert status(result) is Status.MISSING


def test_encrypted_nvs_is_not_read_without_its_key(host: Host) -> None:
    data, encryption = burn(products.ENCRYPTED_NVS, KEY)
    (without,) = read(host, products.ENCRYPTED_NVS, (data, b""))
    (plain,) = read(host, products.NVS, (data, encryption))
    assert status(without) is status(plain) is Status.MISSING


def test_the_key_of_another_unit_does_not_open_encrypted_nvs(host: Host) -> None:
    data, _ = burn(products.ENCRYPTED_NVS, KEY)
    _, other = burn(products.ENCRYPTED_NVS, KEY)
    (result,) = read(host, products.ENCRYPTED_NVS, (data, other))
    assert status(result) is Status.DAMAGED


@pytest.mark.parametrize("placeholder", sorted(RULES.placeholders))
def test_a_placeholder_is_no_key(host: Host, placeholder: str) -> None:
    for values in (
        {"productId": placeholder, "productSecret": "S" * 24, "deviceName": "n"},
        {"productId": KEY.product_id, "productSecret": placeholder, "deviceName": "n"},
        {"productId": KEY.product_id, "productSecret": "S" * 24, "deviceName": placeholder},
    ):
        (result,) = read(host, products.FILE, (json.dumps(values).encode(), b""))
        assert status(result) in (Status.NOT_ALLOWED, Status.TOO_LONG)
