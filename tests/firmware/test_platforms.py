"""The library below Tencent's SDK and on ESP-IDF; both are fakes with the real declarations."""

import json
import re
import shutil
from pathlib import Path

import pytest

from burner.platforms.tencent import RULES
from burner.provisioning.key_config import KeyConfig
from tests.firmware import products
from tests.firmware.host import (
    LIBRARY,
    Host,
    Operation,
    Status,
    call,
    compiler,
    options,
    status_of,
)
from tests.firmware.products import PRODUCTS, write_headers
from tests.provisioning.layouts import KEY, NAMED

ID, SECRET = KEY.product_id.encode(), KEY.product_secret.reveal()
NAME = b"240AC4A1B2C3"
GOOD, FAILED = b"\0\0\0\0", b"\xff\xff\xff\xff"


def hal(host: Host, stored: bytes = b"", new: bytes = b"new-secret") -> list[bytes]:
    return host.one(Operation.HAL, ID, SECRET, NAME, stored, new)


def test_the_sdk_gets_what_burner_burned(host: Host) -> None:
    results = hal(host, stored=b"my-own-psk")
    assert results[:4] == [ID, SECRET, NAME, b"my-own-psk"]
    assert results[4:10] == [GOOD, ID, SECRET, NAME, b"my-own-psk", b"china"]


def test_a_device_without_a_secret_of_its_own_makes_the_sdk_register_it(host: Host) -> None:
    results = hal(host)
    assert results[3] == results[8] == b"YOUR_IOT_PSK"


def test_what_is_burned_cannot_be_set_to_anything_else(host: Host) -> None:
    others, same, name, secret, info, other_name, other_product, stored = hal(host)[10:]
    assert (others, same, name) == (FAILED, GOOD, FAILED)
    assert (secret, info, stored) == (GOOD, GOOD, b"of-the-struct")
    assert other_name == other_product == FAILED


@pytest.mark.parametrize("new", [b"YOUR_IOT_PSK", b"", b"x" * 65])
def test_what_is_no_secret_is_not_kept(host: Host, new: bytes) -> None:
    assert hal(host, new=new)[13] == FAILED


def test_before_the_key_is_there_the_sdk_gets_nothing(host: Host) -> None:
    results = host.one(Operation.HAL, b"", b"", b"", b"", b"x")
    assert results[:3] == [b"failed"] * 3
    assert results[4] == FAILED


@pytest.mark.parametrize("define", ["-UX", "-DBURNER_TENCENT_SDK_4"])
def test_the_hal_compiles_for_both_sdks(own: Host, define: str) -> None:
    call(compiler(), *options(), define, "-fsyntax-only", LIBRARY / "hal" / "hal_device_info.c")


def esp_idf(
    host: Host, tmp_path: Path, key: KeyConfig, *, encrypted: bool = False, struct: bytes = b""
) -> list[bytes]:
    values = (key.product_id, key.product_secret.reveal(), key.device_name)
    path = tmp_path / "device_info.json"
    return host.one(Operation.ESP_IDF, *values, encrypted, struct, str(path))


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("key", [KEY, NAMED])
def test_esp_idf_reads_the_key_by_its_own_nvs(
    host: Host, tmp_path: Path, key: KeyConfig, encrypted: bool
) -> None:
    results = esp_idf(host, tmp_path, key, encrypted=encrypted)
    assert status_of(results[0]) is Status.OK
    assert results[1:4] == [ID, SECRET, key.device_name.encode()]


def test_esp_idf_says_what_is_missing(host: Host, tmp_path: Path) -> None:
    results = host.one(Operation.ESP_IDF, "", "", "", 0, b"", str(tmp_path / "nothing"))
    assert [status_of(results[at]) for at in (0, 4, 8)] == [Status.MISSING] * 3
    (long,) = host.run([(Operation.ESP_IDF, ID + b"x", SECRET, "", 0, b"", "x")])
    assert status_of(long[0]) is Status.TOO_LONG


