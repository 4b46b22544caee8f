"""`burner burn` with a MES that speaks IPC-CFX: all that a run tells arrives, whatever happens."""

import json
import re
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import Completed, run_burner
from tests.mes.cfx.rabbitmq import (
    EXCHANGE,
    PASSWORD,
    USER,
    RabbitMq,
    arrived,
    checking,
    why_no_rabbitmq,
)
from tests.runs import PROFILE, ROOT, SECRET

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(bool(why_no_rabbitmq()), reason=why_no_rabbitmq()),
]

TESTED = ROOT / "profiles" / "tested-c3.yaml"
ENVIRONMENT = {
    "MES_PASSWORD": PASSWORD,
    "PLUG_C3_SECRET": SECRET,
    "TESTED_C3_SECRET": SECRET,
}
ASKS = {
    "interlock": "required",
    "interlock_address": "/amq/queue/checks",
    "interlock_reply": "/amq/queue/answers",
}


def station_file(folder: Path, broker: RabbitMq, **changes: Any) -> None:
    login = {"user": USER, "password": "env:MES_PASSWORD"}
    mes = {"name": "factory-mes", "kind": "cfx", "url": broker.url, "address": EXCHANGE, **login}
    section = json.dumps([{**mes, **changes}])
    text = (
        f"burner: 1\nstation: LINE-1\nslots: {{'1': {{esp: {{url: 'sim://1'}}}}}}\nmes: {section}\n"
    )
    (folder / "line.yaml").write_text(text, encoding="utf-8")


def burn(folder: Path, profile: Path = PROFILE, bench: str = "sim:4") -> Completed:
    return run_burner(
        folder,
        *("burn", profile, "--bench", bench, "--station-file", "line.yaml"),
        *("--manifest", "line.db", "--batch", "B", "--operator", "Li", "--json"),
        env=ENVIRONMENT,
    )


def outcomes(burned: Completed) -> list[str]:
    lines = [json.loads(line) for line in burned.stdout.splitlines()]
    return [line["outcome"] for line in lines if line["event"] == "finished"]


def by_transaction(envelopes: list[dict[str, Any]]) -> list[list[str]]:
    """Short names of the messages of each attempt, in their order."""
    names: dict[str, list[str]] = defaultdict(list)
    for envelope in envelopes:
        body = envelope["MessageBody"]
        if transaction := body.get("TransactionID") or body.get("TransactionId"):
            names[transaction].append(envelope["MessageName"].rpartition(".")[2])
    return list(names.values())


def status(folder: Path) -> dict[str, Any]:
    shown = run_burner(folder, "mes", "status", "--manifest", "line.db", "--json")
    (state,) = json.loads(shown.stdout)["destinations"]
    return dict(state)


def test_a_run_is_told_from_its_first_message_to_its_last(broker: RabbitMq, tmp_path: Path) -> None:
    station_file(tmp_path, broker)
    burned = burn(tmp_path)
    assert burned.returncode == 0, burned.stderr
    told = broker.taken_from("mes")
    names = [envelope["MessageName"].rpartition(".")[2] for envelope in told]
    assert names[0] == "EndpointConnected"
    assert names[-2:] == ["StationStateChanged", "EndpointShuttingDown"]
    assert by_transaction(told) == [["WorkStarted", "UnitsPersonalized", "WorkCompleted"]] * 4
    assert status(tmp_path)["waiting"] == 0


