"""Keys on a computer: whose they are, which one signs, and which one a chain gives up."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.ledger import Ledger
from burner.manifest.local.state import as_file_name
from burner.manifest.signing import keys
from burner.manifest.signing.keys import PublicKey
from burner.manifest.signing.seals import KeyOp
from burner.manifest.signing.withdrawal import withdraw
from tests.manifest.records import Ticking

WORDS = "open sesame"
WHO = {"operator": "wang", "reason": "dead disk"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own."""
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv(keys.PASSPHRASE, WORDS)
    return tmp_path / "state"


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


# -- whose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", ["", "  ", "line\n1", "\udcff", "x" * 300, "\x1b[2J"])
def test_a_name_that_nobody_has_gets_no_key(owner: str, state: Path) -> None:
    with refused("E726"):
        keys.make(owner, WORDS)
    assert not state.exists()


@pytest.mark.parametrize(
    "owner", ["..", ".", "../line1", "a/b", "a\\b", "con", "NUL.x", "a.", "王"]
)
def test_every_owner_has_a_folder_of_its_own_inside_the_keys(owner: str, state: Path) -> None:
    made = keys.make(owner, WORDS).public
    (folder,) = (state / "keys").iterdir()
    assert unquote(folder.name) == owner
    assert {file.name for file in folder.iterdir()} == {
        "current",
        f"{made.id}.pem",
        f"{made.id}.pub.pem",
    }
    assert keys.unlock(owner).public == made


@given(st.text(min_size=1))
def test_a_file_name_leads_nowhere_and_gives_its_text_back(text: str) -> None:
    try:
        name = as_file_name(text)
    except UnicodeEncodeError:
        return
    assert unquote(name) == text
    assert Path(name).name == name
    assert not name.endswith(".")


# -- which ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"deadbeef", b"\xff", b"", b"../../x", b"0123456789abcdef"])
def test_a_damaged_note_of_the_current_key_is_told(content: bytes, state: Path) -> None:
    keys.make("line1", WORDS)
    (state / "keys" / "line1" / "current").write_bytes(content)
    for ask in (keys.current, keys.required, keys.unlock, keys.signer_for):
        with refused("E722"):
            ask("line1")


def test_a_damaged_note_says_which_keys_there_are_and_may_be_mended(state: Path) -> None:
    made = keys.make("line1", WORDS).public
    note = state / "keys" / "line1" / "current"
    note.write_bytes(b"")
    with pytest.raises(BurnerError, match=made.id):
        keys.unlock("line1")
    note.write_text(made.id + "\n")
    assert keys.unlock("line1").public == made


def test_a_public_half_that_was_exchanged_is_told(state: Path) -> None:
    made, other = keys.make("line1", WORDS).public, keys.make("qa", WORDS).public
    (state / "keys" / "line1" / f"{made.id}.pub.pem").write_text(other.pem())
    with refused("E722"):
        keys.current("line1")


def test_a_prepared_key_signs_nothing_until_it_is_adopted() -> None:
    old = keys.make("line1", WORDS).public
    new = keys.prepare("line1", WORDS).public
    assert keys.unlock("line1").public == old
    keys.adopt("line1", new)
    assert keys.unlock("line1").public == new


# -- which one a chain gives up -------------------------------------------------------------------


@pytest.fixture
def made(path: Path) -> PublicKey:
    """A key that signed in a chain, whose computer is gone."""
    signer = keys.make("line1", WORDS)
    with Ledger.open(path, "line1", Ticking()) as ledger:
        desk.checkpoint(ledger.writer, signer, "on demand")
    keys.forget("line1")
    return signer.public


def lost(path: Path, key_id: str = "", own: PublicKey | None = None) -> str:
    with Ledger.open(path, "line1") as ledger:
        return withdraw(ledger.writer, KeyOp.LOST, key_id=key_id, own=own, **WHO).id


def test_a_lost_key_is_taken_from_the_chain(path: Path, made: PublicKey) -> None:
    assert lost(path) == made.id


def test_a_new_key_is_not_declared_lost_in_the_place_of_the_old_one(
    path: Path, made: PublicKey
) -> None:
    assert lost(path, own=keys.make("line1", WORDS).public) == made.id


def test_of_two_keys_that_stand_in_a_chain_one_must_be_named(path: Path, made: PublicKey) -> None:
    new = keys.make("line1", WORDS)
    with Ledger.open(path, "line1") as ledger:
        desk.checkpoint(ledger.writer, new, "on demand")
    with pytest.raises(BurnerError, match=f"^E727: .*{made.id} .stands.*{new.public.id} .stands"):
        lost(path)
    assert lost(path, made.id) == made.id
    assert lost(path) == new.public.id


def test_a_key_that_was_handed_over_is_not_meant_but_may_be_named(
    path: Path, made: PublicKey
) -> None:
    keys.adopt("line1", made)
    old, new = keys.unlock("line1"), keys.prepare("line1", WORDS).public
    with Ledger.open(path, "line1") as ledger:
        desk.rotate(ledger.writer, old, new, **WHO)
    assert lost(path) == new.id
    assert lost(path, made.id) == made.id


def test_a_key_is_withdrawn_once_and_only_one_that_there_is(path: Path, made: PublicKey) -> None:
    with refused("E727"):
        lost(path, "0123456789abcdef")
    lost(path)
    with refused("E727"):
        lost(path)
    with refused("E727"):
        lost(path, made.id)


def test_a_key_that_signed_nothing_yet_may_be_lost_too(path: Path) -> None:
    with refused("E721"):
        lost(path)
    own = keys.make("line1", WORDS).public
    assert lost(path, own=own) == own.id


def test_nobody_withdraws_a_key_without_name_and_reason(path: Path, made: PublicKey) -> None:
    with Ledger.open(path, "line1") as ledger, refused("E731"):
        withdraw(ledger.writer, KeyOp.REVOKED, operator=" ", reason="x")
