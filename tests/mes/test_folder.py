"""The folder: a file for each attempt on a unit."""

import csv
import json
from pathlib import Path

import pytest

from burner.mes.destination import MesAwayError
from burner.mes.folder import Folder, file_name
from burner.mes.settings import FolderSettings
from tests.mes.messages import a_message


def folder(base: Path, form: str = "json") -> Folder:
    entry = {"name": "drop", "kind": "file", "folder": "drop", "form": form}
    return Folder(FolderSettings.model_validate(entry), base)


def test_a_message_that_is_delivered_again_replaces_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    folder(tmp_path).deliver(a_message())
    folder(tmp_path).deliver(a_message())
    (file,) = (tmp_path / "drop").iterdir()
    assert file.name == "7c-df-a1-b2-c3-d4-20261129T180000Z-111111112222.json"
    assert json.loads(file.read_text(encoding="utf-8"))["data"]["outcome"] == "FAIL"


def test_a_folder_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(MesAwayError) as away:
        folder(tmp_path).deliver(a_message())
    assert away.value.detail.endswith("drop: no such folder")


def test_a_csv_has_values_as_they_were_measured_and_no_formula(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    folder(tmp_path, "csv").deliver(a_message())
    (file,) = (tmp_path / "drop").iterdir()
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["unit_id"], row["outcome"], row["operator"]) == ("7c:df:a1:b2:c3:d4", "FAIL", "王")
    assert (row["rf"], row["rf.tx_power"], row["rf.color"]) == ("fail", "12.30", "'=RED")
    assert row["id.mac"] == "7c:df:a1:b2:c3:d4"


@pytest.mark.parametrize("subject", ["../../etc/passwd", "CON", "a\\b:c", "", "设备"])
def test_a_name_is_safe_whatever_the_subject(subject: str) -> None:
    name = file_name(a_message(subject=subject), "json")
    assert name.rstrip("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.") == ""
    assert not name.startswith((".", "-"))
    assert ".." not in name