def test_esp_idf_reads_a_struct_and_a_file(host: Host, tmp_path: Path) -> None:
    struct = ID.ljust(11, b"\0") + SECRET.ljust(33, b"\0")
    values = {"productId": KEY.product_id, "productSecret": SECRET.decode(), "deviceName": "n"}
    file = tmp_path / "device_info.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    results = esp_idf(host, tmp_path, KEY, struct=struct)
    assert [status_of(results[at]) for at in (4, 8)] == [Status.OK] * 2
    assert results[5:8] == [ID, SECRET, b""]
    assert results[9:12] == [ID, SECRET, b"n"]
    file.write_text(json.dumps({**values, "more": "x" * 200}), encoding="utf-8")
    assert status_of(esp_idf(host, tmp_path, KEY)[8]) is Status.TOO_LONG


def test_esp_idf_gives_the_base_mac_and_keeps_the_devices_secret(
    host: Host, tmp_path: Path
) -> None:
    status, mac, before, kept = esp_idf(host, tmp_path, KEY)[12:]
    assert status_of(status) is Status.OK
    assert mac.hex() == "240ac4a1b2c3"
    assert (before, kept) == (b"\0\0\0\0", b"kept-secret")


def test_the_component_names_every_source() -> None:
    text = (LIBRARY / "CMakeLists.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:src|hal|esp_idf)/\w+\.c\b", text))
    there = {path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.c")}
    assert there - named == {"hal/hal_getters.c", "hal/hal_device_info.c"}
    assert named <= there


@pytest.mark.parametrize("source", sorted((LIBRARY / "src").glob("*.c")), ids=lambda p: p.name)
def test_the_library_needs_nothing_but_memory_and_texts(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    used = set(re.findall(r"#include <(.+?)>", text))
    allowed = {"string.h", "stdbool.h", "stddef.h", "stdint.h"}
    if "mbedtls" in source.name:
        allowed |= {"mbedtls/aes.h", "mbedtls/md.h"}
    assert used <= allowed
    assert not re.search(r"\b(malloc|calloc|realloc|free|alloca|printf|sprintf)\b", text)


def test_the_library_looks_like_no_forgotten_placeholder(host: Host) -> None:
    """Neither to `profile check`, nor to the carrier that patches arrays."""
    objects = (host.program.parent / "objects").glob("*.o")
    library = {path.stem for path in (LIBRARY / "src").glob("*.c")}
    contents = [path.read_bytes() for path in objects if path.stem in library]
    assert len(contents) == len(library) - 2  # without the two kinds of crypto
    for word in RULES.placeholders:
        assert not any(word.encode() + b"\0" in content for content in contents)


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler on this machine")
@pytest.mark.parametrize("number", [products.NVS, products.FILE, products.BIG_STRUCT])
def test_the_headers_serve_c_plus_plus_too(tmp_path: Path, number: int) -> None:
    write_headers(tmp_path, PRODUCTS[number])
    includes = (f"-I{LIBRARY / 'include'}", f"-I{tmp_path}")
    main = tmp_path / "main.cpp"
    headers = ("product_identity.h", "name_vectors.h", "burner_esp_idf.h", "burner_tencent_hal.h")
    main.write_text("".join(f'#include "{header}"\n' for header in headers), encoding="ascii")
    flags = ("-std=c++20", "-Wall", "-Werror", "-pedantic", "-DBURNER_CHALLENGE")
    call("g++", *flags, *includes, "-fsyntax-only", main)


@pytest.mark.full
@pytest.mark.parametrize("other", ["gcc", "clang", "riscv64-unknown-elf-gcc"])
def test_other_compilers_have_nothing_to_say(other: str) -> None:
    for_chip = other.startswith("riscv")
    if shutil.which(other) is None or (for_chip and not Path("/usr/lib/picolibc").is_dir()):
        pytest.skip(f"no {other} on this machine, or no C library for it")
    chip = ("--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32")
    flags = [*options(sanitize=False), *(chip if for_chip else ())]
    sources = [path for path in (LIBRARY / "src").glob("*.c") if path.name != "crypto_mbedtls.c"]
    call(other, *flags, "-fsyntax-only", *sources)
