"""What the doctor says of a MES."""

import sys
from pathlib import Path
from typing import Any

import pytest

from burner.mes.cfx_settings import CfxSettings
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


CFX = {"name": "mes", "kind": "cfx", "url": "amqp://127.0.0.1:1", "address": "/amq/queue/mes"}
ASKS = {"interlock": "required", "interlock_address": "/amq/queue/checks"}


def test_the_missing_extra_of_cfx_is_seen_before_the_shift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "proton", None)
    monkeypatch.setitem(sys.modules, "proton.utils", None)
    (check,) = check_mes([CfxSettings.model_validate(CFX)], "line1", tmp_path)
    assert (check.state, check.code) == (HealthState.FAIL, "E790")


@pytest.mark.parametrize(("interlock", "state"), [({}, HealthState.WARN), (ASKS, HealthState.FAIL)])
def test_a_broker_that_is_away_stops_only_who_must_be_asked(
    tmp_path: Path, interlock: dict[str, str], state: HealthState
) -> None:
    pytest.importorskip("proton", reason="the extra burner[cfx] is not installed")
    (check,) = check_mes([CfxSettings.model_validate({**CFX, **interlock})], "line1", tmp_path)
    assert (check.state, check.code) == (state, "E780")
    assert "amqp://127.0.0.1:1" in check.detail
