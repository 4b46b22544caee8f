"""The ways a firmware finds its key configuration in the flash; one function a way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from burner.bench.nor import NorFlash
from burner.bench.unit import TextAt
from burner.carriers.nvs_reader import NvsValue, read_nvs
from burner.errors import BurnerError
from burner.partitions import Partition, PartitionTable

_NVS = (1, 0x02)
"""Type and subtype of an NVS partition."""
_PRODUCT_ID = re.compile(r"[0-9A-Za-z]{10}")


@dataclass(frozen=True)
class Found:
    """What the firmware found. The secret itself stays where it is: nothing may print it."""

    product_id: str
    has_secret: bool
    device_name: str = ""


@dataclass(frozen=True)
class Running:
    """What a running application can look at."""

    flash: NorFlash
    table: PartitionTable
    slot: Partition
    """Where the running application lies."""
    texts: tuple[TextAt, ...] = ()
    """Where its build put its key."""


Way = Callable[[Running], Found | None]


def in_nvs(running: Running) -> Found | None:
    """Strings in any NVS partition, under esp-qcloud's names or the customer's."""
    for partition in running.table:
        if (partition.type, partition.subtype) != _NVS:
            continue
        try:
            values = read_nvs(running.flash.read(partition.offset, partition.size))
        except BurnerError:
            continue
        for namespace in dict.fromkeys(name for name, _ in values):
            if found := _in_namespace({k: v for (n, k), v in values.items() if n == namespace}):
                return found
    return None


def _in_namespace(values: Mapping[str, NvsValue]) -> Found | None:
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    product_key = _key(texts, "product_id", "productid", "pid")
    if product_key is None or not _PRODUCT_ID.fullmatch(texts[product_key]):
        return None
    secret = _key(texts, "product_secret", "productsecret", "secret", "psk")
    name = _key(texts, "device_name", "devicename", "dev_name", "name")
    return Found(texts[product_key], secret is not None, texts[name] if name else "")


def _key(texts: Mapping[str, str], *names: str) -> str | None:
    """The key that is one of `names`, or ends in one."""
    for name in names:
        for key in texts:
            if key.lower().endswith(name):
                return key
    return None


def in_arrays(running: Running) -> Found | None:
    """Texts at places that the build decided; in the application, those of the running slot."""
    texts = {where.value: _text(running, where) for where in running.texts}
    if not _PRODUCT_ID.fullmatch(texts.get("product_id", "")):
        return None
    secret, name = texts.get("product_secret", ""), texts.get("device_name", "")
    return Found(texts["product_id"], bool(secret), name)


def _text(running: Running, where: TextAt) -> str:
    partition = running.table.find(where.partition)
    if partition is None or partition.is_app:
        partition = running.slot
    data = running.flash.read(partition.offset + where.offset, where.size)
    return data.split(b"\0")[0].decode("ascii", "replace")


WAYS: tuple[Way, ...] = (in_arrays, in_nvs)
"""Tried in this order. A new carrier adds its way here."""


def find(running: Running) -> Found | None:
    """The key configuration, wherever this flash holds it."""
    return next((found for way in WAYS if (found := way(running))), None)
