"""Releases: opened is checked, one digest for what is burned, the secret only inside the flash."""

import json
import os
import pickle
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.core.segments import RegionClass
from burner.flash.partition_table import PartitionTable, parse_table
from burner.release.opening import open_release
from burner.release.preflight import preflight
from burner.release.release import Release, release_index
from tests.images import PRODUCT_ID, SECRET, TABLE, app_image, write_product

NAMED = "{kind: nvs, preset: esp-qcloud, keys: {device_name: device_name}}"
GOLDEN = "8c994ba98914cf02babf9175454e3dcbe6166995ed28c1e652b13abf05a659ca"
"""TENCENT.md: the esp-qcloud partition with the vector's ProductID and secret."""
PROFILES = Path(__file__).parents[2] / "profiles"


def other_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_every_unit_gets_the_same_segments_where_the_key_holds_no_name(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    assert not release.needs_name
    assert release.payload("A") is release.payload("B") is release.segments
    assert release.named_segments("A") == ()
    assert release.key_for("A") == release.key
    offsets = [s.offset for s in release.segments]
    assert offsets == sorted(offsets)
    key = next(s for s in release.segments if s.confidential)
    assert sha256(key.data).hexdigest() == GOLDEN


def test_the_key_is_made_for_each_unit_where_it_holds_the_name(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path, carrier=NAMED))
    assert release.needs_name
    assert not any(s.confidential for s in release.segments)
    assert release.payload("") == release.segments
    first, second = release.payload("A1"), release.payload("B2")
    assert [a.name for a, b in zip(first, second, strict=True) if a != b] == ["fctry"]
    assert release.payload("A1") == first
    assert release.named_segments("A1") == tuple(s for s in first if s.name == "fctry")
    assert release.key_for("A1").device_name == "A1"


def test_shared_segments_are_the_same_objects_for_every_unit(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path, carrier=NAMED))
    app = [next(s for s in release.payload(name) if s.name == "app") for name in ("A", "B")]
    assert app[0] is app[1]


def test_the_key_read_back_is_the_key_burned(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path, carrier=NAMED))
    flash = {s.name: s for s in release.payload("A1")}
    places = release.carrier.read_ranges(release.layout)  # type: ignore[union-attr]
    read = {p.name: flash[p.name].data[: p.size] for p in places}
    assert release.carrier.decode(read) == release.key_for("A1")  # type: ignore[union-attr]


