"""A station with a policy: what it refuses before anything else happens, and with which words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burner.manifest.reading.reader import ManifestReader
from burner.release.envelope.dsse import open_envelope
from burner.station.fixture import fixed_file
from burner.station.fixture.station_rules import load_rules
from tests.cli.station_with_policy import (
    BENCH,
    PASSPHRASE,
    burn,
    open_batch,
    write_key,
    write_release,
    write_station,
)
from tests.images import write_product
from tests.in_process import Completed, run_burner
from tests.manifest.records import flaws

Command = Callable[..., Completed]
BOTH = pytest.mark.parametrize("command", [burn, open_batch], ids=["burn", "batch open"])


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    return write_station(tmp_path)


def untouched(folder: Path) -> bool:
    """Whether nothing was recorded, and no port was opened."""
    return not any((folder / name).exists() for name in ("manifest.db", "logs"))


@BOTH
@pytest.mark.parametrize(
    ("arguments", "env", "code", "words"),
    [
        (("--secret", "file:other.txt"), {}, "E230", "comes from the release only"),
        ((), {"BURNER_SECRET": "file:other.txt"}, "E230", "remove BURNER_SECRET"),
        (("--manifest", "other.db"), {}, "E231", "manifest.db, by accept in"),
        ((), {"BURNER_MANIFEST": "other.db"}, "E231", "remove BURNER_MANIFEST"),
        (("--station", "line2"), {}, "E233", "line1, by accept in"),
    ],
)
def test_no_option_and_no_variable_goes_round_the_policy(
    tmp_path: Path,
    station: Path,
    command: Command,
    arguments: tuple[str, ...],
    env: dict[str, str],
    code: str,
    words: str,
) -> None:
    ran = command(tmp_path, write_release(tmp_path), "--station-file", station, *arguments, **env)
    assert ran.returncode in (3, 4)
    assert code in ran.stderr
    assert words in ran.stderr.replace("\n", " ")
    assert untouched(tmp_path)


@BOTH
def test_a_profile_is_refused(tmp_path: Path, station: Path, command: Command) -> None:
    ran = command(tmp_path, write_product(tmp_path), "--station-file", station)
    assert (ran.returncode, "E229" in ran.stderr, "product.yaml; accept in" in ran.stderr) == (
        *(3, True, True),
    )
    assert untouched(tmp_path)


def test_no_other_station_puts_the_policy_on_record(tmp_path: Path, station: Path) -> None:
    why = ("--operator", "eng", "--reason", "new", "--station", "line2")
    ran = run_burner(tmp_path, "station", "adopt", station, *why)
    assert (ran.returncode, "E233" in ran.stderr) == (3, True), ran.stderr
    assert not (tmp_path / "state").exists()


def test_verify_keeps_to_the_policy_too(tmp_path: Path, station: Path) -> None:
    how = ("--station-file", station, "--bench", "sim:1")
    for arguments, code in (
        ((write_product(tmp_path),), "E229"),
        ((write_release(tmp_path), "--secret", "prompt"), "E230"),
        (("--manifest", "other.db"), "E231"),
        (("--station", "line2"), "E233"),
    ):
        ran = run_burner(tmp_path, "verify", *arguments, *how)
        assert (ran.returncode, code in ran.stderr) == (3, True), ran.stderr


def test_identify_keeps_to_the_policy_too(
    tmp_path: Path, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = ("--station-file", station, "--bench", "sim:1", "--label", "AGE-SECRET-KEY-1")
    monkeypatch.setattr(fixed_file, "FIXED", station)
    for arguments, code in (
        (("--secret", "file:state/keys/line1/x.age", *how), "E230"),
        ((write_product(tmp_path), *how), "E229"),
        (("--port", "/dev/null"), "E232"),
        (("--station-file", write_station(tmp_path, "mine.yaml")), "E232"),
        (("--bench", "station.yaml"), "E232"),
        (("--bench", "127.0.0.1:1"), "E232"),
        (("--bench", "sim:1,keep=state"), "E232"),
    ):
        ran = run_burner(tmp_path, "identify", *arguments)
        assert (ran.returncode, code in ran.stderr) == (3, True), ran.stderr
    ran = run_burner(tmp_path, "identify", *how, env={"BURNER_SECRET": "file:state/x"})
    assert "E230" in ran.stderr
    assert untouched(tmp_path)


def test_the_fixed_station_file_is_the_one_of_this_computer(
    tmp_path: Path, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed_file, "FIXED", station)
    own = tmp_path / "own"
    own.mkdir()
    mine = write_station(own)
    product = write_product(tmp_path)
    for arguments, code in (
        ((), "E229"),
        (("--station-file", station), "E229"),
        (("--station-file", mine), "E232"),
    ):
        ran = burn(tmp_path, product, *arguments)
        assert (ran.returncode, code in ran.stderr) == (3, True), ran.stderr
    ran = run_burner(tmp_path, "burn", product, "--port", "/dev/null")
    assert "E232" in ran.stderr
    ran = run_burner(tmp_path, "doctor", "--json", "--port", "socket://127.0.0.1:1")
    assert ("E232" in ran.stdout, "E302" in ran.stdout) == (True, False), ran.stdout
    assert untouched(tmp_path)


def test_a_fixed_station_file_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dangling = tmp_path / "dangling"
    try:
        dangling.symlink_to("nowhere")
    except OSError:
        pytest.skip("this account may not make links")
    for odd in (tmp_path, dangling):
        monkeypatch.setattr(fixed_file, "FIXED", odd)
        assert "E195" in burn(tmp_path, write_product(tmp_path)).stderr


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        ({"signers": "{}"}, "signers"),
        ({"signers": "{alice: nobody.pub}"}, "nobody.pub"),
        ({"approvals": "3"}, "3 approvals wanted, of 2"),
        ({"approvers": "{alice: alice.pub}"}, "1 approval wanted, of 0"),
        ({"minimum_versions": "{blinky: new}"}, "'new' of blinky cannot be compared"),
        ({"withdrawn": "[abc]"}, "withdrawn"),
        ({"manifest": ""}, "manifest"),
        ({"manifest": "sqlite:///factory.db"}, "starts from the current folder"),
        ({"released": "true"}, "released"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, accept: dict[str, str], words: str
) -> None:
    ran = burn(
        tmp_path, write_product(tmp_path), "--station-file", write_station(tmp_path, **accept)
    )
    assert (ran.returncode, words in " ".join(ran.stderr.split())) == (3, True), ran.stderr


def test_a_policy_needs_the_name_of_the_station(tmp_path: Path, station: Path) -> None:
    station.write_text(station.read_text().replace("station: line1\n", ""))
    assert "accept without a name" in burn(tmp_path, station, "--station-file", station).stderr


def test_the_policy_can_be_shown(tmp_path: Path, station: Path) -> None:
    shown = run_burner(tmp_path, "station", "policy", station)
    assert shown.returncode == 0, shown.stderr
    for words in ("signer", "alice", "approver", "bob", "and 1 approval.", "not on record yet"):
        assert words in shown.stdout, shown.stdout
    plain = tmp_path / "plain.yaml"
    plain.write_text('slots: {"1": {esp: {location: 9-9}}}')
    assert run_burner(tmp_path, "station", "policy", plain).returncode == 2


def test_doctor_says_that_this_account_could_change_the_policy(
    tmp_path: Path, station: Path
) -> None:
    ran = run_burner(tmp_path, "doctor", "--station-file", station, "--json")
    checks = {check["what"]: check for check in json.loads(ran.stdout)}
    assert checks["policy"]["detail"].endswith("signers alice, 1 of the approvers bob, carol")
    assert checks["policy on record"]["state"] == "ok"
    assert (checks["account"]["state"], checks["account"]["code"]) == ("fail", "E235")
    assert checks["fixed station file"]["state"] == "warn"
    assert checks["signing key"]["detail"].startswith("line1")


def test_doctor_refuses_what_burn_would_refuse(tmp_path: Path, station: Path) -> None:
    how = ("--station-file", station, "--json")
    ran = run_burner(tmp_path, "doctor", write_product(tmp_path), *how)
    checks = {check["what"]: check for check in json.loads(ran.stdout)}
    assert checks["station file"]["code"] == "E229"


def test_an_accepted_release_is_burned_and_the_batch_says_by_whom(
    tmp_path: Path, station: Path
) -> None:
    release = write_release(tmp_path)
    ran = burn(tmp_path, release, "--station-file", station, "--manifest", "manifest.db")
    assert ran.returncode == 0, ran.stderr
    with ManifestReader.open(tmp_path / "manifest.db") as reader:
        row = reader.batch("WO1")
        assert row
        opened = reader.batch_opened(row)
        names = [open_envelope(text.encode()).name for text in opened.envelopes]
        assert names == ["alice", "bob"]
        rules = load_rules(station)
        assert rules
        assert opened.policy == rules.policy.digest
        assert flaws(reader) == []
    shown = run_burner(tmp_path, "station", "policy", station)
    assert "It is in force, by record 1." in shown.stdout
    checked = run_burner(tmp_path, "verify", release, "--station-file", station, *BENCH)
    assert "from its record" in checked.stdout


@pytest.mark.parametrize(
    ("made", "accept", "code"),
    [
        ({"signed": "", "approved": ""}, {}, "E223"),
        ({"signed": ""}, {}, "E224"),
        ({"signed": "bob", "approved": "carol"}, {}, "E225"),
        ({"approved": ""}, {}, "E226"),
        ({}, {"approvals": "2"}, "E226"),
        ({}, {"minimum_versions": "{blinky: 1.3.0}"}, "E227"),
        ({"version": "2026w48"}, {"minimum_versions": "{blinky: 1.3.0}"}, "E234"),
        ({"sealed": False}, {}, "E236"),
    ],
)
def test_what_the_policy_does_not_accept_is_refused_before_anything_is_recorded(
    tmp_path: Path, made: dict[str, Any], accept: dict[str, str], code: str
) -> None:
    release = write_release(tmp_path, **made)
    ran = open_batch(tmp_path, release, "--station-file", write_station(tmp_path, **accept))
    assert (ran.returncode, code in ran.stderr) == (3, True), ran.stderr
    assert not (tmp_path / "manifest.db").exists()


def test_burn_refuses_such_a_release_before_anybody_is_asked(tmp_path: Path, station: Path) -> None:
    ran = burn(tmp_path, write_release(tmp_path, approved=""), "--station-file", station)
    assert (ran.returncode, ran.stderr[:4]) == (3, "E226"), ran.stderr
    assert not (tmp_path / "manifest.db").exists()


def test_a_station_file_that_was_edited_is_refused_by_the_log(
    tmp_path: Path, station: Path
) -> None:
    release = write_release(tmp_path)
    assert open_batch(tmp_path, release, "--station-file", station).returncode == 0
    edited = write_station(tmp_path, approvers="", signers="{alice: alice.pub, bob: bob.pub}")
    ran = open_batch(tmp_path, release, "--station-file", edited)
    assert (ran.returncode, "E764" in ran.stderr) == (4, True), ran.stderr
    assert "the log has a newer policy, or the station file was changed" in ran.stderr
    ran = open_batch(tmp_path, write_product(tmp_path))
    assert (ran.returncode, ran.stderr[:4]) == (4, "E765"), ran.stderr


def test_another_state_folder_has_no_key_for_the_release(tmp_path: Path, station: Path) -> None:
    release = write_release(tmp_path)
    assert open_batch(tmp_path, release, "--station-file", station).returncode == 0
    moved = {"BURNER_STATE": str(tmp_path / "moved")}
    assert "E210" in burn(tmp_path, release, "--station-file", station, **moved).stderr
    another = ("--station-file", station, "--batch", "WO2")
    assert "E757" in open_batch(tmp_path, release, *another, **moved).stderr


def test_a_signer_changes_the_policy_and_withdraws_a_release(
    tmp_path: Path, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = write_release(tmp_path)
    assert open_batch(tmp_path, release, "--station-file", station).returncode == 0
    monkeypatch.setenv("BURNER_KEY_PASSPHRASE", PASSPHRASE)
    alice, mallory = (("--signer", write_key(tmp_path, name)) for name in ("alice", "mallory"))
    changed = write_station(tmp_path, minimum_versions="{blinky: 1.0.0}")
    why = ("--operator", "anna", "--reason", "new rules")
    for by, code in ((), "E763"), (mallory, "E763"), (alice, ""):
        ran = run_burner(tmp_path, "station", "adopt", changed, *why, *by)
        assert (ran.returncode == 0, code in ran.stderr) == (not code, True), ran.stderr
        assert ("no --signer; signers: alice" in ran.stderr) == (not by), ran.stderr
    assert open_batch(tmp_path, release, "--station-file", changed).returncode == 0
    for by, code in ((), "E767"), (mallory, "E767"), (alice, ""):
        ran = run_burner(tmp_path, "release", "withdraw", release, *why, *by, "--station", "desk")
        assert (ran.returncode == 0, code in ran.stderr) == (not code, True), ran.stderr
    ran = open_batch(tmp_path, release, "--station-file", changed)
    assert "E228" in ran.stderr
    verified = run_burner(tmp_path, "manifest", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "is in force, by record 3." in verified.stdout, verified.stdout


def test_without_a_policy_a_signed_release_is_burned_too(tmp_path: Path, station: Path) -> None:
    release = write_release(tmp_path, approved="")
    assert station.exists()
    ran = burn(tmp_path, release, "--station", "line1")
    assert ran.returncode == 0, ran.stderr
