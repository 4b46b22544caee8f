"""`burner doctor`: a healthy station, and one with everything wrong."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from burner.cli.commands.doctor import doctor
from burner.manifest.local import keys
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import open_batch_for
from burner.manifest.writing.policies import withdraw_release
from burner.release.opening import open_keyless
from tests.images import write_product
from tests.manifest.postgres import Server
from tests.manifest.records import a_ledger, burned

PROFILE = str(Path(__file__).parents[3] / "profiles" / "plug-c3.yaml")
SECRET = "Q7wE2rT9yU4iO6pA1sD3fG5h"


def examine(*arguments: str, status: int = 0) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(doctor, [*arguments, "--json"], standalone_mode=False)
    assert result.exception is None, result.exception
    assert result.return_value == status
    return {check["what"]: check for check in json.loads(result.stdout)}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)


def test_a_healthy_station_is_told_so_and_nothing_is_made(tmp_path: Path) -> None:
    checks = examine(PROFILE, "--bench", "sim:2")
    assert {check["state"] for check in checks.values()} <= {"ok", "warn"}
    assert checks["release"]["detail"].startswith("plug-c3 1.2.0")
    assert checks["slots"]["detail"] == "2 of 2"
    assert "esptool" in checks["worker"]["detail"]
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_not_told() -> None:
    assert SECRET not in json.dumps(examine(PROFILE))


def test_a_missing_secret_fails_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUG_C3_SECRET")
    check = examine(PROFILE, status=4)["secret"]
    assert (check["state"], check["code"]) == ("fail", "E151")
    assert check["do"]


def test_a_release_that_cannot_be_read_fails(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("burner: 1\n", encoding="utf-8")
    assert examine("x.yaml", status=4)["release"]["code"].startswith("E1")


def test_limits_of_the_release_are_compared_with_station_and_clock(tmp_path: Path) -> None:
    product = str(write_product(tmp_path, limits="{stations: [line2], valid_from: 2025-01-01}"))
    assert examine(product, "--station", "line2")["limits"]["detail"] == (
        "this station may burn it; from 2025-01-01 00:00 UTC; stations line2"
    )
    assert examine(product, "--station", "line1", status=4)["limits"]["code"] == "E239"


def test_a_release_that_the_log_takes_no_more_fails(tmp_path: Path) -> None:
    product = write_product(tmp_path, quantity="1")
    with a_ledger(tmp_path) as ledger:
        open_batch_for(ledger, open_keyless(product), "WO1", quantity=None, operator="li")
        row = ledger.reader.batch("WO1")
        assert row
        assert examine(str(product))["release in log"]["state"] == "ok"
        facts: dict[str, Any] = {"profile": row.profile, "product_id": row.product_id}
        burned(ledger, 1, batch="WO1", release_digest=row.release_digest, **facts)
        assert examine(str(product), status=4)["release in log"]["code"] == "E460"
        why = {"operator": "bob", "reason": "it bricks"}
        withdraw_release(ledger, row.release_digest, "", None, **why)
    check = examine(str(product), status=4)["release in log"]
    assert (check["code"], "by bob, record 4: it bricks" in check["detail"]) == ("E228", True)


def test_a_station_whose_key_is_not_in_the_log_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "one"))
    with a_ledger(tmp_path) as ledger:
        burned(ledger, 1)
    assert examine("--station", "line1")["key in the log"]["state"] == "ok"
    assert "at its first record" in examine("--station", "line2")["key in the log"]["detail"]
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "another"))
    assert examine("--station", "line2", status=4)["key in the log"]["code"] == "E757"
    keys.make_key("line2")
    check = examine("--station", "line2", status=4)["key in the log"]
    assert (check["code"], "station line2, key burner/" in check["detail"]) == ("E757", True)


def test_a_manifest_that_is_gone_from_its_place_fails(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "manifest.db", "line1") as ledger:
        burned(ledger, 1)
    assert "1 attempt" in examine()["manifest"]["detail"]
    (tmp_path / "manifest.db").rename(tmp_path / "away.db")
    assert examine(status=4)["manifest"]["code"] == "E710"


def test_a_file_that_holds_nothing_yet_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "manifest.db").touch()
    assert examine()["manifest"]["detail"].endswith("is empty: it is made at the first use")


def test_an_empty_database_on_a_server_is_no_failure(server: Server) -> None:
    url = server.database()
    check = examine("--manifest", url)["manifest"]
    assert (check["state"], check["code"]) == ("ok", "")
    assert check["detail"].endswith("is empty: it is made at the first use")
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
    assert examine("--manifest", url)["manifest"]["detail"].endswith("1 attempt")


def test_a_database_where_no_table_may_be_made_fails(server: Server) -> None:
    url = server.database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public"))
    engine.dispose()
    assert examine("--manifest", url, status=4)["manifest"]["code"] == "E706"


def test_the_key_of_a_station_is_made_at_its_first_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    (tmp_path / "line.yaml").write_text(
        "station: line7\nslots: {a: {esp: {url: 'socket://127.0.0.1:1'}}}", encoding="utf-8"
    )
    check = examine("--station-file", "line.yaml", status=4)["signing key"]
    assert (check["state"], check["detail"]) == ("ok", "line7: it is made at the first record")
    keys.make_key("line7")
    check = examine("--station-file", "line.yaml", status=4)["signing key"]
    assert (check["state"], check["detail"]) == ("ok", "of line7, no passphrase")


def test_a_key_that_is_damaged_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("BURNER_STATION", "line7")
    keys.make_key("line7")
    (tmp_path / "state" / "keys" / "line7" / "current").write_text("")
    assert examine(status=4)["signing key"]["code"] == "E722"


def test_a_key_whose_file_is_gone_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("BURNER_STATION", "line7")
    keys.make_key("line7")
    (pem,) = (tmp_path / "state" / "keys" / "line7").glob("*.pem")
    pem.unlink()
    check = examine(status=4)["signing key"]
    assert check["code"] == "E722"
    assert str(pem) in check["detail"]


def test_a_manifest_that_is_something_else_fails(tmp_path: Path) -> None:
    (tmp_path / "manifest.db").write_text("a shopping list", encoding="utf-8")
    assert examine(status=4)["manifest"]["code"] == "E702"


def test_a_slot_without_its_port_and_a_missing_slot_fail(tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text("slots: {a: {esp: {location: 99-9}}}", encoding="utf-8")
    checks = examine("--station-file", "line.yaml", "--slots", "2", status=4)
    assert checks["slot a"]["code"] == "E302"
    assert checks["slots"]["code"] == "E327"


def test_a_port_in_the_network_is_good_only_while_its_server_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = f"""
slots: {{a: {{esp: {{url: "rfc2217://127.0.0.1:{port}"}}}}}}
scanner: {{ports: [{{location: 99-8}}, {{url: "socket://127.0.0.1:{port}"}}]}}
"""
        (tmp_path / "line.yaml").write_text(text, encoding="utf-8")
        checks = examine("--station-file", "line.yaml", status=4)
    assert (checks["slot a"]["state"], checks["slots"]["detail"]) == ("ok", "1 of 1")
    assert checks["scanner 1"]["code"] == "E316"
    assert (checks["scanner 2"]["state"], checks["scanner 2"]["detail"]) == (
        "ok",
        f"socket://127.0.0.1:{port}",
    )
    checks = examine("--station-file", "line.yaml", status=4)
    assert checks["slot a"]["code"] == "E302"
    assert checks["slot a"]["detail"].startswith(f"rfc2217://127.0.0.1:{port}: ")
    assert checks["slots"]["code"] == "E327"
    assert checks["scanner 2"]["code"] == "E316"


def test_people_get_a_table_and_the_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUG_C3_SECRET")
    result = CliRunner().invoke(doctor, [PROFILE], standalone_mode=False)
    assert "✘ fail" in result.stdout
    assert "→ Set the variable" in result.stdout
