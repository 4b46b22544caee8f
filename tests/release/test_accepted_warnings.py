"""A warning that the profile accepts, wherever warnings are told."""

import json
from pathlib import Path

import pytest

from burner.cli.main import main
from burner.release.opening import open_release_file
from tests.images import esp_image, write_product
from tests.runs import burn, burner

REASON = "registers over its own gateway"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """One that does not register, and says why that is right."""
    return write_product(tmp_path, app=esp_image(bytes(300)), accept=f"{{E122: {REASON}}}")


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, args)])
    output = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, output.out, output.err


def test_it_is_one_line_in_a_check(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    line = f"{profile}:8 images[1].file: accepted E122: app has no registration path; {REASON}\n"
    assert run(capsys, "profile", "check", profile) == (
        0,
        f"{line}{profile}: OK, 1 accepted\n",
        "",
    )
    _, out, _ = run(capsys, "profile", "check", "--json", profile)
    (finding,) = json.loads(out)[0]["findings"]
    assert (finding["code"], finding["accepted"]) == ("E122", REASON)


def test_the_release_keeps_it_and_is_the_same_release(
    capsys: pytest.CaptureFixture[str], profile: Path, tmp_path: Path
) -> None:
    release = tmp_path / "r.burn"
    status, _, err = run(capsys, "release", "build", profile, "-o", release)
    assert status == 0
    assert err.count("E122") == err.count(f"accepted E122: app has no registration path; {REASON}")
    contents, seen, _ = open_release_file(release)
    assert [finding.accepted for finding in seen.findings] == [REASON]
    assert "accepted E122" in run(capsys, "release", "check", release)[2]
    profile.write_text(profile.read_text().replace(f"accept: {{E122: {REASON}}}\n", ""))
    status, _, err = run(capsys, "release", "build", profile, "-o", release, "--force")
    assert "warning E122" in err
    assert open_release_file(release).contents.digest == contents.digest, "the same units"


def test_a_burn_tells_it_to_people_and_scripts(profile: Path, tmp_path: Path) -> None:
    ran = burn(tmp_path, "--bench", "sim:1", profile=profile)
    warnings = {line["code"]: line for line in ran.lines if line["event"] == "warning"}
    assert (ran.status, warnings["E122"]["accepted"]) == (0, REASON)
    result = burner(tmp_path, "burn", str(profile), "--bench", "sim:1", "--yes")
    assert f"accepted E122: app has no registration path; {REASON}" in result.stderr
    assert "Ask the firmware team" not in result.stderr
