"""docs/cfx.md names every field, message and code, and its station files can be read."""

import json
import re
from pathlib import Path

import pytest

from burner.mes.cfx_settings import CfxSettings
from burner.station.fixture.station_file import load_station
from tests.mes.cfx.test_messages import GOLDEN

PAGE = (Path(__file__).parents[3] / "docs" / "cfx.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^```yaml\n(mes:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_field_of_the_station_file_is_explained() -> None:
    fields = set(CfxSettings.model_fields) - {"name", "kind"}
    assert {field for field in fields if f"`{field}`" not in PAGE} == set()


def test_every_message_is_listed() -> None:
    sent = {envelope["MessageName"] for envelope in json.loads(GOLDEN.read_text("utf-8"))}
    assert {message for message in sent if f"`{message}`" not in PAGE} == set()


@pytest.mark.parametrize("section", SECTIONS)
def test_its_station_files_are_read(section: str, tmp_path: Path) -> None:
    path = tmp_path / "line.yaml"
    path.write_text(f"burner: 1\nslots: {{'1': {{esp: {{location: 1-1}}}}}}\n{section}")
    assert isinstance(load_station(path).mes[0], CfxSettings)


def test_there_are_two_of_them() -> None:
    assert len(SECTIONS) == 2
