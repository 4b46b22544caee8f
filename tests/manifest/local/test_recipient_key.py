"""The key for sealed releases: made with a station's signing key, and protected as that is."""

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import PASSPHRASE, PromptPassphrase
from burner.manifest.local import keys
from burner.manifest.local.recipient_key import has_recipient, recipient
from burner.manifest.local.state_folder import state_folder
from burner.manifest.writing.key_rotation import rotate_station_key
from burner.manifest.writing.ledger import Ledger
from burner.release import age
from tests.core.secrets.test_secret import Ring


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))


def answered(passphrase: str) -> PromptPassphrase:
    return lambda _question: passphrase


def opens(station: str, passphrase: str = "") -> bool:
    """Whether the station opens what is sealed for its recipient."""
    prompt = answered(passphrase) if passphrase else None
    (held,) = keys.station_identities(station, prompt)
    return age.recipient_of(held) == recipient(station)


def files_of(station: str) -> dict[str, bytes]:
    folder = state_folder() / "keys" / station
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def private_file(station: str) -> Path:
    (path,) = (state_folder() / "keys" / station).glob("*.age")
    return path


def test_it_is_made_with_the_signing_key_as_an_identity_file_that_age_reads() -> None:
    keys.station_signer("line1")
    assert opens("line1")
    assert private_file("line1").read_text().startswith("AGE-SECRET-KEY-1")
    assert keys.station_recipient("line1") == recipient("line1")


def test_a_station_that_never_burned_gets_both_keys_at_once() -> None:
    assert not keys.has_key("line1")
    assert keys.station_recipient("line1").startswith("age1")
    assert keys.has_key("line1")
    assert opens("line1")


@pytest.mark.skipif(os.name == "nt", reason="Windows protects the folders of an account itself")
def test_nobody_but_the_account_may_read_its_file() -> None:
    keys.make_key("line1")
    assert private_file("line1").stat().st_mode & 0o077 == 0


def test_a_key_that_was_made_earlier_gets_one_on_demand_under_its_passphrase() -> None:
    keys.make_key("line1", "right")
    for path in (private_file("line1"), state_folder() / "keys/line1/recipient.pub"):
        path.unlink()
    assert keys.station_identities("line1") == ()
    with pytest.raises(BurnerError, match="E749"):
        keys.station_recipient("line1")
    assert not has_recipient("line1")
    keys.station_recipient("line1", answered("right"))
    assert opens("line1", "right")


def test_under_a_passphrase_it_needs_that_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.make_key("line1", "right")
    assert b"AGE-SECRET-KEY" not in b"".join(files_of("line1").values())
    assert opens("line1", "right")
    with pytest.raises(BurnerError, match="E748"):
        opens("line1", "wrong")
    with pytest.raises(BurnerError, match="E749"):
        opens("line1")
    monkeypatch.setenv(PASSPHRASE, "right")
    assert opens("line1")


def test_with_the_keyring_it_needs_the_keyring(ring: Ring) -> None:
    keys.make_key("line1", in_keyring=True)
    assert b"AGE-SECRET-KEY" not in b"".join(files_of("line1").values())
    assert opens("line1")
    ring.stored.clear()
    with pytest.raises(BurnerError, match="E722"):
        opens("line1")


def test_what_a_question_is_not_needed_for_stays_when_the_signing_key_is_made_again() -> None:
    keys.make_key("line1")
    before = recipient("line1")
    keys.make_key("line1", "right")
    assert recipient("line1") == before
    assert opens("line1", "right")
    keys.make_key("line1", "other")
    assert recipient("line1") != before
    assert opens("line1", "other")


def test_rotation_keeps_it_and_protects_it_as_the_next_signing_key(tmp_path: Path) -> None:
    with Ledger.open(str(tmp_path / "manifest.db"), "line1") as ledger:
        before = recipient("line1")
        for lock in ("first", "second"):
            rotate_station_key(
                ledger,
                wants_passphrase=True,
                in_keyring=False,
                passphrase=lambda _wanted, lock=lock: lock,  # type: ignore[misc]
                prompt_passphrase=answered("first"),
                operator="wang",
                reason="tried",
            )
            assert recipient("line1") == before
            assert opens("line1", lock)
            assert b"AGE-SECRET-KEY" not in b"".join(files_of("line1").values())


def test_another_one_opens_nothing_that_was_sealed_before() -> None:
    keys.make_key("line1")
    before = recipient("line1")
    assert keys.station_recipient("line1", new=True) != before
    assert opens("line1")


@pytest.mark.parametrize(
    "content", [b"", b"text", b"AGE-SECRET-KEY-1QQQ", b"age-encryption.org/v1"]
)
def test_a_damaged_key_is_said_with_what_to_do(content: bytes) -> None:
    keys.make_key("line1")
    private_file("line1").write_bytes(content)
    with pytest.raises(BurnerError, match="E214") as caught:
        opens("line1")
    assert "burner key recipient --station NAME --new" in caught.value.row.do


def test_a_key_of_another_recipient_is_refused() -> None:
    keys.make_key("line1")
    private_file("line1").write_bytes(age.new_identity().reveal())
    with pytest.raises(BurnerError, match="another key"):
        opens("line1")


@pytest.mark.parametrize("name", ["recipient.pub", "the private half"])
def test_a_file_that_is_gone_or_no_file_is_said(name: str) -> None:
    keys.make_key("line1")
    path = private_file("line1")
    if name == "recipient.pub":
        path = path.with_name(name)
    path.unlink()
    path.mkdir()
    with pytest.raises(BurnerError, match="E214"):
        opens("line1")


def test_without_a_state_folder_there_is_none() -> None:
    assert keys.station_identities("line1") == ()
    with pytest.raises(BurnerError, match="E726"):
        keys.station_identities(" ")
