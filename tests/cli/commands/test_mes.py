"""A batch that is told to a MES, at the level where a factory meets it."""

import json
from pathlib import Path

from tests.in_process import run_burner
from tests.mes.receiver import Posted, Receiver, Reply, receiving
from tests.runs import ADDED, PROFILE

KEY = "the-key-of-the-mes-0123456789"


def station_file(folder: Path, receiver: Receiver, *, asks: bool = True) -> Path:
    entry = {"name": "mes", "kind": "webhook", "url": f"{receiver.url}/events"}
    entry |= {"hmac": "env:MES_KEY"}
    if asks:
        entry |= {"interlock": "required", "interlock_url": f"{receiver.url}/may"}
    drop = {"name": "drop", "kind": "file", "folder": "drop"}
    slots = '{"1": {esp: {location: 1-1}}}'
    path = folder / "line.yaml"
    path.write_text(
        f"burner: 1\nstation: line1\nslots: {slots}\nmes: {json.dumps([entry, drop])}\n"
    )
    (folder / "drop").mkdir(exist_ok=True)
    return path


def burn(folder: Path, file: Path) -> tuple[int, list[dict[str, object]]]:
    slots = ("--station-file", str(file), "--bench", "sim:2,baud=921600")
    made = run_burner(
        folder,
        *("burn", str(PROFILE), *slots, "--batch", "WO1", "--json"),
        env={**ADDED, "MES_KEY": KEY, "BURNER_STATE": str(folder / "state")},
    )
    return made.returncode, [json.loads(line) for line in made.stdout.splitlines()]


class OneUnitOnly:
    """A MES that wants one unit here, and sends the other one elsewhere."""

    def __init__(self) -> None:
        self.allowed = ""

    def __call__(self, posted: Posted) -> Reply:
        if posted.path != "/may":
            return Reply()
        unit = json.loads(posted.body)["unit_id"]
        self.allowed = self.allowed or unit
        fits = unit == self.allowed
        return Reply(200, json.dumps({"allowed": fits, "reason": "AOI 未通过"}).encode())


def test_a_unit_that_the_mes_does_not_want_here_is_not_touched_and_the_other_is_told(
    tmp_path: Path,
) -> None:
    with receiving() as receiver:
        receiver.reply = mes = OneUnitOnly()
        status, lines = burn(tmp_path, station_file(tmp_path, receiver))
    assert status == 1
    ended = {line["unit_id"]: line for line in lines if line["event"] == "finished"}
    (refused,) = (line for unit, line in ended.items() if unit != mes.allowed)
    assert (refused["outcome"], refused["code"]) == ("ERROR", "E471")
    assert refused["detail"] == "mes: AOI 未通过"
    assert refused["written"] is False
    assert ended[mes.allowed]["outcome"] == "PASS"
    told = [json.loads(posted.body) for posted in receiver.posted if posted.path == "/events"]
    of_unit = [message["type"] for message in told if message["subject"] == mes.allowed]
    kinds = ("WorkStarted", "UnitsPersonalized", "WorkCompleted")
    assert of_unit == [f"burner.{kind}" for kind in kinds]
    assert {message["subject"] for message in told} == {mes.allowed, "station/line1"}
    (file,) = (tmp_path / "drop").iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["data"]["unit_id"] == mes.allowed
    everything = "".join(str(posted) for posted in receiver.posted) + file.read_text()
    assert KEY not in everything
    assert ADDED["PLUG_C3_SECRET"] not in everything


def test_a_mes_that_is_away_stops_nothing_and_gets_all_later(tmp_path: Path) -> None:
    env = {**ADDED, "MES_KEY": KEY, "BURNER_STATE": str(tmp_path / "state")}
    with receiving() as receiver:
        file = station_file(tmp_path, receiver, asks=False)
        receiver.reply = lambda _: Reply(503)
        status, lines = burn(tmp_path, file)
        assert status == 0
        said = [line for line in lines if line["event"] == "mes" and line["code"]]
        assert all(line["code"] == "E780" for line in said)
        waits = run_burner(tmp_path, "mes", "status", env=env)
        assert "HTTP 503" in waits.stderr
        waiting = json.loads(run_burner(tmp_path, "mes", "status", "--json", env=env).stdout)
        counts = {one["destination"]: one["waiting"] for one in waiting["destinations"]}
        assert counts == {"drop": 0, "mes": 9}
        close = ("batch", "close", "WO1", "--operator", "li", "--station", "desk")
        closed = run_burner(tmp_path, *close, env=env)
        assert closed.returncode == 0
        assert "MES mes: 9 messages wait" in closed.stderr
        receiver.reply = lambda _: Reply()
        receiver.posted.clear()
        sent = run_burner(tmp_path, "mes", "send", "--station-file", file, env=env)
    assert (sent.returncode, sent.stderr) == (0, "")
    assert "MES mes: 9 messages delivered" in sent.stdout
    assert len({posted.headers["webhook-id"] for posted in receiver.posted}) == 9
    assert "MES" not in run_burner(tmp_path, "batch", "status", "WO1", env=env).stderr


def test_the_end_of_a_run_names_the_command_with_its_manifest(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(503)
        file = station_file(tmp_path, receiver, asks=False)
        ran = run_burner(
            tmp_path,
            *("burn", str(PROFILE), "--station-file", str(file), "--bench", "sim:1,baud=921600"),
            *("--batch", "WO1", "--manifest", "line.db", "--yes"),
            env={**ADDED, "MES_KEY": KEY, "BURNER_STATE": str(tmp_path / "state")},
        )
    assert ran.returncode == 0
    assert "Look: burner mes status --manifest" in ran.stdout + ran.stderr
    assert "line.db" in (ran.stdout + ran.stderr).split("Look: burner mes status")[1]
