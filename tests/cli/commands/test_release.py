"""`burner release`: build, check, show, diff."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from burner.cli.commands.release import release
from burner.core.canonical_json import digest
from burner.core.errors import BurnerError
from burner.release.release_file import pack, unpack

PROFILES = Path(__file__).parents[3] / "profiles"
PLUG, SENSOR = str(PROFILES / "plug-c3.yaml"), str(PROFILES / "sensor-esp32.yaml")


def run(*args: str) -> Result:
    return CliRunner().invoke(release, args, standalone_mode=False)


def refused(*args: str) -> BurnerError:
    error = run(*args).exception
    assert isinstance(error, BurnerError)
    return error


def test_a_check_answers_for_every_release_also_in_json(built: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.burn"
    cut.write_bytes(Path(built).read_bytes()[:100])
    result = run("check", "--json", str(cut), built, str(tmp_path / "none.burn"))
    rows = {Path(row["release"]).name: row for row in json.loads(result.stdout)}
    assert {name: (row["ok"], row["code"]) for name, row in rows.items()} == {
        "cut.burn": (False, "E201"),
        "plug.burn": (True, ""),
        "none.burn": (False, "E207"),
    }
    assert rows["cut.burn"]["detail"]
    assert result.return_value == 3
    result = run("check", str(cut), built)
    assert "E201" in result.stderr
    assert f"{built}: OK  " in result.stdout
    assert result.return_value == 3


def test_a_profile_in_place_of_a_release_is_named_as_such() -> None:
    result = run("check", PLUG)
    assert "a profile; `burner release build` makes a release file from it" in result.stderr
    assert refused("show", PLUG).code == "E201"


def test_a_release_in_place_of_a_profile_is_named_as_such(built: str) -> None:
    (finding,) = refused("build", built).findings
    assert (finding.place, finding.found) == (built, "is a release file")


@pytest.fixture
def built(tmp_path: Path) -> str:
    target = str(tmp_path / "plug.burn")
    assert run("build", PLUG, "-o", target).exit_code == 0
    return target


def test_the_name_comes_from_product_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("build", PLUG)
    assert (tmp_path / "plug-c3-1.2.0.burn").exists()


def test_a_built_release_checks_and_tells_its_digest(built: str) -> None:
    digest = run("check", built).output.split()[-1]
    assert len(digest) == 64
    assert digest in run("build", PLUG, "-o", built).output


def test_another_release_of_that_name_is_not_replaced_unless_forced(built: str) -> None:
    before = Path(built).read_bytes()
    assert refused("build", SENSOR, "-o", built).code == "E206"
    assert Path(built).read_bytes() == before
    assert run("build", SENSOR, "-o", built, "--force").exit_code == 0
    assert Path(built).read_bytes() != before


def test_a_profile_with_errors_becomes_no_release(tmp_path: Path) -> None:
    broken = tmp_path / "x.yaml"
    broken.write_text(Path(PLUG).read_text().replace("../firmware", "nowhere"))
    assert refused("build", str(broken), "-o", str(tmp_path / "x.burn")).code == "E105"
    assert not (tmp_path / "x.burn").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    assert refused("build", PLUG, "-o", str(tmp_path / "none" / "x.burn")).code == "E729"


def test_a_check_for_a_script_is_json_alone(built: str) -> None:
    done = CliRunner().invoke(release, ["check", built, built, "--json"])
    first, second = json.loads(done.stdout)
    assert first == second
    assert first["release"] == built
    assert len(first["digest"]) == 64


def test_a_changed_release_does_not_check(built: str) -> None:
    data = bytearray(Path(built).read_bytes())
    data[len(data) // 2] ^= 1
    Path(built).write_bytes(data)
    assert "E203 " in run("check", built).stderr


@pytest.mark.parametrize("command", ["check", "show", "diff"])
def test_a_release_for_another_chip_than_its_images_does_not_pass(built: str, command: str) -> None:
    contents = unpack(Path(built).read_bytes(), "")
    index = json.loads(json.dumps(contents.index).replace("esp32c3", "esp32c6"))
    mixed = replace(
        contents,
        digest=digest(index),
        index=index,
        profile=contents.profile.replace("esp32c3", "esp32c6"),
    )
    Path(built).write_bytes(pack(mixed))
    if command == "check":
        assert "E115 " in run("check", built).stderr
    else:
        assert refused(command, built, *[PLUG] * (command == "diff")).code == "E115"


def test_show_draws_the_flash_as_profile_show_does(built: str) -> None:
    shown = json.loads(run("show", built, "--json").output)
    assert any(row["sha256"] == "holds the key" for row in shown["flash"])


def test_a_release_and_its_profile_make_the_same_units(built: str) -> None:
    same = run("diff", built, PLUG)
    assert same.return_value == 0
    assert "same units" in same.output


def test_two_products_differ(built: str) -> None:
    result = run("diff", built, SENSOR, "--json")
    assert result.return_value == 1
    assert {"chip.type", "part app"} <= {d["what"] for d in json.loads(result.output)}
