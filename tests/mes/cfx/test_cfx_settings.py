"""A destination of the kind `cfx` in the station file."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.mes.cfx.open_destination import open_cfx
from burner.mes.cfx_settings import CfxSettings
from burner.station.fixture.station_file import load_station

PLAIN = {"name": "mes", "kind": "cfx", "url": "amqp://mes.example:5672", "address": "/exchange/cfx"}
TLS = {"url": "amqps://mes.example", "ca": "ca.pem"}
LOGIN = {"user": "line", "password": "env:MES_PASSWORD"}
ASKS = {"interlock": "required", "interlock_address": "/queue/checks"}


def settings(**changes: Any) -> CfxSettings:
    return CfxSettings(**{**PLAIN, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        TLS,
        {**TLS, **LOGIN},
        {**TLS, "certificate": "line.pem", "key": "line.key"},
        {**LOGIN, "url": "amqp://127.0.0.1"},
        {**LOGIN, "url": "amqp://[::1]:5672"},
        {**LOGIN, "plain_text": True},
        {**ASKS, "interlock_reply": "/queue/LINE-1"},
        {**ASKS, "interlock_url": "amqp://checker:5672", "interlock_target": "mes.checks"},
    ],
)
def test_these_are_destinations(changes: dict[str, Any]) -> None:
    assert settings(**changes).name == "mes"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "http://mes.example"}, "no such address"),
        ({"url": "amqp://u:geheim@mes.example"}, "no such address"),
        ({"url": "amqp://mes.example/vhost"}, "no such address"),
        ({"url": "amqp://"}, "no such address"),
        ({"url": "amqp://h:0"}, "no such address"),
        ({"url": "amqp://h:99999"}, "no such address"),
        ({"address": ""}, "address"),
        ({"address": "/queue/a b"}, "address"),
        ({"user": "line"}, "one of user and password"),
        ({**LOGIN, "password": "geheim", "plain_text": True}, "not a reference"),
        (LOGIN, "a password over amqp://"),
        ({**TLS, **LOGIN, **ASKS, "interlock_url": "amqp://h"}, "a password over amqp://"),
        ({"url": "amqps://mes.example"}, "amqps without ca"),
        ({"ca": "ca.pem"}, "parts of TLS"),
        ({"server_name": "broker"}, "parts of TLS"),
        ({**TLS, "key": "line.key"}, "a key without certificate"),
        ({"interlock": "required"}, "interlock_address"),
        ({"interlock_reply": "/queue/LINE-1"}, "parts of an interlock"),
    ],
)
def test_these_are_refused_and_no_password_is_repeated(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    section = json.dumps([{**PLAIN, **changes}])
    path = tmp_path / "line.yaml"
    path.write_text(f"burner: 1\nslots: {{'1': {{esp: {{location: 1-1}}}}}}\nmes: {section}\n")
    with pytest.raises(BurnerError) as refused:
        load_station(path)
    text = "\n".join(finding.line() for finding in refused.value.findings)
    assert says in text
    assert "geheim" not in text


def test_without_the_extra_the_station_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "proton", None)
    monkeypatch.setitem(sys.modules, "proton.utils", None)
    with pytest.raises(BurnerError) as refused:
        open_cfx(settings(), "LINE-1", tmp_path)
    assert refused.value.code == "E790"
    assert "burner[cfx]" in refused.value.row.do
