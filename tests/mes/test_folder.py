"""The folder: a file for each attempt on a unit."""

import csv
import json
from pathlib import Path

import pytest

from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.mes.destination import MesAwayError
from burner.mes.events import UnitsDisqualified, WorkCompleted
from burner.mes.folder import Folder, file_name
from burner.mes.settings import FolderSettings
from tests.mes.messages import WORK, a_message

NAMES = ("code", "outcome", "slot", "detail", "id")


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
    found = (row["test.rf"], row["test.rf.tx_power"], row["test.rf.color"])
    assert found == ("fail", "12.30", "'=RED")
    assert row["id.mac"] == "7c:df:a1:b2:c3:d4"


def test_a_test_never_takes_the_column_of_the_attempt(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    values = (Measurement("mac", "12"), Measurement("b", "+5"), Measurement("c", "=1.2.3"))
    tests = tuple(TestResult(name, "run", TestOutcome.PASS, measurements=values) for name in NAMES)
    event = WorkCompleted(**WORK, outcome="FAIL", code="E655", detail="rf", tests=tests)
    folder(tmp_path, "csv").deliver(a_message(event=event))
    (file,) = (tmp_path / "drop").iterdir()
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert [row[name] for name in NAMES] == ["E655", "FAIL", "3", "rf", a_message().id]
    assert (row["id.mac"], row["test.id.mac"]) == (WORK["unit_id"], "12")
    assert (row["test.id"], row["test.id.b"], row["test.id.c"]) == ("pass", "+5", "'=1.2.3")


def test_a_file_of_a_scrapped_unit_has_its_ids(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    known = {name: WORK[name] for name in ("unit_id", "batch", "product_id", "device_name", "ids")}
    why = {"reason": "cracked", "operator": "li"}
    event = UnitsDisqualified(**known, disposition="scrap", **why)  # type: ignore[arg-type]
    folder(tmp_path, "csv").deliver(a_message(event=event))
    (file,) = (tmp_path / "drop").iterdir()
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["id.mac"], row["device_name"]) == (WORK["unit_id"], WORK["device_name"])


@pytest.mark.parametrize("subject", ["../../etc/passwd", "CON", "a\\b:c", "", "设备"])
def test_a_name_is_safe_whatever_the_subject(subject: str) -> None:
    name = file_name(a_message(subject=subject), "json")
    assert name.rstrip("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.") == ""
    assert not name.startswith((".", "-"))
    assert ".." not in name
