"""`burner cloud names`: files for the console of the platform."""

from pathlib import Path

from tests.in_process import Completed, run_burner
from tests.runs import ADDED, PROFILE

IDS = "mac\n24:6f:28:00:00:01\n24-6F-28-00-00-02\n246f28000003\n"


def cloud_names(folder: Path, *arguments: str | Path) -> Completed:
    (folder / "ids.csv").write_text(IDS, encoding="utf-8")
    return run_burner(folder, "cloud", "names", PROFILE, *arguments, env=ADDED)


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("out-*"))}


def test_names_are_split_into_files_with_a_header_each(tmp_path: Path) -> None:
    done = cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out.csv", "--per-file", "2")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == {
        "out-001.csv": "DeviceName\n246F28000001\n246F28000002\n",
        "out-002.csv": "DeviceName\n246F28000003\n",
    }
    assert "plug-c3 1.2.0: 3 names" in done.stdout
    assert "2 files, out-001.csv … out-002.csv, each of up to 2 names" in done.stdout


def test_another_header_and_none(tmp_path: Path) -> None:
    cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out", "--header", "名称")
    assert files(tmp_path)["out-001.csv"].startswith("名称\n246F28000001\n")
    cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out", "--no-header", "--force")
    assert files(tmp_path)["out-001.csv"].startswith("246F28000001\n")
    refused = cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out", "--header", "=1+1")
    assert refused.returncode == 2


def test_a_file_with_other_content_stays(tmp_path: Path) -> None:
    split = ("--ids-file", "ids.csv", "-o", "out", "--per-file", "2")
    assert cloud_names(tmp_path, *split).returncode == 0
    assert cloud_names(tmp_path, *split).returncode == 0  # the same again
    before = files(tmp_path)
    one = cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out")
    assert (one.returncode, "E736" in one.stderr, "out-001.csv" in one.stderr) == (4, True, True)
    forced = cloud_names(tmp_path, "--ids-file", "ids.csv", "-o", "out", "--force")
    assert "out-002.csv: of another list" in forced.stderr
    assert files(tmp_path) == before


def test_a_name_that_the_console_refuses_is_no_name_for_it(tmp_path: Path) -> None:
    text = PROFILE.read_text("utf-8").replace(
        "../firmware", str(PROFILE.parent.parent / "firmware")
    )
    colons = 'template: "{mac}"\n  separator: ":"\n  allow_colon: true'
    (tmp_path / "colon.yaml").write_text(text.replace('template: "{mac}"', colons), "utf-8")
    (tmp_path / "ids.csv").write_text(IDS, "utf-8")
    arguments = ("cloud", "names", "colon.yaml", "--ids-file", "ids.csv", "-o", "out")
    done = run_burner(tmp_path, *arguments, env=ADDED)
    assert "E164" in done.stderr
    assert files(tmp_path) == {}


def test_what_a_spreadsheet_would_change_is_said(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("246000000001\n12E345678901\nplug-1\n", "utf-8")
    done = cloud_names(tmp_path, "--names-file", "names.csv", "-o", "out")
    assert "would change 2 of them, such as 246000000001" in done.stderr


def test_bad_lines_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("246f28000001\nx\n246f28000001\n", "utf-8")
    done = cloud_names(tmp_path, "--ids-file", "bad.csv", "-o", "out")
    assert done.returncode == 3
    assert "bad.csv:2: error E860" in done.stderr
    assert "bad.csv:3: error E861: 246F28000001: bad.csv:1 has it too" in done.stderr
    assert files(tmp_path) == {}


def test_waiting_names_are_those_that_are_not_on_record_in_the_order_of_the_list(
    tmp_path: Path,
) -> None:
    (tmp_path / "export.csv").write_text("DeviceName\n246F28000002\n", encoding="utf-8")
    waiting = ("--ids-file", "ids.csv", "--waiting")
    confirm = ("--confirm-only", "--export", "export.csv")
    assert cloud_names(tmp_path, *waiting, "-o", "out").returncode == 0
    assert len(files(tmp_path)["out-001.csv"].splitlines()) == 4  # nothing is on record
    precreate = ("cloud", "precreate", str(PROFILE))
    run_burner(tmp_path, *precreate, "--ids-file", "ids.csv", *confirm, env=ADDED)
    done = cloud_names(tmp_path, *waiting, "-o", "out", "--force")
    assert "2 names" in done.stdout, done.stderr
    assert files(tmp_path)["out-001.csv"] == "DeviceName\n246F28000001\n246F28000003\n"
    (tmp_path / "export.csv").write_text("DeviceName\n246F28000001\n246F28000003\n", "utf-8")
    done = run_burner(tmp_path, *precreate, *waiting, *confirm, env=ADDED)
    assert "The platform has 2 of 2 names." in done.stdout
    done = cloud_names(tmp_path, *waiting, "-o", "none")
    assert (done.returncode, "no name waits" in done.stdout) == (0, True)
    assert not (tmp_path / "none-001.csv").exists()


def test_only_one_source_of_names_is_taken(tmp_path: Path) -> None:
    done = cloud_names(tmp_path, "--ids-file", "ids.csv", "--batch", "B", "-o", "out")
    assert (done.returncode, "Only one of" in done.stderr) == (2, True)
    done = cloud_names(tmp_path, "-o", "out")
    assert "E701" in done.stderr
