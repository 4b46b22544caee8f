"""The release file: one form, opened = checked, and nothing else opens."""

import json
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.canonical_json import canonical
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.release.diff import differences
from burner.release.opening import check_contents, open_release, read_release_file, release_contents
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import Contents, pack, unpack

ROOT = Path(__file__).parents[2]
PLUG = ROOT / "profiles" / "plug-c3.yaml"
SENSOR = ROOT / "profiles" / "sensor-esp32.yaml"
SECRET = Secret(b"aVerySecretProductKey123")

SMALL = Contents(
    digest="0cbbde5f4c8a5bd2e5c5a1b1c5a1d6ac8a7d3bd7e9b3a0b5e5b9be2e0d4a6f11",
    index={"format": 1, "profile": {"product": {"name": "x"}}, "parts": []},
    profile='{"burner":1}',
    parts={"parts/app": b"\xe9" + bytes(50), "parts/boot": b"boot"},
)


def small() -> Contents:
    from burner.core.canonical_json import digest

    return replace(SMALL, digest=digest(SMALL.index))


@pytest.fixture(scope="module")
def packed() -> bytes:
    return pack(release_contents(preflight_without_secret(PLUG)))


def refused(data: bytes, why: str = "") -> str:
    with pytest.raises(BurnerError) as caught:
        unpack(data, "x.burn")
    assert caught.value.code in ("E201", "E202", "E203", "E204")
    assert why in caught.value.detail
    return caught.value.code


def test_what_was_packed_unpacks_to_the_same() -> None:
    assert unpack(pack(small()), "x.burn") == small()


def test_any_zip_tool_can_list_it(packed: bytes) -> None:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "release.json"


def test_the_secret_is_not_in_it_and_not_needed_to_build_it(
    packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLUG_C3_SECRET", raising=False)
    assert pack(release_contents(preflight_without_secret(PLUG))) == packed
    assert SECRET.reveal() not in packed


def test_building_twice_in_two_folders_at_two_times_gives_equal_bytes(
    packed: bytes, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "profiles", tmp_path / "elsewhere" / "profiles")
    shutil.copytree(ROOT / "firmware", tmp_path / "elsewhere" / "firmware")
    moved = tmp_path / "elsewhere" / "profiles" / "plug-c3.yaml"
    assert pack(release_contents(preflight_without_secret(moved))) == packed


def test_a_release_with_nothing_in_it_has_the_bytes_it_always_had() -> None:
    empty = Contents(digest="d", index={}, profile="{}", parts={})
    golden = "8b03f084af8931a8b10b2c88333ea82a268ba9b9926f75a1004f0a8539e0abcf"
    assert sha256(pack(empty)).hexdigest() == golden


@pytest.mark.parametrize("profile", [PLUG, SENSOR])
def test_a_release_burns_what_its_profile_burns(profile: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.burn"
    file.write_bytes(pack(release_contents(preflight_without_secret(profile))))
    ours, theirs = open_release(file, SECRET), open_release(profile, SECRET)
    assert ours.digest == theirs.digest
    assert ours.segments == theirs.segments
    assert ours.payload("NAME1") == theirs.payload("NAME1")
    assert ours.profile.boot == theirs.profile.boot
    assert ours.profile.flash == theirs.profile.flash


def mutations(data: bytes, random_: random.Random) -> bytes:
    """One random change: a flipped bit, a byte less or more, a piece moved, cut or doubled."""
    at, to = (random_.randrange(len(data)) for _ in range(2))
    piece = data[at : at + random_.randrange(1, 200)]
    kind = random_.randrange(6)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ (1 << random_.randrange(8))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + len(piece) :]
    if kind == 2:
        return data[:at] + random_.randbytes(random_.randrange(1, 9)) + data[at:]
    if kind == 3:
        return data[:to] + piece + data[to:]
    if kind == 4:
        return data[:at]
    return data[:to] + piece + data[to + len(piece) :]


def test_none_of_a_thousand_random_changes_opens() -> None:
    data = pack(small())
    random_ = random.Random(7)
    changed = [m for _ in range(1000) if (m := mutations(data, random_)) != data]
    assert len(changed) > 900
    for mutation in changed:
        refused(mutation)


@pytest.mark.full
def test_none_of_a_thousand_random_changes_of_a_real_release_opens(packed: bytes) -> None:
    random_ = random.Random(8)
    for _ in range(1000):
        if (mutation := mutations(packed, random_)) != packed:
            refused(mutation)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_release_are_refused_with_a_code(data: bytes) -> None:
    refused(data)


def test_every_single_bit_counts() -> None:
    data = pack(replace(small(), parts={"parts/a": b"a"}))
    for at in range(len(data)):
        refused(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])


