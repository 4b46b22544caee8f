"""`burner profile`: what people and scripts get to read."""

import json
from pathlib import Path

import pytest

from burner.cli.main import main
from burner.release.placement.flash_map import flash_map
from burner.release.preflight import preflight
from tests.images import SECRET, app_image, esp_image, write_product


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["profile", *map(str, args)])
    code = ended.value.code
    assert isinstance(code, int)
    return code, capsys.readouterr().out


def test_a_sound_profile_is_ok(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_product(tmp_path)
    assert run(capsys, "check", path) == (0, f"{path}: OK\n")


def test_every_finding_is_printed_and_the_exit_status_says_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_product(tmp_path, app=app_image("PRODUCT_ID", chip="esp32"), blank="[nowhere]")
    status, out = run(capsys, "check", path, tmp_path / "none.yaml")
    assert status == 3
    for code in ("E115", "E121", "E127"):
        assert code in out
    assert f"{path}: 2 errors" in out
    assert "none.yaml: 1 error\n" in out


@pytest.mark.parametrize(
    ("language", "words"), [("en", "error → Use the image"), ("zh", "错误 → 请")]
)
def test_what_each_finding_means_and_asks_for_is_said_once_in_the_persons_language(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    language: str,
    words: str,
) -> None:
    monkeypatch.setenv("BURNER_LANG", language)
    chip = esp_image(chip="esp32")
    path = write_product(tmp_path, app=app_image(chip="esp32"), bootloader=chip)
    _, out = run(capsys, "check", path)
    kind, words = words.split(maxsplit=1)
    assert out.count(f": {kind} E115: ") == 2
    (meaning,) = [line for line in out.splitlines() if line.startswith("E115  ")]
    assert words in meaning


def test_findings_as_json_are_stable_and_machine_readable(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_product(tmp_path, blank="[nvs]")
    status, out = run(capsys, "check", "--json", path)
    (result,) = json.loads(out)
    assert status == 0
    assert result["ok"] is True
    assert [f["code"] for f in result["findings"]] == ["E125"]
    assert result["title"] == "blinky 1.2.0"
    assert run(capsys, "check", "--json", path) == (0, out)


def test_the_check_works_without_the_secret_and_never_shows_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_product(tmp_path)
    for command in ("check", "show"):
        assert SECRET not in run(capsys, command, path)[1]
    (tmp_path / "secret.txt").unlink()
    status, out = run(capsys, "check", path)
    assert status == 0
    assert "E128" in out


def test_the_layout_shows_offsets_sizes_use_and_digests(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out = run(capsys, "show", write_product(tmp_path))
    assert status == 0
    for word in ("0x10000", "0x100000", "ota_0 (app, ota_0): app, blinky 1.0", "holds the key"):
        assert word in out
    assert "not written" in out
    assert "free" in out


def test_show_says_what_becomes_of_units_that_come_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    usual = run(capsys, "show", write_product(tmp_path))[1].splitlines()
    assert {"after_boot  kept", "reburn      refuse"} <= set(usual)
    carrier = "{kind: nvs, preset: esp-qcloud, after_boot: moved}"
    path = write_product(tmp_path, carrier=carrier, reburn="upgrade")
    other = json.loads(run(capsys, "show", path, "--json")[1])
    assert (other["after_boot"], other["reburn"]) == ("moved", "upgrade")
    (key,) = (row for row in other["flash"] if row["what"].startswith("fctry"))
    assert key["region_class"] == "mutable"


def test_the_layout_as_json_covers_the_whole_flash_without_gap(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out = run(capsys, "show", "--json", write_product(tmp_path))
    flash = json.loads(out)["flash"]
    assert status == 0
    end = 0
    for row in flash:
        assert row["offset"] == end
        end += row["size"]
    assert end == 4 << 20
    digests = {row["sha256"] for row in flash}
    assert any(len(digest) == 64 for digest in digests)


def test_a_layout_that_cannot_be_drawn_says_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_product(tmp_path, partition_table="{file: none.csv}")
    assert run(capsys, "show", path) == (3, "")


def test_a_layout_with_mistakes_is_drawn_nevertheless(tmp_path: Path) -> None:
    seen = preflight(write_product(tmp_path, product="{}"))
    assert seen.layout is not None
    assert any(row.what == "bootloader" for row in flash_map(seen.layout, seen.segments))


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "schema")
    assert status == 0
    assert json.loads(out)["properties"]["burner"]["const"] == 1


def test_show_says_what_is_expected_on_the_platform(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "on_platform" not in run(capsys, "show", write_product(tmp_path))[1]
    path = write_product(tmp_path, registration="{names: automatic, preflight: required}")
    shown = "on_platform names automatic, credentials key, preflight required"
    assert shown in run(capsys, "show", path)[1].splitlines()
