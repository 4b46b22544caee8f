"""Every carrier on every chip that has it: burned, decoded, found by the firmware, verified."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from burner.bench.unit.unit_spec import TextPlace, mac_for
from burner.cli.main import root
from tests.images import PRODUCT_ID, SECRET, app_image, write_product

TABLE = """\
nvs,      data, nvs,       0x9000,  0x4000
keys,     data, nvs_keys,  0xd000,  0x1000
fctry,    data, nvs,       0x10000, 0x4000
cfg,      data, undefined, 0x14000, 0x1000
factory,  app,  factory,   0x20000, 1M
lfs,      data, littlefs,  ,        64K
ffat,     data, fat,       ,        0x84000
"""
ARRAYS = {"product_id": "PRODUCT_ID", "product_secret": "YOUR_PRODUCT_SECRET"}
NAME_ARRAY = {"device_name": "YOUR_DEV_NAME"}
SIZES = {"product_id": 11, "product_secret": 33, "device_name": 49}
ARDUINO = {"type": "littlefs", "block_size": "8K", "prog_size": 64, "cache_size": 64}
BOOT = "product_id: 'product_id=(\\w+)', device_name: 'device_name=([\\w-]+)', timeout_s: 3"


def application(chip: str) -> bytes:
    """Tencent's arrays with a quarter of a megabyte of code around them."""
    code = "".join(f"{n:x}" for n in range(40_000))
    arrays = (
        text.ljust(SIZES[value] - 1, "\0") for value, text in {**ARRAYS, **NAME_ARRAY}.items()
    )
    texts = (code[:100_000], "BURNER-RESPONSE 1 ", *arrays, code[100_000:])
    return app_image(*texts, chip=chip)


def struct_fields(named: bool) -> list[dict[str, Any]]:
    values = [value for value in SIZES if named or value != "device_name"]
    return [
        {"name": "magic", "type": "u32", "value": 0x4B455931},
        *({"name": v, "type": f"char[{SIZES[v]}]", "key": v} for v in values),
        {"name": "crc", "type": "u32", "checksum": {"algorithm": "crc32"}},
    ]


def carrier(kind: str, chip: str, named: bool) -> dict[str, Any]:
    """What the profile says."""
    key = "device_name" if named else None
    match kind:
        case "nvs":
            return {"kind": "nvs", "preset": "esp-qcloud", "keys": {"device_name": key}}
        case "encrypted":
            plain = carrier("nvs", chip, named)
            return {**plain, "key_partition": "keys"}
        case "littlefs":
            system = {**ARDUINO, "name_max": 32} if chip == "esp8266" else "littlefs"
            partition, keys = "lfs", {"device_name": "deviceName" if named else None}
            return {"kind": "file", "partition": partition, "filesystem": system, "keys": keys}
        case "fat":
            keys = {"device_name": "deviceName" if named else None}
            return {"kind": "file", "partition": "ffat", "filesystem": "fat", "keys": keys}
        case "patch":
            texts = {**ARRAYS, **(NAME_ARRAY if named else {})}
            placeholders = {value: {"text": text} for value, text in texts.items()}
            return {"kind": "patch", "image": "app", "placeholders": placeholders}
        case "raw":
            return {"kind": "raw", "partition": "cfg", "fields": struct_fields(named)}
    return {"kind": "at", "ready_s": 3, "answer_s": 3}


def texts(kind: str, chip: str, named: bool) -> tuple[TextPlace, ...]:
    """Where this firmware was built to look, if its build decided that."""
    values = [value for value in SIZES if named or value != "device_name"]
    if kind == "patch":
        image, names = application(chip), {**ARRAYS, **NAME_ARRAY}
        spots = {v: image.index(b"\0" + names[v].encode() + b"\0") + 1 for v in values}
        return tuple(TextPlace(v, "factory", at, SIZES[v]) for v, at in spots.items())
    if kind == "raw":
        starts = {"product_id": 4, "product_secret": 15, "device_name": 48}
        return tuple(TextPlace(v, "cfg", starts[v], SIZES[v]) for v in values)
    return ()


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    kind: str
    chip: str
    named: bool = True
    """The carrier holds the name; else the firmware derives it."""

    def __str__(self) -> str:
        return f"{self.kind}-{self.chip}" + ("" if self.named else "-nameless")

    def write(self, folder: Path, **replaced: str) -> Path:
        """The profile and its files."""
        fields = {
            "images": "\n"
            f"- {{name: bootloader, file: bootloader.bin, offset: {self.bootloader:#x}}}\n"
            "- {name: app, file: app.bin, partition: factory}",
            "blank": "[nvs]",
            "carrier": json.dumps(carrier(self.kind, self.chip, self.named)),
            "name": '{template: "unit-{mac}"}' if self.named else '{template: "{mac}"}',
            "boot": f"{{{BOOT}, challenge: {str(self.kind != 'at').lower()}}}",
            **replaced,
        }
        return write_product(
            folder, table=TABLE, chip=self.chip, app=application(self.chip), **fields
        )

    @property
    def bootloader(self) -> int:
        return 0x1000 if self.chip == "esp32" else 0

    def unit(self) -> dict[str, Any]:
        """The bench's unit: what a nameless firmware derives would be wrong for a named one."""
        places = [asdict(where) for where in texts(self.kind, self.chip, self.named)]
        own = "of-the-silicon" if self.named else "{MAC}"
        unit: dict[str, Any] = {"firmware": {"device_name": own, "texts": places}}
        if self.kind == "at":
            unit["modem"] = {"kind": "tencent-wifi", "port": "esp"}
        return unit

    @property
    def device_name(self) -> str:
        mac = mac_for(1, 0, self.chip).octets.hex().upper()
        return f"unit-{mac}" if self.named else mac


