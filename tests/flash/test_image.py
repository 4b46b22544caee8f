"""Image containers: real ones are sound, changed ones are noticed, hostile ones do no harm."""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import BurnerError
from burner.flash import image
from burner.flash.chips import BOOTLOADER_OFFSETS, CHIP_IDS
from burner.flash.image import parse_image, repair_checksums
from tests.images import app_image, descriptor, esp_image

REAL = {
    "bootloader_esp32.bin": ("esp32", 1, ""),
    "bootloader_esp32_v5_2.bin": ("esp32", 2, ""),
    "bootloader_esp32c3.bin": ("esp32c3", 2, ""),
    "bootloader_esp8266.bin": ("esp8266", 1, ""),
    "bootloader_signed_v2_rsa.bin": ("esp32", 2, "v2"),
    "esp8266_deepsleep.bin": ("esp8266", 1, ""),
    "esp_idf_blink_esp32s2.bin": ("esp32s2", 2, ""),
    "idf_hello_esp32c3/bootloader/bootloader.bin": ("esp32c3", 2, ""),
    "idf_hello_esp32c3/hello_world.bin": ("esp32c3", 2, ""),
}
BUNDLED = sorted(Path(__file__).parents[2].glob("firmware/*/*.bin"))


def sound(data: bytes) -> bool:
    try:
        parsed = parse_image(data)
    except BurnerError:
        return False
    parts = [parsed, *([parsed.following] if parsed.following else [])]
    return all(checksum.ok for part in parts for checksum in part.checksums)


@pytest.mark.parametrize("name", REAL)
def test_a_real_image_is_sound(shared_images: Path, name: str) -> None:
    chip, checksums, signature = REAL[name]
    data = (shared_images / name).read_bytes()
    parsed = parse_image(data)
    assert sound(data)
    assert (parsed.chip, len(parsed.checksums), parsed.signature) == (chip, checksums, signature)
    assert image.check_image(parsed, chip, name) == []