def plain(name: str) -> zipfile.ZipInfo:
    """An entry with the attributes of a release's."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o100644 << 16
    return info


def a_zip(build: Callable[[zipfile.ZipFile], None]) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        build(archive)
    return held.getvalue()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "parts/../x", "C:\\x", "parts/a/b", "extra.txt", " "],
)
def test_a_path_that_leads_elsewhere_is_refused(name: str) -> None:
    crafted = a_zip(lambda z: z.writestr(plain(name), b"x"))
    assert refused(crafted, "not a name in a release") == "E204"


def test_a_link_is_refused() -> None:
    info = plain("parts/app")
    info.external_attr = 0o120777 << 16
    assert refused(a_zip(lambda z: z.writestr(info, b"/etc/passwd")), "plain file") == "E204"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused() -> None:
    def twice(archive: zipfile.ZipFile) -> None:
        for content in (b"ours", b"theirs"):
            archive.writestr(plain("parts/app"), content)

    assert refused(a_zip(twice), "twice") == "E204"


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    def bomb(archive: zipfile.ZipFile) -> None:
        archive.writestr(plain("parts/app"), bytes(50_000_000), zipfile.ZIP_DEFLATED)

    assert refused(a_zip(bomb), "compressed") == "E204"


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(pack(small()))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 20, 0x7FFFFFFF)
    struct.pack_into("<I", data, at + 24, 0x7FFFFFFF)
    refused(bytes(data))


def test_a_directory_too_large_for_a_release_is_not_read() -> None:
    entry = struct.pack("<4s42xc", b"PK\x01\x02", b"a")
    listed = entry * 50_000
    end = struct.pack("<4s8xIIH", b"PK\x05\x06", len(listed), 0, 0)
    assert refused(listed + end) == "E204"


def test_a_directory_of_zip64_is_refused() -> None:
    data = pack(small())
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1)
    assert refused(data[:-22] + locator + data[-22:]) == "E204"


def repacked(change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> bytes:
    """The same archive, written by our own hand, with its entries changed."""
    from burner.release.release_file import _zip

    with zipfile.ZipFile(BytesIO(pack(small()))) as archive:
        return _zip(change({name: archive.read(name) for name in archive.namelist()}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: {n: e[n] for n in e if n != "parts/app"}, "missing: parts/app"),
        (lambda e: {**e, "parts/more": b"x"}, "added: parts/more"),
        (lambda e: {**e, "parts/app": b"other"}, "parts/app was changed"),
        (lambda e: {n: e[n] for n in [*list(e)[:2], *reversed(list(e)[2:])]}, "out of order"),
        (lambda e: {**e, "profile.json": b"{}"}, "profile.json was changed"),
    ],
)
def test_a_part_changed_missing_added_or_moved_is_named(
    change: Callable[[dict[str, bytes]], dict[str, bytes]], says: str
) -> None:
    with pytest.raises(BurnerError, match="E203") as caught:
        unpack(repacked(change), "x.burn")
    assert says in caught.value.detail


def with_index(**changes: object) -> bytes:
    def change(entries: dict[str, bytes]) -> dict[str, bytes]:
        about = {**json.loads(entries["release.json"]), **changes}
        return {**entries, "release.json": canonical(about)}

    return repacked(change)


def test_a_newer_format_is_refused_as_such() -> None:
    assert refused(with_index(format=2)) == "E202"


@pytest.mark.parametrize("value", [None, "x", [], {}, 1.5])
@pytest.mark.parametrize("field", ["format", "digest", "index", "files"])
def test_an_index_of_another_shape_is_refused(field: str, value: object) -> None:
    refused(with_index(**{field: value}))


def test_an_index_in_another_form_of_json_is_refused() -> None:
    def loose(entries: dict[str, bytes]) -> dict[str, bytes]:
        about = json.loads(entries["release.json"])
        return {**entries, "release.json": json.dumps(about, indent=1).encode()}

    assert refused(repacked(loose)) == "E203"


def test_half_a_character_in_an_index_is_refused() -> None:
    def halved(entries: dict[str, bytes]) -> dict[str, bytes]:
        raw = entries["release.json"].replace(b'"name":"x"', b'"name":"\\ud800"')
        return {**entries, "release.json": raw}

    assert refused(repacked(halved)) == "E201"


def test_a_profile_that_this_burner_cannot_read_is_no_release() -> None:
    contents = release_contents(preflight_without_secret(PLUG))
    stranger = replace(contents, profile=contents.profile.replace('"burner":1', '"novel":1'))
    with pytest.raises(BurnerError, match="E205") as caught:
        check_contents(unpack(pack(stranger), "x.burn"), Path("x.burn"))
    assert any("novel" in finding.place for finding in caught.value.findings)


def test_parts_that_do_not_make_what_the_index_names_are_refused() -> None:
    contents = release_contents(preflight_without_secret(PLUG))
    other = release_contents(preflight_without_secret(SENSOR))
    mixed = replace(contents, digest=other.digest, index=other.index)
    with pytest.raises(BurnerError, match="E205"):
        check_contents(unpack(pack(mixed), "x.burn"), Path("x.burn"))


def test_a_release_that_is_not_there_is_said_to_be_not_there(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match="E207"):
        read_release_file(tmp_path / "none.burn")


def test_two_releases_differ_in_what_was_changed_and_nothing_else() -> None:
    index = release_contents(preflight_without_secret(PLUG)).index
    assert differences(index, index) == []
    changed = json.loads(canonical(index))
    changed["profile"]["product"]["version"] = "1.3.0"
    changed["parts"][0]["sha256"] = "f" * 64
    what = [(d.what, d.before) for d in differences(index, changed)]
    assert what[0] == ("product.version", "1.2.0")
    assert [name for name, _ in what[1:]] == ["part bootloader"]