CHIPS = {
    "nvs": ("esp32c3", "esp32", "esp8266"),
    "encrypted": ("esp32c3", "esp32"),
    "littlefs": ("esp32c3", "esp32", "esp8266"),
    "fat": ("esp32c3", "esp32"),
    "patch": ("esp32c3", "esp32", "esp8266"),
    "raw": ("esp32c3", "esp32", "esp8266"),
    "at": ("esp32c3", "esp32", "esp8266"),
}
ALL = [Case(kind, chip) for kind, chips in CHIPS.items() for chip in chips]
NAMELESS = [Case(case.kind, case.chip, named=False) for case in ALL if case.kind != "at"]
CASES = [
    pytest.param(case, marks=[pytest.mark.full] if case.chip == "esp32" else []) for case in ALL
]
"""The ESP32 differs by its bootloader's place alone: for the long campaigns."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bench(folder: Path, chip: str, *units: dict[str, Any]) -> str:
    spec = {"slots": len(units), "chip": chip, "keep": "flash", "units": list(units)}
    (folder / "bench.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return "bench.yaml"


def burner(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a command."""
    ran = CliRunner().invoke(root, arguments, standalone_mode=False)
    assert ran.exception is None, (ran.exception, ran.output)
    return int(ran.return_value or 0), ran.output


def burn(source: Path, spec: str, batch: str = "b") -> None:
    where = ("--bench", spec, "--batch", batch, "--operator", "li")
    assert burner("burn", str(source), *where, "--yes", "--once")[0] in (0, 1)


def records() -> Sequence[dict[str, Any]]:
    return list(json.loads(burner("manifest", "list", "--json")[1]))


def flash_of(folder: Path) -> bytes:
    (kept,) = (folder / "flash").glob("*.flash")
    return kept.read_bytes()


def burned(folder: Path, case: Case) -> Path:
    """A unit that passed: its firmware printed what was burned, through its carrier."""
    source = case.write(folder)
    burn(source, bench(folder, case.chip, case.unit()))
    (record,) = records()
    assert (record["outcome"], record["code"]) == ("PASS", ""), record
    assert record["device_name"] == case.device_name
    assert record["evidence"].get("challenge") == (None if case.kind == "at" else "answered")
    return source


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_firmware_finds_key_and_name_where_the_carrier_put_them(
    case: Case, folder: Path
) -> None:
    burned(folder, case)
    flash = flash_of(folder)
    shown = case.kind not in ("at", "encrypted")
    for value in (PRODUCT_ID, SECRET, case.device_name):
        assert (value.encode() in flash) == shown


PRODUCT_IDS = {"alibaba": "a1B2c3D4e5F", "volcengine": "6a323b6b00000000000000000000ab"}


@pytest.mark.parametrize(
    ("kind", "cloud"),
    [("nvs", "alibaba"), ("nvs", "volcengine"), ("file", "alibaba"), ("raw", "volcengine")],
)
def test_a_product_of_another_platform_passes(kind: str, cloud: str, folder: Path) -> None:
    product_id, preset = PRODUCT_IDS[cloud], {"alibaba": "esp-aliyun"}.get(cloud, cloud)
    identity = f"id: {product_id}, cloud: {cloud}, secret: file:secret.txt"
    fields = struct_fields(named=True)
    fields[1]["type"] = "char[33]"
    carriers = {
        "nvs": {"kind": "nvs", "preset": preset, "keys": {"device_name": "DeviceName"}},
        "file": {
            **carrier("littlefs", "esp32c3", named=True),
            "keys": {
                "product_id": "productKey",
                "product_secret": "productSecret",
                "device_name": "deviceName",
            },
            "json": {},
        },
        "raw": {"kind": "raw", "partition": "cfg", "fields": fields},
    }
    source = Case("nvs", "esp32c3").write(
        folder,
        product=f"{{name: blinky, version: 1.2.0, {identity}}}",
        carrier=json.dumps(carriers[kind]),
    )
    burn(source, "sim:1,execute=no")
    (record,) = records()
    assert (record["outcome"], record["product_id"]) == ("PASS", product_id), record
    assert record["evidence"].get("challenge") == "answered"


