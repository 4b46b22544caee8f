"""`burner bench run` from a shell."""

import json
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.bench.unit.firmware_entry import FirmwareEntry
from burner.bench.unit.unit_spec import FaultKind
from burner.bench.wire import pty
from burner.cli.commands.bench import bench
from tests.runs import burn

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "burner", "bench", "run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: "subprocess.Popen[str]", end: str) -> str:
    assert process.stdout is not None
    text = ""
    while end not in text:
        line = process.stdout.readline()
        assert line, "the bench ended"
        text += line
    return text


@posix
def test_a_person_reads_ports_and_examples_and_ends_it_with_ctrl_c() -> None:
    with running("sim:2,chip=esp32s3") as process:
        text = until(process, "Ctrl-C")
        assert "2 boards: spoken for by the model (programs of esp32s3 are not executed)" in text
        assert text.count("esp32s3") == 3
        assert "sim://127.0.0.1:" in text
        assert "esptool --port rfc2217://127.0.0.1:" in text
        assert not pty.AVAILABLE or "/dev/" in text
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")


def test_a_script_reads_one_json_line() -> None:
    with running("sim:1", "--json", "--no-pty") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        port = ready["slots"]["1"]["ports"]["esp"]
        assert port["url"].startswith("sim://")
        assert port["pty"] is None


@posix
def free_pair() -> int:
    """The first of two free ports, of those that the system gives nobody who asks for any."""
    while True:
        number = random.randrange(20_000, 30_000)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", number))
            second.bind(("127.0.0.1", number + 1))
            return number


def test_ports_start_where_they_are_asked_to() -> None:
    number = free_pair()
    with running("sim:2", "--json", "--base-port", str(number)) as process:
        slots = json.loads(until(process, "\n"))["slots"]
        assert slots["1"]["ports"]["esp"]["url"].endswith(f":{number}")
        assert slots["2"]["ports"]["esp"]["url"].endswith(f":{number + 1}")


def test_a_wrong_spec_is_refused_with_exit_status_3() -> None:
    with running("sim:1,chip=esp99") as process:
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 3
        assert "E192" in errors
        assert "esp32c3" in errors


def test_the_help_names_every_key_of_a_units_firmware() -> None:
    shown = CliRunner().invoke(bench, ["run", "--help"]).output
    keys = {
        line.split()[0] for line in shown.splitlines() if line.startswith("    ") and line.split()
    }
    assert set(FirmwareEntry.model_fields) <= keys
    guide = (Path(__file__).parents[3] / "docs" / "bench.md").read_text(encoding="utf-8")
    assert all(f"| `{key}` |" in guide for key in FirmwareEntry.model_fields)


def test_the_page_has_every_kind_of_fault() -> None:
    page = (Path(__file__).parents[3] / "docs" / "bench.md").read_text(encoding="utf-8")
    table = page.partition("### Faults")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE) == list(FaultKind)


def test_a_bench_is_served_like_the_product() -> None:
    profile = Path(__file__).parents[3] / "profiles" / "sensor-esp32.yaml"
    with running("sim:1", "--json", "--no-pty", "--profile", str(profile)) as process:
        ready = json.loads(until(process, "\n"))
        assert ready["slots"]["1"]["board"]["chip"] == "esp32"


def test_the_unit_of_the_guide_with_a_fault_shows_it(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "bench.md").read_text(encoding="utf-8")
    (unit,) = re.findall(r"^  - (\{.*faults: .*\})$", page, re.MULTILINE)
    (tmp_path / "bench.yaml").write_text(f"slots: 1\nunits: [{unit}]\n", encoding="utf-8")
    (finished,) = burn(tmp_path, "--bench", "bench.yaml", "--batch", "WO1").finished
    assert (finished["outcome"], finished["code"]) == ("ERROR", "E505")
