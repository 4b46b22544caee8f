"""A secret comes from where its reference points, and does not get out."""

import copy
import json
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import keyring
import keyring.backend
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.errors import KeyringLocked

from burner.core.errors import BurnerError
from burner.core.secrets.reference import SecretReference, SecretSource, parse_reference, resolve
from burner.core.secrets.secret import Secret
from burner.platforms.tencent import RULES

PLAIN = "8XzjN8rfgFVGDTNTUGau4snA"
SECRET = Secret(PLAIN.encode())


@dataclass(frozen=True)
class Holder:
    name: str
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{!r:>40}".format,
        "%s".__mod__,
        lambda secret: repr(Holder("x", secret)),
        lambda secret: repr(asdict(Holder("x", secret))),
        lambda secret: repr([copy.copy(secret), copy.deepcopy(secret)]),
        lambda secret: repr({name: getattr(secret, name) for name in secret.__slots__}),
        lambda secret: str(hash(secret)),
        lambda secret: secret.fingerprint("S3EUVBRJLB"),
    ],
)
def test_no_form_of_a_secret_shows_it(show: Callable[[Secret], str]) -> None:
    text = show(SECRET)
    assert PLAIN not in text
    assert PLAIN.encode().hex() not in text


@pytest.mark.parametrize("leak", [pickle.dumps, json.dumps, vars, bytes, list, len, dict])
def test_a_secret_cannot_be_taken_apart(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leak(SECRET)
    assert PLAIN not in "".join(traceback.format_exception(caught.value))


def test_a_secret_does_not_change() -> None:
    with pytest.raises(AttributeError):
        SECRET.reveal = lambda: b""


def test_equal_secrets_are_equal_and_nothing_else_is() -> None:
    assert Secret(PLAIN.encode()) == SECRET
    assert Secret(b"another") != SECRET
    assert PLAIN.encode() != SECRET
    assert len({SECRET, Secret(PLAIN.encode()), Secret(b"another")}) == 2


def test_a_copy_is_the_same_secret() -> None:
    assert copy.deepcopy(Holder("x", SECRET)).secret.reveal() == PLAIN.encode()


def test_a_fingerprint_tells_secrets_apart_within_one_context() -> None:
    assert SECRET.fingerprint("A") == Secret(PLAIN.encode()).fingerprint("A")
    assert SECRET.fingerprint("A") != Secret(b"another").fingerprint("A")
    assert SECRET.fingerprint("A") != SECRET.fingerprint("B")
    assert len(SECRET.fingerprint("A")) == 16


def test_every_form_of_reference_is_read() -> None:
    assert parse_reference("env:PLUG_SECRET") == SecretReference(SecretSource.ENV, "PLUG_SECRET")
    assert parse_reference("file:../key") == SecretReference(SecretSource.FILE, "../key")
    assert parse_reference("keyring:burner/plug/1") == SecretReference(
        SecretSource.KEYRING, "burner/plug/1"
    )
    assert parse_reference("prompt") == SecretReference(SecretSource.PROMPT)
    assert [str(parse_reference(text)) for text in ("env:A", "prompt")] == ["env:A", "prompt"]


@pytest.mark.parametrize(
    "literal", [PLAIN, f"env:{PLAIN[:3]} {PLAIN}", "env:", "file:", "keyring:x", "prompt:", "", ":"]
)
def test_what_is_no_reference_is_refused_and_not_repeated(literal: str) -> None:
    with pytest.raises(BurnerError) as caught:
        parse_reference(literal)
    assert caught.value.code == "E150"
    assert PLAIN not in str(caught.value)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    with suppress(BurnerError):
        assert str(parse_reference(text)) == text


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLUG_SECRET", PLAIN)
    assert resolve("env:PLUG_SECRET", tmp_path) == SECRET


@pytest.mark.parametrize("value", [None, ""])
def test_an_absent_variable_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if value is None:
        monkeypatch.delenv("PLUG_SECRET", raising=False)
    else:
        monkeypatch.setenv("PLUG_SECRET", value)
    with pytest.raises(BurnerError, match="PLUG_SECRET") as caught:
        resolve("env:PLUG_SECRET", tmp_path)
    assert caught.value.code == "E151"


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_from_a_file_beside_the_profile(ending: bytes, tmp_path: Path) -> None:
    private(tmp_path / "key", PLAIN.encode() + ending)
    assert resolve("file:key", tmp_path) == SECRET


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_open_is_refused(mode: int, tmp_path: Path) -> None:
    private(tmp_path / "key", PLAIN.encode()).chmod(mode)
    with pytest.raises(BurnerError) as caught:
        resolve("file:key", tmp_path)
    assert caught.value.code == "E153"
    assert "chmod 600" in caught.value.row.do
    assert PLAIN not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 5000])
def test_a_file_that_holds_no_secret_is_refused(content: bytes, tmp_path: Path) -> None:
    private(tmp_path / "key", content)
    with pytest.raises(BurnerError) as caught:
        resolve("file:key", tmp_path)
    assert caught.value.code == "E152"


def test_a_missing_file_a_folder_and_a_fifo_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    names = ["missing", "folder"]
    if os.name == "posix":
        os.mkfifo(tmp_path / "fifo", 0o600)
        names.append("fifo")
    for name in names:
        with pytest.raises(BurnerError, match=name) as caught:
            resolve(f"file:{name}", tmp_path)
        assert caught.value.code == "E152"


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.stored = {("burner", "plug"): PLAIN}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.stored.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.stored[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ours = keyring.get_keyring(), Ring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def test_from_the_keyring(ring: Ring, tmp_path: Path) -> None:
    assert resolve("keyring:burner/plug", tmp_path) == SECRET


@pytest.mark.parametrize("locked", [False, True])
def test_a_keyring_that_does_not_give_it_is_named(locked: bool, ring: Ring, tmp_path: Path) -> None:
    ring.locked = locked
    with pytest.raises(BurnerError, match="burner/lamp") as caught:
        resolve("keyring:burner/lamp", tmp_path)
    assert caught.value.code == "E154"


def test_from_a_person(tmp_path: Path) -> None:
    assert resolve("prompt", tmp_path, lambda: PLAIN) == SECRET


@pytest.mark.parametrize("ask", [None, lambda: ""])
def test_nobody_to_ask_is_said(ask: Callable[[], str] | None, tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as caught:
        resolve("prompt", tmp_path, ask)
    assert caught.value.code == "E155"


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("E156", "short"),
        ("E156", "x" * 33),
        ("E156", "8XzjN8rfgFVG DTNTUGau4sn"),
        ("E156", "密钥密钥密钥密钥"),
        ("E156", "\udcff" * 8),
        *(("E157", text) for text in sorted(RULES.placeholders)),
    ],
)
def test_what_cannot_be_a_product_secret_is_refused_unseen(
    code: str, plain: str, tmp_path: Path
) -> None:
    (finding,) = RULES.check_secret(resolve("prompt", tmp_path, lambda: plain), "prompt")
    assert (finding.code, finding.warning) == (code, False)
    assert plain not in str(finding)


def test_an_unusual_product_secret_is_a_warning() -> None:
    (finding,) = RULES.check_secret(Secret(b"0123456789abcdef"), "prompt")
    assert (finding.code, finding.warning) == ("E158", True)
    assert "found 16 characters; expected 24 letters and digits" in finding.line()
    assert RULES.check_secret(SECRET, "prompt") == []
