"""Keys that are lost, rotated or locked: the commands that a person needs then."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import PASSPHRASE
from burner.manifest.local import keys
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import burned, open_batch
from tests.runs import PROFILE

WHO = ("--operator", "wang", "--station", "line1")
MORE = ("batch", "raise", "WO1", "--reason", "more", *WHO, "--quantity")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of one unit; the state folder of a second station beside it."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, quantity=3)
        burned(ledger, 1, batch="WO1")
    return tmp_path


def own(station: str) -> str:
    shown = json.loads(run("key", "show", "--station", station, "--json").stdout)
    return str(shown["own"])


def own_key_of_new_station(station: str) -> str:
    run("key", "make", station)
    return own(station)


def break_key(folder: Path, station: str) -> None:
    for file in (folder / "state" / "keys" / station).glob("*.pem"):
        file.unlink()


def test_a_new_key_for_sealed_releases_is_never_made_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk(tmp_path, monkeypatch)
    assert "sealed for it stays closed" not in run("key", "make", "line1").output
    folder = tmp_path / "state" / "keys" / "line1"
    before = (folder / "recipient.pub").read_text()
    assert "sealed for it stays closed" not in run("key", "make", "line1", "--again").output
    assert (folder / "recipient.pub").read_text() == before
    (private,) = folder.glob("*.age")
    for damaged in (private, folder / "recipient.pub"):
        damaged.write_text("no key")
        assert "sealed for it stays closed" in " ".join(
            run("key", "make", "line1", "--again").stderr.split()
        )


def test_a_lost_key_is_made_again_let_in_by_another_station_and_withdrawn(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = own("line1")
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        run("key", "make", "line2")
        second = own("line2")
    run("key", "enroll", second, "--owner", "line2", *WHO)
    break_key(here, "line1")
    with pytest.raises(BurnerError) as caught:
        run(*MORE, "4")
    assert caught.value.code == "E722"
    assert "key make STATION --again" in caught.value.row.do
    with refused("E728"):
        run("key", "make", "line1")
    run("key", "make", "line1", "--again")
    new = own("line1")
    with pytest.raises(BurnerError, match=r"^E757: ") as caught:
        run(*MORE, "4")
    assert new in str(caught.value)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        desk = ("--station", "line2", "--operator", "li")
        run("key", "enroll", new, "--owner", "line1", *desk)
        run("key", "withdraw", origin.split("+")[1], *desk, "--reason", "lost")
    run(*MORE, "4")
    run("manifest", "verify", "--key", origin)


def test_where_all_keys_are_lost_a_new_log_names_the_last_head_of_the_old(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run("manifest", "head").stdout
    with monkeypatch.context() as once:
        once.setenv(PASSPHRASE, "known once")
        run("key", "rotate", "--passphrase", *WHO, "--reason", "safer")
    with refused("E749"):
        run(*MORE, "4")
    run("key", "make", "line1", "--again")
    with refused("E757"):
        run(*MORE, "4")
    output = run("manifest", "restore", *WHO, "--reason", "nobody knows the passphrase").stdout
    assert f"in place of {old.split()[1]}" in output
    assert "No record that this computer knows of is lost." in output
    with Ledger.open("manifest.db", "line1") as ledger, refused("E450"):
        burned(ledger, 5, name="7cdfa1000001")
    run("manifest", "export", "--format", "log", "-o", "all.log")
    (begun,) = (line for line in Path("all.log").read_text().splitlines() if "log-begun" in line)
    assert json.loads(begun[2:])["continues"][0]["origin"] == old.split()[1]
    run("manifest", "verify")


def test_a_key_is_written_one_way_wherever_it_is_reported(here: Path) -> None:
    made = run("key", "make", "qa").stdout
    assert f"burner.witness/qa+{keys.witness_signer('qa').key.id.hex()}+" in made
    rotated = run("key", "rotate", *WHO, "--reason", "yearly").stdout
    assert f"key {own('line1').split('+')[1]} of line1 signs" in rotated


def test_a_name_that_is_no_station_enrolls_and_withdraws_no_key(here: Path) -> None:
    line2 = own_key_of_new_station("line2")
    wrong = ("--operator", "wang", "--station", "lin1")
    for command in (
        ("key", "enroll", line2, "--owner", "line2"),
        ("key", "withdraw", own("line1").split("+")[1], "--reason", "lost"),
        ("key", "rotate", "--reason", "yearly"),
    ):
        with refused("E721"):
            run(*command, *wrong)
    shown = json.loads(run("key", "show", "--station", "line1", "--json").stdout)
    assert [row["owner"] for row in shown["keys"]] == ["line1"]


def test_a_station_file_names_the_station_and_the_manifest_of_its_policy(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "paper-lamp-anchor-violin")
    run("key", "pair", "alice.pem")
    monkeypatch.delenv(PASSPHRASE)
    Path("line1.yaml").write_text(
        "station: line1\nslots: {'1': {esp: {url: /dev/ttyUSB0}}}\n"
        "accept: {manifest: manifest.db, signers: {alice: alice.pub}}\n"
    )
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    file = ("--station-file", "../line1.yaml")
    assert json.loads(run("batch", "list", "--json", *file).stdout)[0]["batch"] == "WO1"
    run("batch", "raise", "WO1", "--quantity", "4", "--operator", "wang", "--reason", "more", *file)
    assert "4 planned" in run("batch", "status", "WO1", *file).stdout
    assert json.loads(run("key", "show", "--json", *file).stdout)["own"]
    monkeypatch.setenv("BURNER_MANIFEST", "other.db")
    with refused("E231"):
        run("batch", "status", "WO1", *file)


def test_the_variable_of_the_passphrase_alone_encrypts_no_key_of_a_station(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "paper-lamp-anchor-violin")
    for command in (
        ("key", "make", "line2"),
        ("key", "rotate", *WHO, "--reason", "yearly"),
    ):
        assert "It has no passphrase" in run(*command).stdout
    monkeypatch.delenv(PASSPHRASE)
    run(*MORE, "4")


def test_a_wrong_passphrase_at_the_first_start_leaves_no_manifest_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk(tmp_path, monkeypatch)
    keys.make_key("line1", "right")
    monkeypatch.setenv(PASSPHRASE, "wrong")
    opens = ("batch", "open", str(PROFILE), "--batch", "WO1", *WHO)
    with refused("E748"):
        run(*opens)
    assert [*tmp_path.glob("manifest.db*")] == []
    monkeypatch.setenv(PASSPHRASE, "right")
    run(*opens)
    run("manifest", "verify")


def test_a_withdrawal_that_is_hidden_stops_a_station_that_knows_of_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        run("key", "make", "line2")
        stolen = own("line2")
    run("key", "enroll", stolen, "--owner", "line2", *WHO)
    run("key", "withdraw", stolen.split("+")[1], *WHO, "--reason", "stolen")
    with closing(sqlite3.connect("manifest.db")) as connection:
        connection.execute("DROP TRIGGER records_keep_UPDATE")
        connection.execute("UPDATE records SET kind = 'outcome' WHERE kind = 'key-withdrawn'")
        connection.execute("UPDATE keys SET withdrawn = -1")
        connection.commit()
    with pytest.raises(BurnerError, match=r"^E713: .*record of a key .* is hidden"):
        run(*MORE, "4")
