"""Hooks of a station file, as an integrator meets them."""

import json
from pathlib import Path

import pytest

from tests.runs import PROFILE, burn, burner

HOOK = """
import json, sys
told = json.load(sys.stdin)
with open(told["hook"] + ".jsonl", "a") as file:
    file.write(json.dumps(told) + "\\n")
if told["hook"] != "on_pass":
    print("the MES is away", file=sys.stderr)
    sys.exit(7)
"""
STATION = """burner: 1
slots: {"1": {esp: {url: "socket://127.0.0.1:9"}}}
hooks:
"""
BENCH = """slots: 2
units: [{}, {firmware: {device_name: "x-{mac}"}}]
"""


@pytest.fixture
def station_file(tmp_path: Path) -> Path:
    (tmp_path / "hook.py").write_text(HOOK)
    (tmp_path / "bench.yaml").write_text(BENCH)
    names = ("on_pass", "on_fail", "on_batch_close")
    hooks = "".join(f'  {name}: ["{{python}}", hook.py]\n' for name in names)
    path = tmp_path / "station.yaml"
    path.write_text(STATION + hooks)
    return path


def told(folder: Path, hook: str) -> list[dict[str, object]]:
    lines = (folder / f"{hook}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_hooks_are_told_of_units_and_of_the_close_and_change_nothing(
    station_file: Path, tmp_path: Path
) -> None:
    work = ("--batch", "B1", "--operator", "li")
    run = burn(tmp_path, "--bench", "bench.yaml", "--station-file", station_file, *work)
    assert {unit["outcome"] for unit in run.units} == {"PASS", "FAIL"}
    good, bad = told(tmp_path, "on_pass"), told(tmp_path, "on_fail")
    assert [(unit["slot"], unit["outcome"], unit["batch"]) for unit in good] == [
        ("1", "PASS", "B1")
    ]
    assert [(unit["slot"], unit["code"]) for unit in bad] == [("2", "E603")]
    (line,) = (line for line in run.lines if line["event"] == "hook")
    assert (line["hook"], line["unit"], line["code"], line["detail"]) == (
        *("on_fail", bad[0]["device_name"], "E650"),
        "E641: exit status 7: the MES is away",
    )
    assert run.summary["hooks"] == {"E650": 1}
    assert run.status == 1
    close = ("batch", "close", "B1", "--operator", "qa", "--station-file", station_file)
    closed = burner(tmp_path, *close)
    assert closed.returncode == 0, closed.stderr
    assert "E650" in closed.stderr
    assert "the MES is away" in closed.stderr
    (batch,) = told(tmp_path, "on_batch_close")
    assert (batch["batch"], batch["passed"], Path(str(batch["folder"])).name) == ("B1", 1, "B1")


def test_a_hook_that_is_not_there_is_said_before_the_first_unit(
    station_file: Path, tmp_path: Path
) -> None:
    text = station_file.read_text().replace('["{python}", hook.py]', "[./no-hook]", 1)
    station_file.write_text(text)
    where = ("--station-file", station_file)
    refused = burner(tmp_path, "burn", PROFILE, "--bench", "sim:1", *where, "--yes")
    assert refused.returncode == 3
    assert "hooks.on_pass: error E647: ./no-hook is not there" in refused.stderr
    examined = burner(tmp_path, "doctor", *where, "--json")
    (check,) = (c for c in json.loads(examined.stdout) if c["what"] == "hooks.on_pass")
    assert (check["code"], check["state"]) == ("E647", "fail")