@pytest.mark.parametrize("case", [c for c in NAMELESS if c.chip == "esp32c3"], ids=str)
def test_a_unit_without_a_name_in_its_flash_is_verified_as_one(case: Case, folder: Path) -> None:
    source = burned(folder, case)
    assert case.device_name.encode() not in flash_of(folder)
    status, output = burner("verify", str(source), "--bench", "bench.yaml", "--json")
    (unit,) = json.loads(output)
    assert (status, unit["good"], unit["device_name"]) == (0, True, case.device_name)
    (key,) = (check for check in unit["checks"] if check["what"] == "key configuration")
    assert (key["verdict"], key["why"]) == ("same", PRODUCT_ID)


@pytest.mark.parametrize("case", [c for c in ALL if c.chip == "esp32c3"], ids=str)
def test_qa_needs_no_secret(case: Case, folder: Path) -> None:
    source = burned(folder, case)
    (folder / "secret.txt").unlink()
    status, output = burner("verify", str(source), "--bench", "bench.yaml", "--json")
    (unit,) = json.loads(output)
    assert (status, unit["good"], unit["code"]) == (0, True, "")
    (key,) = (check for check in unit["checks"] if check["what"] == "key configuration")
    if case.kind == "at":
        why = "the firmware can be asked only with the product secret (--secret)"
        assert (key["verdict"], key["why"]) == ("left out", why)
    else:
        named = f"{PRODUCT_ID} {case.device_name}"
        assert (key["verdict"], key["why"]) == ("same", named)


@pytest.mark.full
@pytest.mark.parametrize("case", [*ALL, *NAMELESS], ids=str)
def test_every_unit_is_what_its_record_says(case: Case, folder: Path) -> None:
    source = burned(folder, case)
    status, output = burner("verify", str(source), "--bench", "bench.yaml", "--json")
    (unit,) = json.loads(output)
    assert (status, unit["good"], unit["device_name"]) == (0, True, case.device_name)
    answers = [check["verdict"] for check in unit["checks"] if check["what"] == "challenge"]
    assert answers == ([] if case.kind == "at" else ["same"])
    burn(source, "bench.yaml")
    assert len(records()) == 1, "a second look is no attempt"


# -- a name that comes only after the boot ---------------------------------------------------------

BEHIND = "{imei: {port: esp, when: after, bauds: [115200], answer_s: 1, timeout_s: 5}}"
PRINTED = r"{serial: {source: firmware, line: 'serial=(\w+)', pattern: 'PLG[0-9]{4}'}}"
LATE = [
    *(Case(kind, chip) for kind, chip in (("nvs", "esp32c3"), ("at", "esp32c3"))),
    Case("patch", "esp8266"),
    *(
        pytest.param(Case(kind, chip), marks=pytest.mark.full)
        for kind, chip in (
            *((kind, "esp32c3") for kind in ("encrypted", "littlefs", "patch")),
            *((kind, "esp8266") for kind in ("nvs", "raw")),
        )
    ),
]


@pytest.mark.parametrize("case", LATE, ids=str)
def test_a_name_from_a_modem_behind_the_chip_reaches_the_carrier_in_a_second_pass(
    case: Case, folder: Path
) -> None:
    source = case.write(folder, name='{template: "{imei}"}', identity=BEHIND)
    modem = {"kind": "tencent" if case.kind == "at" else "quectel", "port": "esp"}
    burn(source, bench(folder, case.chip, {**case.unit(), "modem": modem}))
    (record,) = records()
    assert (record["outcome"], record["code"]) == ("PASS", ""), record
    assert record["device_name"] == record["ids"]["imei"]
    assert record["evidence"].get("challenge") == (None if case.kind == "at" else "answered")
    status, output = burner("verify", str(source), "--bench", "bench.yaml", "--json")
    assert (status, json.loads(output)[0]["good"]) == (0, True)


def test_a_serial_number_that_the_firmware_prints_names_the_unit(folder: Path) -> None:
    case = Case("nvs", "esp32")
    source = case.write(folder, name='{template: "{serial}"}', identity=PRINTED)
    unit = case.unit()
    unit["firmware"]["lines"] = ["serial=PLG0042"]
    burn(source, bench(folder, case.chip, unit))
    (record,) = records()
    assert (record["outcome"], record["device_name"]) == ("PASS", "PLG0042")


def test_a_unit_whose_late_name_is_taken_never_gets_the_key(folder: Path) -> None:
    case = Case("patch", "esp32c3")
    source = case.write(folder, name='{template: "{imei}"}', identity=BEHIND)
    twin = {**case.unit(), "modem": {"imei": "490154203237518", "port": "esp"}}
    for unit in (twin, {**twin, "mac": "58:cf:79:0a:0b:0c"}):
        burn(source, bench(folder, case.chip, unit))
    assert {r["code"]: r["outcome"] for r in records()} == {"": "PASS", "E426": "FAIL"}
    second = (folder / "flash" / "58cf790a0b0c.flash").read_bytes()
    assert b"YOUR_PRODUCT_SECRET" in second
    assert SECRET.encode() not in second
