"""A station with a policy: what it refuses before anything else happens, and with which words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from burner.station.fixture import fixed_file
from tests.cli.station_with_policy import (
    burn,
    open_batch,
    write_release,
    write_station,
)
from tests.images import write_product
from tests.in_process import Completed, run_burner

Command = Callable[..., Completed]
BOTH = pytest.mark.parametrize("command", [burn, open_batch], ids=["burn", "batch open"])


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    return write_station(tmp_path)


def untouched(folder: Path) -> bool:
    """Whether no manifest, no log and no key was made."""
    return not any((folder / name).exists() for name in ("manifest.db", "logs", "state"))


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
    assert untouched(tmp_path)


def test_a_fixed_station_file_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
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
        ({"released": "true"}, "released"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, accept: dict[str, str], words: str
) -> None:
    ran = burn(
        tmp_path, write_product(tmp_path), "--station-file", write_station(tmp_path, **accept)
    )
    assert (ran.returncode, words in ran.stderr) == (3, True), ran.stderr


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
    ran = run_burner(tmp_path, "doctor", "--station-file", station, "--bench", "sim:1", "--json")
    checks = {check["what"]: check for check in json.loads(ran.stdout)}
    assert checks["policy"]["detail"].endswith("signers alice, 1 of the approvers bob, carol")
    assert checks["policy on record"]["state"] == "ok"
    assert (checks["account"]["state"], checks["account"]["code"]) == ("fail", "E235")
    assert checks["fixed station file"]["state"] == "warn"
    assert checks["signing key"]["detail"].startswith("line1")


def test_doctor_refuses_what_burn_would_refuse(tmp_path: Path, station: Path) -> None:
    how = ("--station-file", station, "--bench", "sim:1", "--json")
    ran = run_burner(tmp_path, "doctor", write_product(tmp_path), *how)
    checks = {check["what"]: check for check in json.loads(ran.stdout)}
    assert checks["station file"]["code"] == "E229"


def test_without_a_policy_nothing_is_asked(tmp_path: Path) -> None:
    assert burn(tmp_path, write_product(tmp_path)).returncode == 0
