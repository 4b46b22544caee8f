"""`burner profile new` and `check --manifest`, as people use them."""

from pathlib import Path

import pytest

from burner.cli import main
from burner.cli.burn import other_bytes
from burner.cli.new import PRESETS
from burner.manifest.ledger import Ledger
from burner.release import open_release
from burner.scaffold import PRESETS as LAYOUTS
from burner.survey import survey
from tests.builds import write_idf_build
from tests.images import PRODUCT_ID, app_image, write_product
from tests.manifest.records import a_result, an_attempt


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["profile", *map(str, args)])
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.out, said.err


def test_one_command_makes_a_profile_and_says_what_is_left(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    write_idf_build(work / "build")
    status, out, _ = run(capsys, "new", "plug", "--from-idf", "build")
    assert status == 0
    assert "burner profile check profiles/plug.yaml" in out.replace("\\", "/")
    assert "plug.yaml:8 product.id: error E180" in out
    status, out, _ = run(capsys, "check", "profiles/plug.yaml")
    assert status == 3
    assert "2 errors" in out


def test_a_profile_that_is_there_stays_unless_forced(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    place = work / "elsewhere" / "p.yaml"
    assert run(capsys, "new", "plug", "-o", place)[0] == 0
    place.write_text("mine")
    status, _, err = run(capsys, "new", "plug", "-o", place)
    assert status == 3
    assert "E185" in err
    assert place.read_text() == "mine"
    assert run(capsys, "new", "plug", "-o", place, "--force", "--preset", "raw")[0] == 0
    assert "kind: raw" in place.read_text()
    assert list(place.parent.iterdir()) == [place], "nothing else is left there"


def test_any_kind_of_build_is_recognised_by_from(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    write_idf_build(work / "firmware")
    assert run(capsys, "new", "plug", "--from", "firmware")[0] == 0
    (work / "empty").mkdir()
    status, _, err = run(capsys, "new", "lamp", "--from", "empty")
    assert status == 3
    assert "E181" in err
    assert not (work / "profiles" / "lamp.yaml").exists()


@pytest.mark.parametrize("name", ["Plug", "plug/../x", "", "-x", "x" * 41])
def test_a_name_that_no_product_can_have_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(capsys, "new", "--", name)[0] == 2


def test_two_sources_are_a_usage_error(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    assert run(capsys, "new", "plug", "--from", ".", "--from-idf", ".")[0] == 2


def test_a_place_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "file").write_text("")
    status, _, err = run(capsys, "new", "plug", "-o", "file/plug.yaml")
    assert status == 3
    assert "E187" in err


def test_the_help_offers_every_layout() -> None:
    assert tuple(LAYOUTS) == PRESETS


def test_the_same_version_with_other_bytes_is_a_warning(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    path = write_product(work)
    burned(work, path)
    check = ("check", path, "--manifest", "manifest.db")
    assert run(capsys, *check) == (0, f"{path}: OK\n", "")
    (work / "app.bin").write_bytes(app_image("changed"))
    status, out, _ = run(capsys, *check)
    assert status == 0
    assert "warning E188: batch WO1 of blinky 1.2.0 had another app" in out
    path.write_text(path.read_text().replace("1.2.0", "1.2.1"))
    assert run(capsys, *check) == (0, f"{path}: OK\n", "")


def test_burn_says_so_before_the_first_unit(work: Path) -> None:
    path = write_product(work)
    burned(work, path)
    with Ledger.open(work / "manifest.db", "line1") as ledger:
        assert other_bytes(open_release(path), ledger) == []
        (work / "app.bin").write_bytes(app_image("changed"))
        assert [f.code for f in other_bytes(open_release(path), ledger)] == ["E188"]


def test_a_manifest_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    path = write_product(work)
    status, _, err = run(capsys, "check", path, "--manifest", "none.db")
    assert status == 4
    assert "E701" in err


def burned(work: Path, path: Path) -> None:
    """A batch of this profile with one unit in the manifest."""
    regions = tuple(segment.region() for segment in survey(path).segments)
    attempt = an_attempt(batch="WO1", profile="blinky 1.2.0", regions=regions)
    with Ledger.open(work / "manifest.db", "line1") as ledger:
        ledger.open_batch(
            "WO1",
            profile=attempt.profile,
            release_digest=attempt.release_digest,
            product_id=PRODUCT_ID,
        )
        ledger.begin(attempt)
        ledger.finish(attempt, a_result())


def test_from_idf_reads_builds_of_esp_idf_alone(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "out").mkdir()
    (work / "out" / "a.ino.bin").write_bytes(app_image(chip="esp8266"))
    assert "E181" in run(capsys, "new", "plug", "--from-idf", "out")[2]
    assert run(capsys, "new", "plug", "--from", "out")[0] == 0
