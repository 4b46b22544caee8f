"""How a firmware finds its key configuration in the flash: a function for each carrier."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from burner.bench.modem.at_firmware import StoredProduct
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import TextPlace
from burner.core.errors import BurnerError
from burner.flash.partition_table import DATA, SUBTYPES, Partition, PartitionTable
from burner.platforms.platforms import PLATFORMS, is_product_id
from burner.provisioning.fat_image import Fat, read_fat
from burner.provisioning.littlefs_image import Littlefs, read_littlefs
from burner.provisioning.nvs_reader import NvsValue, read_key_partition, read_nvs

FILE = "device_info.json"
"""As Tencent's C and Python SDKs call it."""
MAX_FILE_SIZE = 1024
OWN_STORE = "nvs"
"""The partition in which a firmware keeps values of its own."""
_ID_NAMES = tuple(
    dict.fromkeys((*(p.rules.product_id.word.lower() for p in PLATFORMS.values()), "pid"))
)
_SECRET_NAMES = ("productsecret", "secret", "psk")
_DEVICE_NAMES = ("devicename", "devname", "name")
_LITTLEFS = (
    Littlefs(type="littlefs"),
    Littlefs(type="littlefs", block_size=8192, prog_size=64, cache_size=64, name_max=32),
)
"""As esp_littlefs mounts it, and Arduino on ESP8266."""
_FAT = tuple(
    Fat(type="fat", wear_levelling=levelled, sector_size=size)
    for levelled in (True, False)
    for size in (4096, 512)
)


@dataclass(frozen=True)
class KeyInFlash:
    """What the firmware found. Only the fault `prints-secret` prints the secret."""

    product_id: str
    secret: str = field(repr=False)
    """Empty where there is none."""
    device_name: str = ""
    partition: Partition | None = field(default=None, compare=False)
    """The data partition that holds it; None: it is in the application, or came by AT commands."""


@dataclass(frozen=True)
class RunningFirmware:
    """What a running application can read."""

    flash: NorFlash
    table: PartitionTable
    slot: Partition
    """The partition of the running application."""
    texts: tuple[TextPlace, ...] = ()
    """Where its build put its key."""
    product: StoredProduct | None = None
    """The product information that an AT firmware keeps."""

    def partitions(self, *words: str) -> Iterator[tuple[Partition, bytes]]:
        """The data partitions of these subtypes, with their content."""
        subtypes = {SUBTYPES[DATA][word] for word in words}
        for partition in self.table:
            if partition.type == DATA and partition.subtype in subtypes:
                yield partition, self.flash.read(partition.offset, partition.size)


KeySearch = Callable[[RunningFirmware], KeyInFlash | None]


def in_nvs(running: RunningFirmware) -> KeyInFlash | None:
    """Strings in any NVS partition, under esp-qcloud's names or the customer's."""
    keys = [None, *_nvs_keys(running)]
    own_last = sorted(running.partitions("nvs"), key=lambda held: held[0].name == OWN_STORE)
    for partition, data in own_last:
        for key in keys:
            try:
                values = read_nvs(data, key)
            except BurnerError:
                continue
            for namespace in dict.fromkeys(name for name, _ in values):
                if key_found := _among({k: v for (n, k), v in values.items() if n == namespace}):
                    return replace(key_found, partition=partition)
    return None


def _nvs_keys(running: RunningFirmware) -> Iterator[bytes]:
    """The keys that decrypt NVS, where there is a key partition."""
    for _, data in running.partitions("nvs_keys"):
        try:
            yield read_key_partition(data)
        except BurnerError:
            continue


def in_littlefs(running: RunningFirmware) -> KeyInFlash | None:
    """`device_info.json` in a LittleFS, which partitions marked spiffs often hold."""
    for partition, data in running.partitions("littlefs", "spiffs", "undefined"):
        if b"littlefs" not in data[:16384]:
            continue
        for settings in _LITTLEFS:
            try:
                content = read_littlefs(settings, data, FILE, MAX_FILE_SIZE)
            except BurnerError:
                continue
            return _in_json(content, partition)
    return None


def in_fat(running: RunningFirmware) -> KeyInFlash | None:
    """`device_info.json` in a FAT, with wear levelling or without."""
    for partition, data in running.partitions("fat"):
        for settings in _FAT:
            try:
                content = read_fat(settings, data, FILE, MAX_FILE_SIZE)
            except BurnerError:
                continue
            return _in_json(content, partition)
    return None


def _in_json(content: bytes, partition: Partition) -> KeyInFlash | None:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    key_found = _among(values) if isinstance(values, dict) else None
    return replace(key_found, partition=partition) if key_found else None


def _among(values: Mapping[str, NvsValue]) -> KeyInFlash | None:
    """The key among named values, whatever spelling their names have."""
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    product_id = _value(texts, *_ID_NAMES)
    if not is_product_id(product_id):
        return None
    return KeyInFlash(product_id, _value(texts, *_SECRET_NAMES), _value(texts, *_DEVICE_NAMES))


def _value(texts: Mapping[str, str], *names: str) -> str:
    """The value whose key is one of `names`, or ends in one; empty where there is none."""
    for name in names:
        for key, text in texts.items():
            if key.lower().replace("_", "").endswith(name):
                return text
    return ""


def in_arrays(running: RunningFirmware) -> KeyInFlash | None:
    """Texts at places that the build decided; those in the application are of the running slot."""
    texts = {where.value: _text(running, where) for where in running.texts}
    if not is_product_id(texts.get("product_id", "")):
        return None
    secret, name = texts.get("product_secret", ""), texts.get("device_name", "")
    place = next(_place(running, where) for where in running.texts if where.value == "product_id")
    return KeyInFlash(texts["product_id"], secret, name, None if place.is_app else place)


def _place(running: RunningFirmware, where: TextPlace) -> Partition:
    partition = running.table.find(where.partition)
    return running.slot if partition is None or partition.is_app else partition


def _text(running: RunningFirmware, where: TextPlace) -> str:
    partition = _place(running, where)
    data = running.flash.read(partition.offset + where.offset, where.size)
    return data.split(b"\0")[0].decode("ascii", "replace")


def by_at_commands(running: RunningFirmware) -> KeyInFlash | None:
    """The key that `AT+TCPRDINFOSET` stored."""
    kept = running.product
    return KeyInFlash(kept.product_id, kept.secret.decode(), kept.name) if kept else None


KEY_SEARCHES: tuple[KeySearch, ...] = (in_arrays, in_nvs, in_littlefs, in_fat, by_at_commands)
"""Tried in this order. A new carrier adds its search here."""


def find(running: RunningFirmware) -> KeyInFlash | None:
    """The key configuration, wherever this flash holds it; the firmware's own store is searched
    last.
    """
    kept: KeyInFlash | None = None
    for search in KEY_SEARCHES:
        key_found = search(running)
        if key_found and not (key_found.partition and key_found.partition.name == OWN_STORE):
            return key_found
        kept = kept or key_found
    return kept
