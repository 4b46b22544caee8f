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

from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.release.archive import write_archive
from burner.release.contents import check_contents, release_contents
from burner.release.diff import differences
from burner.release.envelope.dsse import MAX_ENVELOPE_SIZE
from burner.release.opening import open_release, read_release_file
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import Contents, core_files, pack, unpack

ROOT = Path(__file__).parents[2]
PLUG = ROOT / "profiles" / "plug-c3.yaml"
SENSOR = ROOT / "profiles" / "sensor-esp32.yaml"
SECRET = Secret(b"aVerySecretProductKey123")

SMALL = Contents(
    digest="0cbbde5f4c8a5bd2e5c5a1b1c5a1d6ac8a7d3bd7e9b3a0b5e5b9be2e0d4a6f11",
    index={"format": 2, "profile": {"product": {"name": "x"}}, "parts": []},
    profile='{"burner":1}',
    parts={"parts/app": b"\xe9" + bytes(50), "parts/boot": b"boot"},
)


def small() -> Contents:
    return replace(SMALL, digest=digest(SMALL.index))


@pytest.fixture(scope="module")
def packed() -> bytes:
    return pack(release_contents(preflight_without_secret(PLUG)))


def refused(data: bytes, why: str = "") -> str:
    with pytest.raises(BurnerError) as caught:
        unpack(data, "x.burn")
    assert caught.value.code in ("E201", "E202", "E203", "E204", "E209")
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
    golden = "507c612108c5a3e3e20085e1b1a33985291f0dbf90d901b7f13bf3fbf8bd95d4"
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


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def repacked(change: Change, contents: Contents | None = None) -> bytes:
    """The same archive, written by our own hand, with its entries changed."""
    with zipfile.ZipFile(BytesIO(pack(contents or small()))) as archive:
        return write_archive(change({name: archive.read(name) for name in archive.namelist()}))


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
def test_a_part_changed_missing_added_or_moved_is_named(change: Change, says: str) -> None:
    assert refused(repacked(change), says) == "E203"


def test_entries_that_overlap_are_refused_before_they_are_read() -> None:
    """Each lies inside the one before: a small file with a hundred times its size in it."""
    names = [f"parts/{number:03}" for number in range(100)]
    body, places = b"x" * 10_000, []
    for name in reversed(names):
        header = (20, 0, 0, 0, 33, 0, len(body), len(body), len(name), 0)
        places.append((name, header, len(body)))
        body = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *header) + name.encode() + body
    directory = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, *header, *(0, 0, 0), 0o100644 << 16, at
        )
        + name.encode()
        for name, header, size in places
        for at in [len(body) - size - 30 - len(name)]
    )
    end = (0, 0, 100, 100, len(directory), len(body), 0)
    crafted = body + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", *end)
    assert refused(crafted, "overlap") == "E204"


def with_everything() -> Contents:
    """A release with every kind of entry; what is in them does not matter here."""
    index = {**SMALL.index, "sealed": {}}
    return replace(
        SMALL,
        index=index,
        digest=digest(index),
        documents={"documents/notes.txt": b"notes", "documents/sbom.json": b"{}"},
        sealed=(b"first seal", b"second seal"),
        seal_code="5" * 64,
        envelopes=(b"first envelope", b"second envelope"),
    )


def test_seal_and_signatures_lie_beside_the_core_and_leave_its_bytes_as_they_are() -> None:
    whole = with_everything()
    assert unpack(pack(whole), "x.burn") == whole
    unsigned = replace(whole, envelopes=())
    core = pack(unsigned).partition(b"sealed/01.age")[0]
    assert pack(whole).startswith(core)
    assert core_files(whole) == core_files(unsigned)
    with zipfile.ZipFile(BytesIO(pack(whole))) as archive:
        assert archive.namelist() == [
            *("release.json", "profile.json", "parts/app", "parts/boot"),
            *("documents/notes.txt", "documents/sbom.json"),
            *("sealed/01.age", "sealed/02.age", "sealed/code.txt"),
            *("signatures/01.json", "signatures/02.json"),
        ]


