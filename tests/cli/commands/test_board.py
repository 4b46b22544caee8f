"""`burner board`: all stations as text, as JSON, and as a page until Ctrl-C."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.manifest.writing.ledger import Ledger
from tests.chinese import english_in
from tests.in_process import run_burner
from tests.manifest.records import burned, open_batch
from tests.wall.states import check


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("board") / "manifest.db"
    now = datetime.now(UTC)
    started = now - timedelta(seconds=20)
    with Ledger.open(path, "line1") as ledger:
        open_batch(ledger, "WO1", 100)
        for unit in range(3):
            burned(ledger, unit + 1, batch="WO1", slot=str(unit + 1), started=started)
        for unit in range(3):
            bad = Outcome.FAIL
            burned(ledger, unit + 10, bad, batch="WO1", slot="4", started=started)
    return path


def test_it_prints_how_the_stations_stand(manifest: Path) -> None:
    done = run_burner(manifest.parent, "board")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "good units today 3" in text
    assert "WO1 (plug-c3 1.2.0): 3 of 100 planned" in text
    assert "line1 slot 4: 3 boards in a row did not pass." in text
    assert "E501  3 today, 3 in the last hour: line1 slot 4" in text
    assert "→ " in text


def test_it_prints_it_in_chinese(manifest: Path) -> None:
    done = run_burner(manifest.parent, "board", "--lang", "zh")
    units = {f"7CDFA10000{n:02X}" for n in range(20)} | {f"7cdfa10000{n:02x}" for n in range(20)}
    known = {"line1", "plug-c3", "WO1", *units}
    assert english_in(done.stdout, known) == []


def test_json_is_that_of_the_schema(manifest: Path) -> None:
    state = json.loads(run_burner(manifest.parent, "board", "--json").stdout)
    check(state)
    assert [slot["slot"] for slot in state["stations"][0]["slots"]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("more", [[], ["--serve", "--http-port", "0"]])
def test_without_a_manifest_it_says_so(tmp_path: Path, more: list[str]) -> None:
    done = run_burner(tmp_path, "board", *more)
    assert done.returncode == 4
    assert "E701" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "--host goes with --serve"),
        (["--http-port", "80"], "--http-port goes with --serve"),
        (["--serve", "--json"], "--json prints once"),
    ],
)
def test_options_that_do_not_go_together(manifest: Path, arguments: list[str], words: str) -> None:
    done = run_burner(manifest.parent, "board", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_without_its_packages_it_says_what_to_install(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run_burner(manifest.parent, "board", "--serve")
    assert done.returncode == 3
    assert 'pip install "burner[board]"' in done.stderr
    assert run_burner(manifest.parent, "board").returncode == 0


def test_a_port_that_is_taken_is_a_clear_error(manifest: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_burner(manifest.parent, "board", "--serve", "--http-port", port)
    assert done.returncode == 3
    assert "E903" in done.stderr
    assert port in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child")
def test_it_serves_until_ctrl_c(manifest: Path) -> None:
    command = [sys.executable, "-m", "burner", "board", "--serve", "--http-port", "0"]
    with subprocess.Popen(
        [*command, "--host", "0.0.0.0"],
        cwd=manifest.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            port = process.stdout.readline().strip().rpartition(":")[2].rstrip("/")
            events = urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=20)
            state = json.loads(events.readline().removeprefix(b"data: "))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    events.close()
    check(state)
    assert process.returncode == 0
    assert "Everybody who reaches this computer" in errors