@pytest.mark.parametrize("name", [name for name in REAL if REAL[name][1] == 2])
def test_a_flipped_bit_anywhere_in_a_real_image_is_noticed(shared_images: Path, name: str) -> None:
    data = bytearray((shared_images / name).read_bytes())
    end = parse_image(bytes(data)).end
    anywhere = [*range(64), *random.Random(7).sample(range(end), 60), *range(end - 34, end)]
    for at in anywhere:
        data[at] ^= 0x10
        assert not sound(bytes(data)), hex(at)
        data[at] ^= 0x10


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name in REAL if REAL[name][1] == 2])
def test_flipped_bytes_all_over_a_real_image_are_noticed(shared_images: Path, name: str) -> None:
    data = bytearray((shared_images / name).read_bytes())
    end = parse_image(bytes(data)).end
    for at in range(0, end, 1 + end // 8000):
        data[at] ^= 0xFF
        assert not sound(bytes(data)), hex(at)
        data[at] ^= 0xFF


def test_a_flipped_bit_in_what_an_esp8266_loads_is_noticed(shared_images: Path) -> None:
    for name in ("bootloader_esp8266.bin", "esp8266_deepsleep.bin"):
        data = bytearray((shared_images / name).read_bytes())
        parsed = parse_image(bytes(data))
        for segment in (parsed.following or parsed).segments:
            data[segment.offset + segment.size // 2] ^= 1
            assert not sound(bytes(data))
            data[segment.offset + segment.size // 2] ^= 1


def test_an_application_says_what_it_is(shared_images: Path) -> None:
    parsed = parse_image((shared_images / "idf_hello_esp32c3" / "hello_world.bin").read_bytes())
    assert parsed.descriptor is not None
    assert parsed.descriptor.project_name == "hello_world"
    assert parsed.descriptor.version == "qa-test-esp32c61-master-2025070"
    assert parsed.descriptor.idf_version == "v6.0-dev-2079-g3655d4cdca"
    assert parsed.descriptor.built == "Sep  9 2025 12:54:31"
    assert (parsed.flash_size, parsed.min_revision, parsed.max_revision) == (2 << 20, 3, 199)


def test_a_bootloader_says_its_lowest_revision_in_either_way(shared_images: Path) -> None:
    parsed = parse_image((shared_images / "bootloader_signed_v2_rsa.bin").read_bytes())
    assert parsed.min_revision == 300
    assert parse_image(esp_image(min_revision=3)).min_revision == 3


def test_the_loader_of_arduino_has_its_application_behind_it(shared_images: Path) -> None:
    parsed = parse_image((shared_images / "esp8266_deepsleep.bin").read_bytes())
    assert parsed.following is not None
    assert parsed.following.start == 0x1000
    assert parsed.following.end == 297632


def test_an_image_for_another_chip_is_refused() -> None:
    (finding,) = image.check_image(parse_image(esp_image(chip="esp32s3")), "esp32c3", "app")
    assert finding.code == "E115"
    assert "esp32s3" in finding.found
    (finding,) = image.check_image(parse_image(esp_image(chip="esp8266")), "esp32", "app")
    assert finding.code == "E115"


@pytest.mark.parametrize("chip", CHIP_IDS)
def test_every_chip_is_known_by_its_id(chip: str) -> None:
    assert parse_image(esp_image(chip=chip)).chip == chip
    assert chip in BOOTLOADER_OFFSETS


def test_esptool_agrees_on_chips_ids_and_bootloader_offsets() -> None:
    targets = pytest.importorskip("esptool.targets").CHIP_DEFS
    for chip, number in CHIP_IDS.items():
        assert number == targets[chip].IMAGE_CHIP_ID
        assert BOOTLOADER_OFFSETS[chip] == targets[chip].BOOTLOADER_FLASH_OFFSET


def test_an_unknown_chip_id_is_named_by_its_number() -> None:
    data = bytearray(esp_image())
    data[12] = 0xEE
    assert parse_image(bytes(data)).chip == "chip id 238"


def test_wrong_checksum_and_wrong_digest_are_both_named() -> None:
    data = bytearray(esp_image(b"some code here", digest=True))
    data[33] ^= 1
    problems = image.check_image(parse_image(bytes(data)), "esp32c3", "app")
    assert [f.code for f in problems] == ["E117", "E117"]
    assert [f.found.split()[1] for f in problems] == ["checksum", "SHA-256"]


def test_an_esp8266_image_for_a_software_loader_has_a_crc() -> None:
    inner = esp_image(b"abcd", b"data", chip="esp8266")
    flash_mapped = b"\xea\x04\0\0" + bytes(4) + bytes(4) + (8).to_bytes(4, "little") + b"flashing"
    body = (flash_mapped + inner)[:-1]
    body = body.ljust(len(body) | 15, b"\0")[: (len(flash_mapped + inner) - 1) | 15]
    data = repair_checksums(body + b"\0" + bytes(4))
    assert sound(data)
    assert [p.kind for p in parse_image(data).checksums] == ["checksum", "CRC-32"]
    assert len(parse_image(data).segments) == 3
    changed = bytearray(data)
    changed[17] ^= 1
    assert not sound(bytes(changed))


@pytest.mark.parametrize("number", range(6))
def test_the_crc_is_the_one_that_esptool_computes(number: int) -> None:
    from esptool.bin_image import ELFSection, ESP8266V2FirmwareImage

    made = ESP8266V2FirmwareImage()
    made.entrypoint, made.flash_mode, made.flash_size_freq = 0x40100004, 2, 0x40
    made.elf_sha256 = None
    code = b"flash-mapped code, number %d" % number
    made.segments = [
        ELFSection(b".irom0.text", 0x40201010, code, 0),
        ELFSection(b".data", 0x3FFE8000, bytes(32), 0),
    ]
    data = made.save(None)
    assert sound(data)
    assert code in data
    changed = data.replace(code, code.upper())
    assert not sound(changed)
    assert repair_checksums(repair_checksums(changed).replace(code.upper(), code)) == data


def test_a_replaced_text_is_repaired_in_place() -> None:
    data = app_image("PRODUCT_ID").replace(b"PRODUCT_ID", b"S3EUVBRJLB")
    assert not sound(data)
    repaired = repair_checksums(data)
    assert sound(repaired)
    assert len(repaired) == len(data)
    assert repaired[:-64] == data[:-64]
    assert repair_checksums(repaired) == repaired


def test_a_repaired_arduino_image_is_sound_in_both_parts(shared_images: Path) -> None:
    data = bytearray((shared_images / "esp8266_deepsleep.bin").read_bytes())
    data[0x20] ^= 1
    data[0x40000] ^= 1
    assert not sound(bytes(data))
    assert sound(repair_checksums(bytes(data)))


def test_a_secure_boot_v1_signature_is_seen() -> None:
    assert parse_image(esp_image() + bytes(4) + os.urandom(64)).signature == "v1"


def test_encrypted_bytes_are_called_encrypted() -> None:
    random_bytes = b"\x77" + random.Random(1).randbytes(8192)
    for data, word in ((random_bytes, "encrypted"), (b"\x7fELF" + bytes(8192), "0x7f")):
        with pytest.raises(BurnerError, match=word) as caught:
            parse_image(data)
        assert caught.value.code == "E116"


def test_an_application_descriptor_cannot_smuggle_control_characters() -> None:
    parsed = parse_image(esp_image(descriptor("a\x1b[31m", "1\n2")))
    assert parsed.descriptor is not None
    assert parsed.descriptor.project_name == "a�[31m"
    assert parsed.descriptor.version == "1�2"


def test_an_image_cut_anywhere_is_refused_or_unsound() -> None:
    whole = app_image()
    for length in range(len(whole)):
        assert not sound(whole[:length])


SEGMENTS = st.lists(st.binary(max_size=80), min_size=1, max_size=16)


@given(SEGMENTS, st.sampled_from(["esp8266", *CHIP_IDS]))
def test_an_image_reads_back_as_it_was_made(contents: list[bytes], chip: str) -> None:
    data = esp_image(*contents, chip=chip)
    parsed = parse_image(data)
    assert sound(data)
    assert [data[s.offset : s.end] for s in parsed.segments] == contents
    assert parsed.end == len(data)


@given(SEGMENTS, st.data())
def test_any_changed_byte_is_noticed(contents: list[bytes], data: st.DataObject) -> None:
    changed = bytearray(esp_image(*contents))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert not sound(bytes(changed)) or parse_image(bytes(changed)).chip != "esp32c3"


def test_a_header_that_denies_its_digest_is_noticed() -> None:
    changed = bytearray(esp_image())
    changed[23] = 0
    assert not sound(bytes(changed))


HEADS = st.sampled_from([b"", b"\xe9", b"\xea", esp_image()[:24], esp_image(chip="esp8266")[:16]])


@given(HEADS, st.binary(max_size=300))
def test_no_bytes_bring_anything_but_a_burner_error(head: bytes, tail: bytes) -> None:
    with suppress(BurnerError):
        repair_checksums(head + tail)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_bundled_image_is_sound(path: Path) -> None:
    assert sound(path.read_bytes())