def without(*names: str) -> Change:
    return lambda e: {name: e[name] for name in e if name not in names}


def renamed(**names: str) -> Change:
    """`01_age="sealed/03.age"`."""
    old = {key.replace("_", "/", 1).replace("_", "."): new for key, new in names.items()}
    return lambda e: {old.get(name, name): e[name] for name in e}


def swapped(first: str, second: str) -> Change:
    """Two entries in each other's place, under their own names."""

    def change(entries: dict[str, bytes]) -> dict[str, bytes]:
        names = [{first: second, second: first}.get(name, name) for name in entries]
        return {name: entries[name] for name in names}

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without("sealed/01.age"), "missing: sealed/01.age"),
        (without("sealed/code.txt"), "missing: sealed/code.txt"),
        (without("sealed/01.age", "sealed/02.age", "sealed/code.txt"), "missing: sealed parts"),
        (without("sealed/01.age", "sealed/02.age"), "added: sealed/code.txt"),
        (without("signatures/01.json"), "missing: signatures/01.json"),
        (without("documents/notes.txt"), "missing: documents/notes.txt"),
        (renamed(sealed_02_age="sealed/03.age"), "missing: sealed/02.age"),
        (renamed(signatures_02_json="signatures/99.json"), "missing: signatures/02.json"),
        (lambda e: {**e, "documents/more.txt": b"x"}, "added: documents/more.txt"),
        (lambda e: {**e, "documents/notes.txt": b"other"}, "documents/notes.txt was changed"),
        (swapped("sealed/01.age", "sealed/02.age"), "out of order"),
        (swapped("sealed/02.age", "sealed/code.txt"), "out of order"),
        (swapped("signatures/01.json", "signatures/02.json"), "out of order"),
        (swapped("sealed/01.age", "signatures/01.json"), "out of order"),
        (swapped("documents/sbom.json", "sealed/01.age"), "out of order"),
    ],
)
def test_what_is_beside_the_core_is_numbered_without_gaps_and_in_order(
    change: Change, says: str
) -> None:
    assert refused(repacked(change, with_everything()), says) == "E203"


@pytest.mark.parametrize(
    "name",
    [
        *("sealed/00.age", "sealed/1.age", "sealed/100.age", "sealed/01.json", "sealed/01.age.age"),
        *("signatures/01.age", "signatures/٠١.json", "signatures/../01.json", "sealed/", "sealed"),
        *("documents/", "documents/a/b", "documents/.x", "DOCUMENTS/notes.txt", "Sealed/03.age"),
    ],
)
def test_names_that_no_release_has_are_refused(name: str) -> None:
    crafted = a_zip(lambda z: z.writestr(plain(name), b"x"))
    assert refused(crafted, "") == "E204"


def test_an_envelope_larger_than_any_is_refused_before_it_is_read() -> None:
    large = replace(with_everything(), envelopes=(bytes(MAX_ENVELOPE_SIZE + 1),))
    assert refused(pack(large), "at most 16384") == "E204"


def test_a_seal_that_the_index_does_not_name_is_refused() -> None:
    sealed = replace(small(), sealed=(b"seal",), seal_code="5" * 64)
    assert refused(pack(sealed), "added: sealed parts") == "E203"


def with_index(**changes: object) -> bytes:
    def change(entries: dict[str, bytes]) -> dict[str, bytes]:
        about = {**json.loads(entries["release.json"]), **changes}
        return {**entries, "release.json": canonical(about)}

    return repacked(change)


def test_a_newer_format_is_refused_as_such() -> None:
    assert refused(with_index(format=3)) == "E202"


def test_an_older_format_is_refused_as_such() -> None:
    assert refused(with_index(format=1), "format 1, this burner reads 2") == "E209"
    older = {**SMALL.index, "format": 1}
    assert refused(with_index(index=older), "format 1, this burner reads 2") == "E209"


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


def test_a_text_is_not_called_a_release_file_without_its_end() -> None:
    with pytest.raises(BurnerError, match=r"^E201: .*it does not begin as a release file does"):
        unpack(b"soak test: 200 units, 48 h, no failure\n", "report.txt")


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
