"""The section `mes:` of the station file."""

from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.mes.settings import WebhookSettings
from burner.station.fixture.station_file import StationFile, load_station, to_yaml

WEBHOOK = "{name: mes, kind: webhook, url: 'https://mes.example/events', hmac: 'env:MES_KEY'}"


def station(mes: str, folder: Path) -> StationFile:
    path = folder / "line.yaml"
    text = f"burner: 1\nslots: {{'1': {{esp: {{location: 1-1}}}}}}\nmes:\n{mes}"
    path.write_text(text, encoding="utf-8")
    return load_station(path)


def test_a_station_file_names_its_mes(tmp_path: Path) -> None:
    read = station(f"  - {WEBHOOK}\n  - {{name: drop, kind: file, folder: /mnt/mes}}\n", tmp_path)
    assert isinstance(read.mes[0], WebhookSettings)
    (tmp_path / "again.yaml").write_text(to_yaml(read), encoding="utf-8")
    assert load_station(tmp_path / "again.yaml") == read


def test_the_station_file_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "mes.md").read_text(encoding="utf-8")
    path = tmp_path / "line.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert [destination.name for destination in load_station(path).mes] == ["factory-mes", "drop"]


@pytest.mark.parametrize(
    ("mes", "found"),
    [
        ("{name: a, kind: webhook, url: 'ftp://h/'}", "no such address"),
        ("{name: a, kind: webhook, url: 'https://u:geheim@h/'}", "no such address"),
        ("{name: a, kind: webhook, url: 'http://h/', hmac: geheim}", "not a reference"),
        ("{name: a, kind: webhook, url: 'http://h/', hmac: prompt}", "not a reference"),
        ("{name: a, kind: webhook, url: 'http://h/', interlock: required}", "interlock_url"),
        ("{name: a, kind: webhook, url: 'http://h/', key: k.pem}", "a key without certificate"),
        ("{name: a, kind: file, folder: x, interlock: required}", "interlock: required"),
        (f"{WEBHOOK}\n  - {WEBHOOK}", "2 destinations of the name mes"),
        ("{name: a, kind: mqtt}", "'mqtt'"),
    ],
)
def test_what_does_not_fit_is_refused_and_no_secret_is_repeated(
    mes: str, found: str, tmp_path: Path
) -> None:
    with pytest.raises(BurnerError) as refused:
        station(f"  - {mes}\n", tmp_path)
    assert refused.value.code == "E195"
    text = " ".join(map(str, refused.value.findings))
    assert found in text
    assert "geheim" not in text
