"""Products whose firmware is compiled for the tests: every carrier, every form of a name."""

from pathlib import Path
from typing import Any

from burner.cli.commands.profile_names import HEADER_FILE, PRODUCT_HEADER_FILE
from burner.identity.naming import NameSettings
from burner.profile.name_vectors import name_vectors, vectors_header
from burner.profile.product_header import product_header
from burner.profile.profile import Chip, Profile
from burner.profile.reading import load_profile
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.checksums import CHECKSUMS
from burner.provisioning.file_carrier import FileSettings
from burner.provisioning.nvs_carrier import NvsSettings
from burner.provisioning.patch_carrier import PatchSettings
from burner.provisioning.raw_settings import RawSettings
from tests.provisioning.layouts import of_tencent

PLUG = Path(__file__).parents[2] / "profiles" / "plug-c3.yaml"

NVS, NAMED_NVS, ENCRYPTED_NVS, FILE, ODD_FILE, STRUCT, BIG_STRUCT, SUMS, ARRAYS, AT, S2, LABEL = (
    range(12)
)
"""Places in `PRODUCTS`."""

_PID = {"name": "pid", "type": "char[11]", "key": "product_id"}
_SECRET = {"name": "secret", "type": "char[33]", "key": "product_secret"}
_NAME = {"name": "dev", "type": "char[49]", "key": "device_name"}


def _product(chip: str, carrier: Any, **name: Any) -> Profile:
    rule = NameSettings.model_validate(name)
    changes = {"chip": Chip.model_validate({"type": chip}), "carrier": carrier, "name": rule}
    return load_profile(PLUG).model_copy(update=changes)


def _nvs(**settings: Any) -> NvsSettings:
    return NvsSettings.model_validate({"kind": "nvs", **settings})


def _file(**settings: Any) -> FileSettings:
    return FileSettings.model_validate(
        of_tencent({"kind": "file", "partition": "storage", "filesystem": "littlefs", **settings})
    )


def _raw(*fields: dict[str, Any], **settings: Any) -> RawSettings:
    return RawSettings.model_validate(
        {"kind": "raw", "partition": "factory", "fields": fields, **settings}
    )


_WIDTHS = {8: "u8", 16: "u16", 32: "u32"}

PRODUCTS = (
    _product("esp32c3", _nvs(preset="esp-qcloud")),
    _product(
        "esp32",
        _nvs(
            partition="identity",
            namespace="cloud",
            keys={"product_id": "p", "product_secret": "s" * 15, "device_name": "n"},
            extra=[{"key": "ca", "type": "hex", "value": "00" * 5000}],
        ),
        template="sensor-{mac}",
        case="lower",
    ),
    _product(
        "esp32s3",
        _nvs(
            preset="esp-qcloud",
            key_partition="nvs_keys",
            keys={"device_name": "device_name"},
        ),
        template="{bluetooth}",
        separator="-",
    ),
    _product("esp32c6", _file(), template="{softap}{ethernet:-5}", universal_addresses=2),
    _product(
        "esp8266",
        _file(
            keys={"product_id": "产品", "product_secret": 'sec"ret\\', "device_name": None},
            json={
                "region": "china",
                "levels": [{"a": [1, -2.5e3, True, None, "\u00e9\U0001f600"]}],
            },
        ),
        template="{softap:4}_{station:-7}",
        separator="_",
    ),
    _product(
        "esp32c3",
        _raw(
            {"name": "magic", "type": "u32", "value": 0x4B455931},
            _PID,
            {"name": "length", "type": "u16", "length_of": "secret"},
            _SECRET,
            _NAME,
            {"name": "pad", "type": "bytes[3]"},
            {"name": "crc", "type": "u32", "checksum": {"algorithm": "crc32"}},
        ),
        template="{imei}",
    ),
    _product(
        "esp32p4",
        _raw(
            {"name": "before", "type": "u64", "checksum": {"algorithm": "crc8", "last": "end"}},
            {"name": "text", "type": "char[9]", "value": "KEY é"},
            {"name": "measured", "type": "u8", "length_of": "text"},
            {**_PID, "type": "char[10]", "terminated": False},
            {**_SECRET, "type": "char[32]", "terminated": False},
            {"name": "lengths", "type": "i32", "length_of": "dev"},
            {**_NAME, "type": "char[70]"},
            {**_PID, "name": "again"},
            {"name": "end", "type": "u32", "checksum": {"algorithm": "crc16-modbus"}},
            {"name": "signed", "type": "i16", "value": -2},
            {"name": "bytes", "type": "bytes[2]", "value": "a55a"},
            endian="big",
            offset=0x40,
        ),
        template="{ethernet}-{serial:4}-{serial:-3}",
    ),
    _product(
        "esp32",
        _raw(
            _PID,
            _SECRET,
            *(
                {
                    "name": f"sum{number}",
                    "type": _WIDTHS[checksum.bits],
                    "checksum": {"algorithm": algorithm, "first": "secret"},
                }
                for number, (algorithm, checksum) in enumerate(CHECKSUMS.items())
            ),
        ),
        template="{mac}",
        separator=":",
        allow_colon=True,
    ),
    _product(
        "esp32c3",
        PatchSettings.model_validate(
            of_tencent(
                {
                    "kind": "patch",
                    "image": "app",
                    "placeholders": {"device_name": {"text": "YOUR_DEV_NAME"}},
                }
            )
        ),
        template="{imei:-6}{serial}",
    ),
    _product("esp32h2", AtSettings.model_validate({"kind": "at"}), template="{bluetooth}"),
    _product("esp32s2", _nvs(preset="esp-qcloud"), template="{softap}-{ethernet}"),
    _product("esp32s2", _nvs(preset="esp-qcloud"), template="{label}", universal_addresses=1),
)


def write_headers(folder: Path, profile: Profile) -> None:
    """What `burner profile names` writes for the firmware."""
    vectors = list(name_vectors(profile, {}))
    (folder / HEADER_FILE).write_text(vectors_header(profile, vectors), encoding="ascii")
    (folder / PRODUCT_HEADER_FILE).write_text(product_header(profile), encoding="ascii")
