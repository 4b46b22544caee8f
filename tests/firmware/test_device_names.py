"""The firmware's name is the tool's, for any unit."""

import random
import string
from collections.abc import Mapping

import pytest

from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.identity.interface_addresses import interface_macs
from burner.identity.naming import device_name
from burner.profile.profile import Profile
from tests.firmware.host import Field, Host, Operation, Status, status_of
from tests.firmware.products import PRODUCTS, S2

TEXTS = (string.ascii_letters + string.digits + "_-", string.printable, "aé中😀:")


@pytest.mark.parametrize("number", range(len(PRODUCTS)))
def test_the_vectors_that_burner_writes_hold_in_the_firmware(host: Host, number: int) -> None:
    assert host.one(Operation.VECTORS, number) == [b"\1\0\0\0"]


def random_ids(source: random.Random) -> dict[str, str]:
    """IDs as units have them; sometimes one is missing, or is none that a name may hold."""
    mac = source.choice((source.randbytes(6), odd_mac(source)))
    alphabet = source.choices(TEXTS, (8, 1, 1))[0]
    texts = {
        "imei": "".join(source.choices(string.digits, k=15)),
        "serial": "".join(source.choices(alphabet, k=source.randrange(1, 30))),
        "label": "".join(source.choices(alphabet, k=source.randrange(1, 60))),
    }
    for name in texts:
        if source.random() < 0.05:
            texts[name] = ""
    return {"mac": str(Mac(mac)), **texts}


def odd_mac(source: random.Random) -> bytes:
    """Around the ESP32-S2 parts with a SoftAP address of their own, and with a full last byte."""
    odd = int.from_bytes(b"\x7c\xdf\xa1\x00\x30\x00", "big") + source.randrange(-0x10, 0x3010)
    return source.choice((odd.to_bytes(6, "big"), source.randbytes(5) + b"\xff"))


def name_of(profile: Profile, ids: Mapping[str, str]) -> str:
    """The tool's name; empty where it refuses one."""
    silicon = Silicon(profile.chip.type, "", Mac.parse(ids["mac"]), 0, 0)
    addresses = interface_macs(silicon, profile.name.universal_addresses)
    try:
        return device_name(profile.name, {**ids, **addresses})
    except BurnerError:
        return ""


def check(host: Host, count: int) -> None:
    source = random.Random(count)
    cases: list[tuple[Field, ...]] = []
    wanted = []
    for unit in range(count):
        number = unit % len(PRODUCTS)
        ids = random_ids(source)
        if "\0" in "".join(ids.values()):
            continue
        mac = bytes.fromhex(ids["mac"].replace(":", ""))
        texts = (ids[name] for name in ("imei", "serial", "label"))
        cases.append((Operation.NAME, number, mac, *texts))
        wanted.append(name_of(PRODUCTS[number], ids))
    for (status, name), expected in zip(host.run(cases), wanted, strict=True):
        assert name.decode() == expected
        assert (status_of(status) is Status.OK) == bool(expected)
    assert sum(map(bool, wanted)) > count // 2
    assert not all(wanted)


@pytest.mark.parametrize(
    "mac",
    [
        "7c:df:a1:00:2f:ff",
        "7c:df:a1:00:30:00",
        "7c:df:a1:00:5f:ff",
        "7c:df:a1:00:60:00",
        "7c:df:a2:00:30:00",
    ],
)
def test_the_odd_parts_of_esp32_s2_begin_and_end_where_they_do(host: Host, mac: str) -> None:
    _, name = host.one(Operation.NAME, S2, bytes.fromhex(mac.replace(":", "")), "", "", "")
    assert name.decode() == name_of(PRODUCTS[S2], {"mac": mac})


def test_names_are_the_tools_for_a_thousand_units(host: Host) -> None:
    check(host, 1000)


@pytest.mark.full
def test_names_are_the_tools_for_a_hundred_thousand_units(host: Host) -> None:
    check(host, 100_000)
