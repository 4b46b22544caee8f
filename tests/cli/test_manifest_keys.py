"""`burner manifest keys`: followed as the documentation says, and when something fails midway."""

import shutil
from pathlib import Path

import pytest
from burner.manifest.signing import keys

from burner.errors import BurnerError
from burner.manifest.ledger import Ledger
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import burned, open_batch

WHO = ("--operator", "wang", "--station", "line1", "--reason", "yearly")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest, a state folder and a station's key."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, planned=1)
        burned(ledger, 1, batch="WO1")
    run("keys", "make", "line1", "--out", "line1.pem")
    run("checkpoint", "--station", "line1")
    return tmp_path


def key_of(owner: str) -> str:
    return run("keys", "show", owner).stdout.split()[1]


def test_where_the_public_half_cannot_be_written_no_key_is_made(here: Path) -> None:
    with refused("E729"):
        run("keys", "make", "qa", "--out", "nowhere/qa.pem")
    with refused("E736"):
        run("keys", "make", "qa", "--out", "line1.pem")
    assert keys.current("qa") is None
    before = key_of("line1")
    with refused("E729"):
        run("keys", "rotate", *WHO, "--out", "nowhere/next.pem")
    assert key_of("line1") == before
    run("verify", "--key", "line1.pem")


def test_a_key_that_cannot_be_made_leaves_no_empty_file(here: Path) -> None:
    with refused("E726"):
        run("keys", "make", "\x07", "--out", "bell.pem")
    assert not Path("bell.pem").exists()


def test_a_rotation_that_is_not_on_record_leaves_the_old_key_signing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key_of("line1")

    def full(*_: object, **__: object) -> None:
        raise BurnerError("E705", "disk full")

    with monkeypatch.context() as patch, refused("E705"):
        patch.setattr("burner.manifest.desk.rotate", full)
        run("keys", "rotate", *WHO, "--out", "next.pem")
    assert key_of("line1") == before
    assert not Path("next.pem").exists()
    run("checkpoint", "--station", "line1")
    run("verify", "--key", "line1.pem")


def test_a_rotated_key_is_told_and_vouched_for_by_the_old_one(here: Path) -> None:
    run("keys", "rotate", *WHO, "--out", "next.pem")
    assert keys.read_public(Path("next.pem")).id == key_of("line1")
    told = run("verify", "--key", "line1.pem")
    assert key_of("line1") in told.stdout
    assert "Not signed yet" not in told.output


def test_a_batch_that_spans_a_rotation_is_checked_with_both_keys(here: Path) -> None:
    run("keys", "rotate", *WHO, "--out", "next.pem")
    run("batch", "close", "WO1", *WHO[:4], "--out", "evidence")
    run("verify", "evidence", "--key", "line1.pem", "--key", "next.pem")
    run("verify", "evidence", "--key", "line1.pem")  # which vouches for the next one
    with pytest.raises(BurnerError, match=r"^E713: .*give each with --key"):
        run("verify", "evidence", "--key", "next.pem")


def test_a_key_lost_with_its_computer_is_declared_from_another(here: Path) -> None:
    before = key_of("line1")
    shutil.rmtree("state")
    told = run("keys", "lost", *WHO).stdout
    assert f"Key {before} is lost" in told
    assert "burner manifest keys make line1" in told
    run("keys", "make", "line1", "--out", "next.pem")
    run("checkpoint", "--station", "line1")
    run("verify", "--key", "line1.pem", "--key", "next.pem")


def test_a_key_lost_after_the_next_one_was_made_leaves_that_one(here: Path) -> None:
    before = key_of("line1")
    shutil.rmtree("state")
    run("keys", "make", "line1", "--out", "next.pem")
    after = key_of("line1")
    told = run("keys", "lost", *WHO).stdout
    assert f"Key {before} is lost. line1 signs with {after}" in told
    assert key_of("line1") == after


def test_the_head_behind_a_revocation_is_told_so_that_it_cannot_be_cut_off(here: Path) -> None:
    told = run("keys", "revoke", *WHO).stdout
    head = told.partition("Write this head down: ")[2].strip()
    assert head == run("head").stdout.strip()
    run("verify", "--head", head)


def test_a_lost_key_signs_no_more_where_it_was_held(here: Path) -> None:
    run("keys", "lost", *WHO)
    with refused("E721"):
        run("checkpoint", "--station", "line1")


def test_a_damaged_note_of_a_key_is_mended_by_declaring_it_lost(here: Path) -> None:
    (here / "state" / "keys" / "line1" / "current").write_bytes(b"\xff")
    with refused("E722"):
        run("keys", "make", "line1")
    run("keys", "lost", *WHO)
    run("keys", "make", "line1")


def test_a_person_whose_key_is_gone_makes_the_next_one(here: Path) -> None:
    run("keys", "make", "qa")
    before = key_of("qa")
    with refused("E728"):
        run("keys", "make", "qa")
    run("keys", "make", "qa", "--replace")
    assert key_of("qa") != before


def test_answers_are_given_by_name(here: Path) -> None:
    for what in ("old-copy", "clock", "new"):
        with refused("E732"):
            run("acknowledge", what, *WHO)
    for file in here.glob("manifest.db*"):
        file.unlink()
    with refused("E710"):
        run("checkpoint", "--station", "line1")
    told = run("acknowledge", "new", *WHO).stdout
    assert "is in its place" in told
    run("verify")


def test_where_no_manifest_was_there_is_nothing_to_begin_anew(here: Path) -> None:
    with refused("E732"):
        run("acknowledge", "new", *WHO, "--manifest", "typo.db")
    assert not Path("typo.db").exists()


def test_a_mistyped_manifest_is_not_made_by_whoever_means_one(here: Path) -> None:
    before = key_of("line1")
    for words in (
        ("checkpoint", "--station", "line1"),
        ("correct", "void", "7cdfa1000001", *WHO),
        ("keys", "rotate", *WHO),
        ("keys", "lost", *WHO),
        ("acknowledge", *WHO),
        ("acknowledge", "clock", *WHO),
        ("migrate", "--station", "line1"),
    ):
        with refused("E701"):
            run(*words, "--manifest", "typo.db")
    assert not list(here.glob("typo.db*"))
    assert key_of("line1") == before
