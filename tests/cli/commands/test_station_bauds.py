"""`baud: auto`: each slot finds its rate, and the station file keeps it over runs."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.runs import PROFILE, ROOT, RunResult, burn, burner

STATION = """\
burner: 1
station: line1
slots:
  "1": {esp: {location: 1-1}}
  "2": {esp: {location: 1-2}}
"""
GARBLES_ABOVE = {"1": 500_000, "2": 1_600_000}


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.yaml"
    path.write_text(STATION, encoding="utf-8")
    return path


def run(folder: Path, station: Path, serials: int) -> RunResult:
    """Burn one board in each of two slots, whose adapters garble above a rate."""
    text = PROFILE.read_text(encoding="utf-8").replace("../firmware", f"{ROOT}/firmware")
    profile = folder / "plug.yaml"
    profile.write_text(text.replace("baud: 921600", "baud: auto"), encoding="utf-8")
    units = [
        {"mac": f"58:cf:79:00:0{serials}:0{slot}", "faults": [{"kind": "garble", "baud": baud}]}
        for slot, baud in GARBLES_ABOVE.items()
    ]
    bench = folder / "bench.yaml"
    bench.write_text(yaml.safe_dump({"slots": 2, "units": units}), encoding="utf-8")
    return burn(folder, "--bench", bench, "--station-file", station, profile=profile)


def rates(ran: RunResult) -> Mapping[str, list[int]]:
    """By slot: the rate of each try."""
    tried: dict[str, list[int]] = {"1": [], "2": []}
    for line in ran.lines:
        if line["event"] == "finished":
            tried[line["slot"]].append(line["evidence"]["baud"])
    return tried


def test_slots_find_their_rate_and_the_station_file_keeps_it(tmp_path: Path, station: Path) -> None:
    first = run(tmp_path, station, 1)
    assert first.status == 0
    assert rates(first) == {
        "1": [2_000_000, 1_500_000, 921_600, 460_800],
        "2": [2_000_000, 1_500_000],
    }
    shown = burner(tmp_path, "station", "bauds", station, "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == {"1": 460_800, "2": 1_500_000}
    assert "bauds" not in station.read_text()

    written = burner(tmp_path, "station", "bauds", station, "--write")
    assert written.returncode == 0
    assert 'bauds: {"1": 460800, "2": 1500000}' in station.read_text()
    second = run(tmp_path, station, 2)
    assert second.status == 0
    assert rates(second) == {"1": [460_800], "2": [1_500_000]}

    report = json.loads(burner(tmp_path, "report", "--json").stdout)
    assert [slot["bauds"] for slot in report["slots"]] == [{"460800": 2}, {"1500000": 2}]


def test_a_rate_of_a_slot_that_is_none_is_refused(tmp_path: Path, station: Path) -> None:
    station.write_text(STATION + 'bauds: {"3": 921600}\n', encoding="utf-8")
    shown = burner(tmp_path, "station", "show", station)
    assert shown.returncode == 3
    assert "a rate of '3', which is no slot" in shown.stderr
