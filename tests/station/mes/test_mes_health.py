"""What the doctor says of a MES."""

from pathlib import Path
from typing import Any

import pytest

from burner.mes.settings import FolderSettings, WebhookSettings
from burner.station.health import HealthState
from burner.station.mes.mes_health import check_mes
from tests.mes.receiver import receiving


def test_a_mes_that_is_there_is_named(tmp_path: Path) -> None:
    with receiving() as receiver:
        entry = {"name": "mes", "kind": "webhook", "url": f"{receiver.url}/events"}
        (check,) = check_mes([WebhookSettings.model_validate(entry)], "line1", tmp_path)
    assert (check.what, check.state) == ("MES mes", HealthState.OK)
    assert receiver.posted == []


def test_a_folder_that_is_away_is_a_warning_for_burning_goes_on(tmp_path: Path) -> None:
    entry = {"name": "drop", "kind": "file", "folder": "drop"}
    (check,) = check_mes([FolderSettings.model_validate(entry)], "line1", tmp_path)
    assert (check.state, check.code) == (HealthState.WARN, "E780")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"hmac": "env:MES_NO_SUCH"}, "E151"),
        ({"certificate": "no.pem"}, "E782"),
    ],
)
def test_what_cannot_be_used_is_an_error(more: dict[str, Any], code: str, tmp_path: Path) -> None:
    entry = {"name": "mes", "kind": "webhook", "url": "https://mes.example/", **more}
    (check,) = check_mes([WebhookSettings.model_validate(entry)], "line1", tmp_path)
    assert (check.state, check.code) == (HealthState.FAIL, code)