def test_frozen_regions_are_table_bootloader_application_and_key(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    frozen = {s.name for s in release.segments if s.kind is RegionClass.FROZEN}
    assert frozen == {"bootloader", "partition-table", "app", "fctry"}


# -- the digest ----------------------------------------------------------------------------------


def test_the_digest_is_the_same_wherever_and_whenever_it_is_made(tmp_path: Path) -> None:
    first = open_release(write_product(tmp_path))
    second = open_release(write_product(other_folder(tmp_path)))
    assert first.digest == second.digest
    assert first.digest == open_release(write_product(tmp_path)).digest


@pytest.mark.parametrize(
    "replaced",
    [
        {"flash": "{size: 4MB, baud: 460800, early_baud: never}"},
        {"flash": "{size: 0x400000}"},
        {"registration": "{credentials: key, preflight: optional}"},
        {"product": f"{{name: blinky, version: 1.2.0, id: {PRODUCT_ID}, secret: prompt}}"},
    ],
)
def test_what_does_not_reach_the_unit_does_not_change_the_digest(
    tmp_path: Path, replaced: dict[str, Any]
) -> None:
    first = open_release(write_product(tmp_path))
    path = write_product(other_folder(tmp_path), **replaced)
    assert open_release(path, prompt_secret=lambda: SECRET).digest == first.digest


@pytest.mark.parametrize(
    "replaced",
    [
        {"app": app_image("more")},
        {"carrier": NAMED},
        {"name": "{case: lower}"},
        {"blank": "[nvs, otadata, phy_init]"},
        {"quantity": "10"},
        {"registration": "{names: automatic}"},
        {"product": "{name: b, version: 1.2.0, id: S3EUVBRJLB, secret: file:secret.txt}"},
        {"boot": "{expect: [ready]}"},
    ],
)
def test_what_makes_another_unit_makes_another_digest(
    tmp_path: Path, replaced: dict[str, Any]
) -> None:
    first = open_release(write_product(tmp_path)).digest
    assert open_release(write_product(other_folder(tmp_path), **replaced)).digest != first


def test_a_table_as_csv_or_binary_is_the_same_release(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    table = PartitionTable(release.layout.table.partitions).to_binary()
    (tmp_path / "partitions.csv").write_bytes(table)
    assert open_release(tmp_path / "product.yaml").digest == release.digest


def test_the_index_names_no_path_and_nothing_of_the_secret(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    text = json.dumps(release_index(release.profile, release.layout, {}))
    for word in (
        str(tmp_path),
        "secret.txt",
        ".bin",
        ".csv",
        SECRET,
        SECRET.encode().hex(),
        GOLDEN,
    ):
        assert word not in text


# -- the secret ----------------------------------------------------------------------------------


def test_a_secret_may_be_given_instead_of_fetched(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "secret.txt").unlink()
    assert open_release(path, Secret(SECRET.encode())).warnings == ()


def test_a_station_may_keep_the_secret_elsewhere_than_the_profile_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_product(tmp_path)
    (tmp_path / "secret.txt").rename(tmp_path / "station.key")
    monkeypatch.chdir(tmp_path)
    assert open_release(path, reference="file:station.key").key.product_secret == Secret(
        SECRET.encode()
    )
    with pytest.raises(BurnerError, match="E150") as caught:
        open_release(path, reference=SECRET)
    assert SECRET not in str(caught.value)


def test_a_secret_that_cannot_be_fetched_stops_the_burn_but_not_the_check(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "secret.txt").unlink()
    assert [f.code for f in preflight(path).findings] == ["E128"]
    with pytest.raises(BurnerError) as caught:
        open_release(path)
    assert caught.value.code == "E152"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_secret_that_others_can_read_is_an_error_before_the_burn(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "secret.txt").chmod(0o644)
    (finding,) = preflight(path).findings
    assert (finding.code, finding.warning) == ("E153", False)


def test_a_bad_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    for bad, code in (("hush-hush", "E156"), ("YOUR_PRODUCT_SECRET", "E157")):
        with pytest.raises(BurnerError) as caught:
            open_release(path, Secret(bad.encode()))
        assert caught.value.code == code
        assert bad not in str(caught.value)
        (tmp_path / "secret.txt").write_text(bad)
        assert [f.code for f in preflight(path).findings] == [code]


def test_an_unusual_secret_is_a_warning_told_once(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "secret.txt").write_text("twenty-characters-20")
    assert [f.code for f in open_release(path).warnings] == ["E158"]


def test_neither_release_nor_findings_show_the_secret(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    assert SECRET not in repr(release)
    with pytest.raises(TypeError):
        pickle.dumps(release)


# -- refusing ------------------------------------------------------------------------------------


def test_a_release_is_not_opened_while_anything_is_wrong(tmp_path: Path) -> None:
    path = write_product(tmp_path, app=app_image(chip="esp32"), blank="[nowhere]")
    with pytest.raises(BurnerError) as caught:
        open_release(path)
    assert [f.code for f in caught.value.findings if not f.warning] == ["E115", "E121"]


def test_a_file_that_is_missing_unreadable_or_huge_is_named(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "app.bin").unlink()
    (tmp_path / "app.bin").mkdir()
    (tmp_path / "bootloader.bin").unlink()
    with (tmp_path / "partitions.csv").open("wb") as file:
        file.truncate(1 << 30)
    errors = [f for f in preflight(path).findings if not f.warning]
    assert [f.code for f in errors] == ["E105"] * 3
    assert "product.yaml:7 images[0].file" in errors[0].place


def test_a_preflight_never_raises(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    for text in ("- [", "", "burner: 1", "images: [{name: a, file: b, offset: 0}]"):
        path.write_text(text)
        assert any(not f.warning for f in preflight(path).findings)


# -- real builds and the examples ----------------------------------------------------------------


def real(tmp_path: Path, images: Path, table: str, offset: str, **replaced: Any) -> Release:
    """The ESP32-C3 build of ESP-IDF under a table."""
    build = images / "idf_hello_esp32c3"
    fields: dict[str, Any] = {
        "flash": "{size: 2MB}",
        "partition_table": f"{{file: '{images / table}', offset: {offset}}}",
        "blank": "",
        **replaced,
    }
    app = fields.pop("app_in")
    fields["images"] = f"""
- {{name: bootloader, file: '{build / "bootloader" / "bootloader.bin"}', offset: 0}}
- {{name: app, file: '{build / "hello_world.bin"}', partition: {app}}}"""
    return open_release(write_product(tmp_path, **fields))


def test_an_esp_idf_build_becomes_a_release(tmp_path: Path, shared_images: Path) -> None:
    table = "idf_hello_esp32c3/partition_table/partition-table.bin"
    carrier = "{kind: nvs, partition: nvs, namespace: cloud, class: mutable}"
    release = real(tmp_path, shared_images, table, "0x8000", app_in="factory", carrier=carrier)
    assert [f.code for f in release.warnings] == ["E123", "E129", "E129", "E122"]
    names = [s.name for s in release.segments]
    assert names == ["bootloader", "partition-table", "nvs", "app"]
    assert release.segments[1].data == (shared_images / table).read_bytes()


@pytest.mark.parametrize("size", ["4MB", "2MB"])
def test_an_application_under_the_tables_of_esp_qcloud_becomes_a_release(
    tmp_path: Path, shared_images: Path, size: str
) -> None:
    release = real(
        tmp_path,
        shared_images,
        f"partitions_esp-qcloud_{size}.csv",
        "0xc000",
        app_in="ota_0",
        flash=f"{{size: {size}}}",
        blank="[nvs, otadata]",
    )
    places = {s.name: s.offset for s in release.segments}
    assert places["partition-table"] == 0xC000
    assert places["fctry"] == 0x15000
    assert places["app"] == 0x20000


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_bundled_profile_opens_without_a_warning(path: Path) -> None:
    release = open_release(path, Secret(b"AbCdEfGhIjKlMnOpQrStUvWx"))
    assert release.warnings == ()
    assert release.profile.boot.awaited


# -- hostile input -------------------------------------------------------------------------------


def mutate(text: str, chance: random.Random) -> str:
    """A few characters deleted, replaced, inserted or repeated."""
    signs = list("{}[]:,-'\"0x9az \n&*!#")
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(letters))
        span = slice(at, at + chance.choice((0, 1, 1, 12)))
        letters[span] = chance.choice(([], [chance.choice(signs)], letters[span] * 2))
    return "".join(letters)


HOSTILE = {
    "nvs": "{kind: nvs, preset: esp-qcloud, extra: [{key: a, type: u8, value: 1}]}",
    "littlefs": "{kind: file, partition: lfs, filesystem: {type: littlefs, prog_size: 64}}",
    "fat": "{kind: file, partition: store, filesystem: {type: fat, wear_levelling: false}}",
    "patch": "{kind: patch, image: app, placeholders: {product_secret: {text: SECRET, size: 40}}}",
    "raw": "{kind: raw, partition: raw, fields: [{name: p, type: 'char[11]', key: product_id}, "
    "{name: s, type: 'char[33]', key: product_secret}, "
    "{name: c, type: u16, checksum: {algorithm: crc16-modbus, first: p, last: s}}]}",
    "at": "{kind: at, port: esp, baud: 115200, region: china, ready_s: 3}",
}
HOSTILE_TABLE = f"{TABLE}lfs, data, littlefs, , 32K\nraw, data, undefined, , 4K\n"
HOSTILE_TABLE = HOSTILE_TABLE.replace("64K", "0x84000")


@pytest.mark.parametrize("binary", [False, True], ids=["csv", "bin"])
@pytest.mark.parametrize("carrier", HOSTILE)
@pytest.mark.parametrize(
    "rounds", [6, pytest.param(500, marks=[pytest.mark.full, pytest.mark.timeout(600)])]
)
def test_no_mutation_of_a_product_brings_anything_but_findings(
    tmp_path: Path, carrier: str, binary: bool, rounds: int
) -> None:
    chance = random.Random(f"{carrier} {binary} {rounds}")
    app = app_image("PRODUCT_ID", "SECRET" + "\0" * 33)
    path = write_product(tmp_path, table=HOSTILE_TABLE, app=app, carrier=HOSTILE[carrier])
    assert not any(finding for finding in preflight(path).findings if not finding.warning)
    text = path.read_text(encoding="utf-8")
    sound = {name: (tmp_path / name).read_bytes() for name in ("app.bin", "partitions.csv")}
    if binary:
        table = parse_table(sound["partitions.csv"], "t", "esp32c3", 0x8000)
        sound["partitions.csv"] = table.to_binary()
    for _ in range(rounds):
        path.write_text(mutate(text, chance), encoding="utf-8")
        for name, data in sound.items():
            changed = bytearray(data)
            changed[chance.randrange(len(data))] = chance.randrange(256)
            (tmp_path / name).write_bytes(changed[: chance.randrange(1, 2 * len(data))])
        assert all(str(finding) for finding in preflight(path).findings)
