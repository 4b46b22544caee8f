"""The seal: a release brings its secret, for its stations only, and nothing else fits it."""

import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.release import age
from burner.release.contents import release_contents
from burner.release.diff import differences
from burner.release.opening import (
    open_keyless,
    open_release,
    open_with_key_if_present,
    open_with_or_without_key,
)
from burner.release.preflight import preflight_without_secret
from burner.release.release import Release
from burner.release.release_file import Contents, core_files, pack
from burner.release.seal import add_seal, open_seal
from tests import secret_shapes
from tests.release.sealed import (
    CERTIFICATE,
    OTHER_SECRET,
    SECRET,
    identity,
    inputs_of,
    profile_in,
    recipient,
    sealed,
)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profile_in(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def with_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profile_in(tmp_path_factory.mktemp("confidential"), confidential=True)


def at(station: str, contents: Contents, folder: Path) -> Release:
    """A release opened by a station."""
    file = folder / "plug.burn"
    file.write_bytes(pack(contents))
    return open_release(file, identities=lambda: (identity(station),))


def refused(station: str, contents: Contents, folder: Path) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        at(station, contents, folder)
    return caught.value


def test_a_sealed_release_makes_the_units_of_its_profile(profile: Path, tmp_path: Path) -> None:
    ours, theirs = at("line1", sealed(profile, "line1"), tmp_path), open_release(profile)
    assert ours.segments == theirs.segments
    assert ours.payload("NAME1") == theirs.payload("NAME1")
    assert ours.key == theirs.key
    assert ours.digest != theirs.digest
    assert [str(d) for d in differences(theirs.index, ours.index)] == [
        f"seal (nothing; now with product key {theirs.key_fingerprint})"
    ]


def test_neither_the_file_nor_its_index_shows_the_secret(profile: Path) -> None:
    assert secret_shapes.leaks(pack(sealed(profile, "line1")), SECRET) == []


def test_the_core_is_the_same_each_time_whoever_it_is_sealed_for(profile: Path) -> None:
    ours, theirs = sealed(profile, "line1"), sealed(profile, "line2", "line3")
    assert (ours.digest, core_files(ours)) == (theirs.digest, core_files(theirs))
    assert ours.sealed != theirs.sealed


def test_each_station_that_it_was_sealed_for_opens_it_at_once_or_later(
    profile: Path, tmp_path: Path
) -> None:
    first = sealed(profile, "line1", "line2")
    later = add_seal(first, inputs_of(profile), [recipient("line3")])
    assert later.digest == first.digest
    for station in ("line1", "line2", "line3"):
        assert at(station, later, tmp_path).key.product_secret == Secret(SECRET.encode())
    assert refused("line3", first, tmp_path).code == "E210"


def test_a_station_that_it_is_not_sealed_for_is_told_which_recipient_it_has(
    profile: Path, tmp_path: Path
) -> None:
    error = refused("line9", sealed(profile, "line1"), tmp_path)
    assert (error.code, recipient("line9") in error.detail) == ("E210", True)
    with pytest.raises(BurnerError, match="E210"):
        open_release(tmp_path / "plug.burn")


def test_a_key_that_is_none_is_said(profile: Path, tmp_path: Path) -> None:
    at("line1", sealed(profile, "line1"), tmp_path)
    with pytest.raises(BurnerError, match="E214"):
        open_release(tmp_path / "plug.burn", identities=lambda: (Secret(b"AGE-SECRET-KEY-1X"),))


def test_another_secret_beside_a_sealed_one_is_refused(profile: Path, tmp_path: Path) -> None:
    at("line1", sealed(profile, "line1"), tmp_path)
    file = tmp_path / "plug.burn"
    with pytest.raises(BurnerError, match="E212"):
        open_release(file, reference="env:X")
    with pytest.raises(BurnerError, match="E212"):
        open_release(file, Secret(OTHER_SECRET.encode()))
    for keyless in (open_with_or_without_key, open_with_key_if_present):
        with pytest.raises(BurnerError, match="E212"):
            keyless(file, "env:X", None)


def test_what_needs_no_secret_works_without_opening_the_seal(
    with_key: Path, tmp_path: Path
) -> None:
    contents = sealed(with_key, "line1")
    opened = at("line1", contents, tmp_path)
    file = tmp_path / "plug.burn"
    for keyless in (
        open_keyless(file),
        open_with_or_without_key(file, "", None),
        open_with_key_if_present(file, "", None),
    ):
        assert not isinstance(keyless, Release)
        assert keyless.digest == opened.digest == contents.digest
        assert keyless.key_fingerprint == opened.key_fingerprint
        assert keyless.index == opened.index


def test_a_confidential_image_is_in_the_seal_alone(with_key: Path, tmp_path: Path) -> None:
    contents = sealed(with_key, "line1")
    assert CERTIFICATE not in pack(contents)
    assert "parts/cert" not in contents.parts
    (row,) = (part for part in contents.index["parts"] if part.get("confidential"))
    assert (row["name"], row["size"]) == ("cert", len(CERTIFICATE))
    opened = at("line1", contents, tmp_path)
    segment = opened.layout.segments["cert"]
    assert (segment.data, segment.confidential) == (CERTIFICATE, True)
    keyless = open_keyless(tmp_path / "plug.burn").layout.segments["cert"]
    assert keyless.data == bytes(len(CERTIFICATE))
    assert keyless.region().sha256 == segment.region().sha256
    assert opened.segments == open_release(with_key).segments


def test_a_confidential_image_is_compared_as_any_other(with_key: Path, tmp_path: Path) -> None:
    changed = profile_in(tmp_path, confidential=True)
    (tmp_path / "certificate.key").write_bytes(CERTIFICATE[:-1])
    before, after = (sealed(path, "line1").index for path in (with_key, changed))
    (found,) = differences(before, after)
    assert found.what == "part cert"
    assert found.before.endswith("confidential")


def test_a_confidential_image_lies_in_a_data_partition(tmp_path: Path) -> None:
    path = profile_in(tmp_path, confidential=True)
    path.write_text(path.read_text().replace("partition: log_info", "partition: ota_1"))
    findings = preflight_without_secret(path).findings
    assert any("not in a data partition" in finding.found for finding in findings)


def test_a_private_key_in_the_text_of_a_profile_is_refused(tmp_path: Path) -> None:
    path = profile_in(tmp_path)
    key = '{key: tls, type: string, value: "-----BEGIN EC PRIVATE KEY-----"}'
    preset = "preset: esp-qcloud"
    path.write_text(path.read_text().replace(preset, f"{preset}\n  extra: [{key}] #"))
    (finding,) = preflight_without_secret(path).findings
    assert (finding.code, finding.found) == ("E208", "holds a private key")
    assert "carrier.extra[0].value" in finding.place


def test_a_seal_of_another_secret_is_refused(profile: Path, tmp_path: Path) -> None:
    other = sealed(profile_in(tmp_path / "other", OTHER_SECRET), "line1")
    ours = replace(sealed(profile, "line1"), sealed=other.sealed, seal_code=other.seal_code)
    error = refused("line1", ours, tmp_path)
    assert (error.code, "another product secret" in error.detail) == ("E211", True)


def test_a_seal_of_other_confidential_images_is_refused(with_key: Path, tmp_path: Path) -> None:
    ours, inputs = sealed(with_key, "line1"), inputs_of(with_key)
    for images in ({}, {"cert": b"other"}, {**inputs.images, "more": b"x"}):
        other = replace(ours, sealed=())
        other = add_seal(other, replace(inputs, images=images), [recipient("line1")])
        error = refused("line1", other, tmp_path)
        assert (error.code, "other confidential images" in error.detail) == ("E211", True)


def test_a_seal_of_another_release_with_the_same_secret_is_refused(
    profile: Path, tmp_path: Path
) -> None:
    later = profile_in(tmp_path / "later")
    later.write_text(later.read_text().replace("1.2.0", "1.3.0"))
    other = sealed(later, "line1")
    ours = replace(sealed(profile, "line1"), sealed=other.sealed, seal_code=other.seal_code)
    assert refused("line1", ours, tmp_path).code == "E211"


def test_a_part_for_another_station_is_not_changed_added_moved_or_taken_away_unseen(
    profile: Path, tmp_path: Path
) -> None:
    ours = add_seal(sealed(profile, "line1"), inputs_of(profile), [recipient("line2")])
    first, second = ours.sealed
    for parts in (
        (first, second[:-1] + b"x"),
        (first, second, second),
        (second, first),
        (first,),
    ):
        error = refused("line1", replace(ours, sealed=parts), tmp_path)
        assert (error.code, "changed, added, moved" in error.detail) == ("E211", True)


@pytest.mark.parametrize(
    "plain",
    [b"", b"{}", b"[]", b"null", b'{"product_secret":1,"parts":{}}', b"[" * 100_000]
    + [b'{"product_secret":"%s","parts":{}}' % text for text in (b"*", b"")]
    + [b'{"product_secret":"eA==","parts":[]}', b'{"product_secret":"eA==","parts":{"a":1}}'],
)
def test_a_seal_that_burner_never_made_is_refused(
    profile: Path, tmp_path: Path, plain: bytes
) -> None:
    ours = sealed(profile, "line1")
    crafted = age.encrypt(Secret(plain), [recipient("line1")])
    assert refused("line1", replace(ours, sealed=(crafted,)), tmp_path).code == "E211"


def test_a_damaged_seal_is_refused(profile: Path) -> None:
    ours = sealed(profile, "line1")
    (part,) = ours.sealed
    for damaged in (part[:-1], part[:-1] + bytes([part[-1] ^ 1]), part[:50], b"x" + part, b""):
        changed = replace(ours, sealed=(damaged,))
        with pytest.raises(BurnerError, match="E211"):
            open_seal(changed, "7QKX2MPD0C", [identity("line1")], "x.burn")


@pytest.mark.parametrize(
    ("seal", "code"),
    [
        ({}, "E205"),
        ({"key": "0" * 16}, "E205"),
        ({"key": "0" * 16, "product_secret": "x" * 64}, "E205"),
        ({"key": "0" * 16, "product_secret": "0" * 64, "more": ""}, "E205"),
        ("text", "E205"),
        ({"key": "0" * 16, "product_secret": "0" * 64}, "E211"),
    ],
)
def test_a_commitment_of_another_form_is_refused(
    profile: Path, tmp_path: Path, seal: object, code: str
) -> None:
    from burner.core.canonical_json import digest

    ours = sealed(profile, "line1")
    index = {**ours.index, "sealed": seal}
    assert refused("line1", replace(ours, index=index, digest=digest(index)), tmp_path).code == code


@pytest.mark.parametrize(
    "change",
    [
        {"size": 10**12},
        {"size": -1},
        {"size": "1"},
        {"sha256": "0" * 64},
        {"name": "other"},
        {"confidential": False},
    ],
)
def test_a_row_of_a_confidential_image_that_its_profile_does_not_make_is_refused(
    with_key: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    from burner.core.canonical_json import digest

    ours = sealed(with_key, "line1")
    rows = [{**r, **change} if r.get("confidential") else r for r in ours.index["parts"]]
    index = {**ours.index, "parts": rows}
    error = refused("line1", replace(ours, index=index, digest=digest(index)), tmp_path)
    assert error.code in ("E205", "E211")


def test_a_part_that_no_profile_names_is_refused(profile: Path, tmp_path: Path) -> None:
    ours = release_contents(preflight_without_secret(profile))
    more = replace(ours, parts={**ours.parts, "parts/more": b"x"})
    assert refused("line1", more, tmp_path).code == "E205"


def test_a_confidential_image_without_a_seal_is_refused(with_key: Path, tmp_path: Path) -> None:
    ours = release_contents(preflight_without_secret(with_key))
    assert refused("line1", ours, tmp_path).code == "E205"


def test_no_traceback_of_a_refusal_shows_the_secret(with_key: Path, tmp_path: Path) -> None:
    ours = sealed(with_key, "line1")
    wrong = replace(ours, seal_code="0" * 64)
    inputs = inputs_of(with_key)
    for failing in (
        lambda: open_seal(wrong, "7QKX2MPD0C", [identity("line1")], "x"),
        lambda: open_seal(ours, "7QKX2MPD0C", [identity("line9")], "x"),
        lambda: add_seal(ours, inputs, ["age1x"]),
    ):
        try:
            failing()
        except BurnerError as error:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(shown.format())
        assert "inputs = " in text or "contents = " in text
        assert secret_shapes.leaks(text.encode(), SECRET) == []
        assert "AGE-SECRET-KEY" not in text
        assert "kR7xWq2ZpL9v" not in text


def test_a_recipient_is_text_or_the_file_that_a_station_wrote(tmp_path: Path) -> None:
    file = tmp_path / "line1.pub"
    file.write_text(f"# line1\n\n{recipient('line1')}\n")
    assert age.read_recipient(recipient("line1")) == recipient("line1")
    assert age.read_recipient(str(file)) == recipient("line1")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "one recipient"),
        (b"age1abc\n", "line.pub"),
        (b"ssh-ed25519 AAAA", "line.pub"),
        (b"\xff\xfe", "not text"),
        (b"x" * 5000, "larger"),
        (None, "No such file"),
    ],
)
def test_what_is_no_recipient_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "line.pub").write_bytes(content)
    with pytest.raises(BurnerError, match="E213") as caught:
        age.read_recipient(str(tmp_path / "line.pub"))
    assert says in caught.value.detail


def test_a_private_key_named_as_recipient_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(identity("line1").reveal())
    with pytest.raises(BurnerError, match="E213") as caught:
        age.read_recipient(str(tmp_path / "key"))
    assert "private key" in caught.value.detail
    assert identity("line1").reveal().decode() not in str(caught.value)
