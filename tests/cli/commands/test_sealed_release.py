"""A release that brings its secret: from the engineer's profile to two stations."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.secrets.passphrase import PASSPHRASE
from burner.manifest.local import keys
from burner.release.release_file import Contents, unpack
from tests.cli.desk import at_desk, refused, run
from tests.release.sealed import OTHER_SECRET, profile_in

BENCH = ("--bench", "sim:1", "--yes", "--operator", "wang", "--batch", "WO1")
HEALTH = ("doctor", "plug.burn", "--json", "--station")


@pytest.fixture(autouse=True)
def _engineer_and_stations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engineer's profile, and the file that two stations wrote for the engineer."""
    at_desk(tmp_path, monkeypatch)
    monkeypatch.delenv("PLUG_C3_SECRET", raising=False)
    monkeypatch.delenv("BURNER_SECRET", raising=False)
    profile_in(Path("engineer"))
    for station in ("line1", "line2"):
        wrote = run("key", "recipient", "--station", station, "-o", f"{station}.pub").stdout
        assert f"for station {station}: age1" in wrote


def build(*more: str) -> str:
    return run(
        *("release", "build", "engineer/plug.yaml", "--to", "line1.pub", "-o", "plug.burn", *more)
    ).stdout


def contents() -> Contents:
    return unpack(Path("plug.burn").read_bytes(), "plug.burn")


def usage_error(*arguments: str) -> str:
    result = CliRunner().invoke(root, arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


def test_a_station_burns_it_without_the_secret_and_another_one_does_not() -> None:
    assert "sealed for 1 recipient, with product key" in build()
    burned = run("burn", "plug.burn", "--station", "line1", "--json", *BENCH)
    assert [u["outcome"] for u in json.loads(burned.stdout.splitlines()[-1])["units"]] == ["PASS"]
    with refused("E210") as caught:
        run("burn", "plug.burn", "--station", "line2", *BENCH)
    assert run("key", "recipient", "--station", "line2").stdout.strip() in caught.value.detail


def test_the_engineer_seals_it_for_one_more_station_and_its_digest_stays() -> None:
    build()
    before = contents()
    output = run("release", "seal", "plug.burn", "engineer/plug.yaml", "--to", "line2.pub").stdout
    assert "sealed for 1 recipient" in output
    assert "It is sealed 2 times now. The file does not say for whom." in output
    assert contents().digest == before.digest
    assert contents().sealed[:1] == before.sealed
    assert health("line2")["secret"] == ("ok", "is sealed, and line2 opens it")


def test_to_seal_takes_the_secret_of_the_release(tmp_path: Path) -> None:
    build()
    before = Path("plug.burn").read_bytes()
    other = profile_in(tmp_path / "other", OTHER_SECRET)
    seal = ("release", "seal", "plug.burn", str(other), "--to", "line2.pub")
    assert "it has another product secret than plug.burn" in usage_error(*seal)
    assert Path("plug.burn").read_bytes() == before
    run("release", "build", "engineer/plug.yaml", "-o", "open.burn")
    seal = ("release", "seal", "open.burn", "engineer/plug.yaml", "--to", "line2.pub")
    assert "it is not sealed" in usage_error(*seal)


def test_a_release_that_is_there_is_not_sealed_anew_over_its_signatures() -> None:
    build()
    with refused("E206") as caught:
        build()
    assert "the same release with 0 signatures and approvals, 1 seal" in caught.value.detail
    assert "burner release seal" in caught.value.row.do
    forced = run(
        *("release", "build", "engineer/plug.yaml", "--to", "line1.pub", "-o", "plug.burn"),
        "--force",
    )
    assert "had 0 signatures and approvals, 1 seal: they are gone" in forced.stderr


def test_what_names_no_recipient_is_refused_before_anything_is_written() -> None:
    with refused("E213"):
        run("release", "build", "engineer/plug.yaml", "--to", "none.pub", "-o", "plug.burn")
    assert not Path("plug.burn").exists()


def test_a_profile_with_confidential_images_is_built_sealed_only(tmp_path: Path) -> None:
    profile = str(profile_in(tmp_path / "confidential", confidential=True))
    with refused("E215"):
        run("release", "build", profile, "-o", "plug.burn")
    run("release", "build", profile, "-o", "plug.burn", "--to", "line1.pub")
    shown = json.loads(run("release", "show", "plug.burn", "--json").stdout)
    assert shown["sealed"]["key"]
    assert "log_info (data, 0xfe): cert" in {row["what"] for row in shown["flash"]}
    assert run("release", "check", "plug.burn").stdout.split()[-1] == shown["digest"]


def test_another_secret_may_not_be_named_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    with refused("E212"):
        run("burn", "plug.burn", "--station", "line1", "--secret", "env:X", *BENCH)
    monkeypatch.setenv("BURNER_SECRET", "env:X")
    with refused("E212"):
        run("batch", "open", "plug.burn", "--operator", "wang", "--station", "line1")
    assert health("line1")["secret"][0] == "fail"


def test_a_batch_is_opened_with_its_product_key_at_a_desk_that_cannot_open_the_seal() -> None:
    build()
    opened = run(
        *("batch", "open", "plug.burn", "--operator", "wang", "--station", "desk", "--batch", "B")
    )
    assert opened.stderr == ""
    (batch,) = json.loads(run("batch", "list", "--json").stdout)
    assert batch["key"] == contents().index["sealed"]["key"]


def test_doctor_says_whether_this_station_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    assert health("line1")["secret"] == ("ok", "is sealed, and line1 opens it")
    assert health("line2")["secret"][0] == "fail"
    keys.make_key("line1", "right")
    check = health("line1")["secret"]
    assert check == ("ok", "is sealed; the passphrase will be asked for at the start")
    monkeypatch.setenv(PASSPHRASE, "wrong")
    assert health("line1")["secret"][0] == "fail"


def health(station: str) -> dict[str, tuple[str, str]]:
    rows = json.loads(CliRunner().invoke(root, [*HEALTH, station]).stdout)
    return {check["what"]: (check["state"], check["detail"]) for check in rows}


def test_the_station_file_names_the_station() -> None:
    Path("station.yaml").write_text("station: line2\nslots:\n  '1': {esp: {url: 'socket://x:1'}}\n")
    shown = run("key", "recipient", "--station-file", "station.yaml").stdout.strip()
    assert shown == run("key", "recipient", "--station", "line2").stdout.strip()


def test_the_recipient_is_shown_and_written_for_the_engineer() -> None:
    shown = run("key", "recipient", "--station", "line1").stdout.strip()
    assert Path("line1.pub").read_text() == f"# line1\n{shown}\n"
    run("batch", "open", "engineer/plug.yaml", "--operator", "wang", "--station", "line1")
    keys_shown = run("key", "show", "--station", "line1").stdout
    assert f"Releases are sealed for line1 with {shown}" in keys_shown
    as_json = json.loads(run("key", "show", "--station", "line1", "--json").stdout)
    assert as_json["recipient"] == shown
    assert json.loads(run("key", "show", "--station", "qa", "--json").stdout)["recipient"] == ""
    assert run("key", "recipient", "--station", "line1", "--new").stdout.strip() != shown