def test_the_program_of_the_page_shows_what_comes(broker: RabbitMq, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cfx.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    station_file(tmp_path, broker, address="/amq/queue/mes")
    assert burn(tmp_path, bench="sim:1").returncode == 0
    assert status(tmp_path)["waiting"] == 0
    command = [sys.executable, "-c", program, broker.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shows:
        stop = threading.Timer(60, shows.kill)
        stop.start()
        assert shows.stdout
        lines = [shows.stdout.readline() for _ in range(7)]
        stop.cancel()
        shows.kill()
    assert [line.split()[-1] for line in lines[3:6]] == [
        "CFX.Production.WorkStarted",
        "CFX.Production.Assembly.UnitsPersonalized",
        "CFX.Production.WorkCompleted",
    ]


def test_the_doctor_looks_at_the_broker_and_sends_nothing(broker: RabbitMq, tmp_path: Path) -> None:
    look = ("doctor", "--station-file", "line.yaml", "--json")
    found = {}
    for address in ("/amq/queue/mes", "/amq/queue/nowhere"):
        station_file(tmp_path, broker, **{**ASKS, "address": address})
        checks = json.loads(run_burner(tmp_path, *look, env=ENVIRONMENT).stdout)
        (found[address],) = (check for check in checks if check["what"] == "MES factory-mes")
    assert found["/amq/queue/mes"]["state"] == "ok"
    assert found["/amq/queue/nowhere"]["state"] == "fail"
    assert "no queue 'nowhere'" in found["/amq/queue/nowhere"]["detail"]
    assert broker.taken_from("mes") == []


def test_tests_of_the_product_are_told_with_their_measurements(
    broker: RabbitMq, tmp_path: Path
) -> None:
    station_file(tmp_path, broker)
    assert burn(tmp_path, TESTED, "sim:1").returncode == 0
    (told,) = (e for e in arrived(broker) if e["MessageName"].endswith(".UnitsTested"))
    (unit,) = told["MessageBody"]["TestedUnits"]
    measured = {
        measurement["MeasurementName"]: measurement
        for test in unit["Tests"]
        for measurement in test["Measurements"]
    }
    assert unit["OverallResult"] == "Passed"
    power = measured["tx_power"]["MeasuredValue"]
    assert (power["ValueUnits"], power["MinimumAcceptableValue"]) == ("dBm", 15.0)
    assert 15.0 <= power["Value"] <= 20.0


def test_burning_does_not_wait_for_a_broker_and_all_is_sent_when_it_is_back(
    broker: RabbitMq, tmp_path: Path
) -> None:
    station_file(tmp_path, broker)
    broker.kill()
    try:
        burned = burn(tmp_path)
    finally:
        broker.start()
    assert burned.returncode == 0, burned.stderr
    before = status(tmp_path)
    assert before["waiting"] == 15
    sent = run_burner(
        tmp_path,
        *("mes", "send", "--station-file", "line.yaml", "--manifest", "line.db"),
        env=ENVIRONMENT,
    )
    assert sent.returncode == 0, sent.stderr
    assert status(tmp_path)["waiting"] == 0
    assert (
        by_transaction(arrived(broker))
        == [["WorkStarted", "UnitsPersonalized", "WorkCompleted"]] * 4
    )


@pytest.mark.parametrize(("result", "status_of_run"), [("Passed", 0), ("Failed", 1)])
def test_no_unit_is_touched_that_the_mes_does_not_allow(
    broker: RabbitMq, tmp_path: Path, result: str, status_of_run: int
) -> None:
    station_file(tmp_path, broker, **ASKS)
    with checking(broker, result) as asked:
        burned = burn(tmp_path)
    assert burned.returncode == status_of_run, burned.stderr
    assert len(asked) == 4
    started = [e for e in arrived(broker) if e["MessageName"].endswith(".WorkStarted")]
    assert len(started) == (4 if result == "Passed" else 0)
    if result == "Failed":
        assert "E471" in burned.stdout


def test_no_unit_is_touched_while_nobody_answers(broker: RabbitMq, tmp_path: Path) -> None:
    station_file(tmp_path, broker, **ASKS, deadline_s=1.0)
    burned = burn(tmp_path, bench="sim:2")
    assert burned.returncode == 1
    assert "E472" in burned.stdout
    assert set(outcomes(burned)) == {"ERROR"}
    assert not [e for e in arrived(broker) if e["MessageName"].endswith(".WorkStarted")]
