"""What an operator scans and types during `burner burn`, on a terminal of its own or at ports."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from burner.bench.process import BenchProcess
from burner.bench.unit.unit_spec import mac_for
from burner.station.scanning.operator_commands import REWORK, reason_barcode, slot_barcode
from tests.cli.run.event_lines import wrong_with
from tests.runs import ADDED, PROFILE, ROOT, Running, burner, in_state, manifest, start
from tests.warm.process import SERVERS

pexpect = pytest.importorskip("pexpect", reason="a terminal of our own needs a POSIX system")

Line = Mapping[str, Any]
SERIAL_ONLY = r"""
name: {template: "{serial}"}
identity:
  serial: {source: label, pattern: 'PLG[0-9]{4}'}
  label: {pattern: 'SN:(?P<serial>\w+)( MAC:(?P<mac>[0-9A-F]{6}))?'}
"""
REASONS = """
name: {template: "{mac}"}
rework:
  reasons: [new antenna, flash replaced]
"""


def product(folder: Path, rest: str) -> Path:
    """The plug with other keys from `name` on."""
    plug = PROFILE.read_text(encoding="utf-8").split("\nname:")[0]
    path = folder / "product.yaml"
    path.write_text(plug.replace("../firmware", str(ROOT / "firmware")) + rest, encoding="utf-8")
    return path


class Operator:
    """Somebody at a terminal, with a scanner that acts as a keyboard; reads the JSON lines."""

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        self.lines: list[Line] = []
        program, *first = SERVERS.command()
        first += ["burn", *map(str, arguments)]
        self._child = pexpect.spawn(
            program,
            [*first, "--batch", "B", "--operator", "li", "--yes", "--json"],
            cwd=str(folder),
            env={**os.environ, **ADDED},
            dimensions=(24, 4000),
            encoding="utf-8",
            timeout=150,
        )

    def until(self, wanted: Callable[[Line], bool]) -> Line:
        """Read lines until one is wanted."""
        while True:
            text = self._child.readline()
            assert text, self.lines[-5:]
            _typed, brace, rest = text.partition("{")  # at the end the terminal echoes again
            if not brace:
                continue
            self.lines.append(json.loads(brace + rest))
            assert wrong_with(self.lines[-1]) == ""
            if wanted(self.lines[-1]):
                return self.lines[-1]

    def scans(self, text: str) -> None:
        """The scanner types a text without Enter, all at once."""
        self._child.send(text)

    def presses(self, key: str) -> None:
        """A key, and the moment after which it counts alone."""
        self._child.send(key)
        time.sleep(0.8)

    def stops(self) -> None:
        self._child.kill(signal.SIGINT)

    def ends(self) -> Line:
        last = self.until(lambda line: line["event"] == "summary")
        self._child.expect(pexpect.EOF)
        self._child.close()
        return last


def asks(slot: str = "") -> Callable[[Line], bool]:
    """A slot, or this one, wants its label."""
    return lambda line: line.get("state") in ("SCAN", "RESCAN") and slot in ("", line["slot"])


def test_no_unit_gets_anothers_serial_number_whatever_is_scanned_between(tmp_path: Path) -> None:
    operator = Operator(tmp_path, product(tmp_path, SERIAL_ONLY), "--bench", "sim:8")
    for _ in range(8):
        slot = operator.until(asks())["slot"]
        operator.scans("4006381333931")  # a code from the packaging
        assert operator.until(asks())["slot"] == slot
        operator.scans(f"SN:PLG000{slot}")
        assert operator.until(lambda line: line["event"] == "label")["slot"] == slot
        time.sleep(0.3)
        operator.scans(f"SN:PLG000{slot}")  # the scanner reads twice
        time.sleep(0.3)
    assert operator.ends()["exit_code"] == 0
    named = {row["slot"]: row["device_name"] for row in manifest(tmp_path)}
    assert named == {str(n): f"PLG000{n}" for n in range(1, 9)}
    order = [line["slot"] for line in operator.lines if line.get("state") == "SCAN"]
    assert order == [str(n) for n in range(1, 9)]


def test_a_slot_is_chosen_and_a_label_that_names_its_board_finds_it(tmp_path: Path) -> None:
    operator = Operator(tmp_path, product(tmp_path, SERIAL_ONLY), "--bench", "sim:3")
    operator.until(asks("1"))
    operator.presses("3")
    operator.until(asks("3"))
    operator.scans(f"SN:PLG0002 MAC:{mac_for(1, 1).octets.hex().upper()[-6:]}\r")
    assert operator.until(lambda line: line["event"] == "label")["slot"] == "2"
    operator.scans("SN:PLG0003")
    operator.until(asks("1"))
    operator.scans("SN:PLG0001")
    assert operator.ends()["exit_code"] == 0
    named = {row["slot"]: row["device_name"] for row in manifest(tmp_path)}
    assert named == {str(n): f"PLG000{n}" for n in (1, 2, 3)}


def test_a_label_that_does_not_agree_with_the_record_is_asked_again_and_fails_nobody(
    tmp_path: Path,
) -> None:
    source, first = product(tmp_path, SERIAL_ONLY), str(mac_for(1, 0))
    monday = Operator(tmp_path, source, "--bench", "sim:1,keep=flash")
    monday.until(asks())
    monday.scans("SN:PLG0001")
    assert monday.ends()["exit_code"] == 0
    tuesday = Operator(tmp_path, source, "--bench", "sim:2,keep=flash")

    def is_refused(text: str) -> tuple[str, str, str]:
        tuesday.scans(text)
        line = tuesday.until(lambda line: line["event"] == "waiting")
        return line["slot"], line["code"], line["detail"]

    tuesday.until(asks("1"))
    assert is_refused("SN:PLG0002") == ("1", "E438", "PLG0001 ≠ PLG0002")
    tuesday.presses("2")
    tuesday.until(asks("2"))
    slot, code, detail = is_refused("SN:PLG0001")
    assert (slot, code) == ("2", "E435")
    assert f"PLG0001: {first}" in detail
    time.sleep(2)
    tuesday.scans("SN:PLG0002")
    tuesday.until(asks("1"))
    tuesday.scans("SN:PLG0001")
    counts = tuesday.ends()["counts"]
    assert (counts["PASS"], counts["KNOWN"], counts["FAIL"], counts["ERROR"]) == (1, 1, 0, 0)


def test_a_dead_board_that_is_announced_is_on_record_and_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "bench.yaml").write_text("slots: 1\nunits: [{faults: [{kind: dead}]}]\n")
    operator = Operator(tmp_path, PROFILE, "--bench", "bench.yaml", "--watch")
    operator.until(lambda line: line["event"] == "silent" and line["seconds"] >= 4)
    assert manifest(tmp_path) == []
    operator.presses("1")
    operator.until(in_state("1", "ERROR"))
    operator.stops()
    assert operator.ends()["silent"] == [{"slot": "1", "code": "E301"}]
    report = burner(tmp_path, "report", "--batch", "B", "--json")
    figures = json.loads(report.stdout)
    assert figures["slots"][0]["outcomes"]["ERROR"] == figures["without_unit"] == 1
    assert [(f["code"], f["units"]) for f in figures["failures"]] == [("E301", 0)]


def test_a_garbling_board_is_tried_and_on_record(tmp_path: Path) -> None:
    bench = "slots: 1\nunits: [{faults: [{kind: garble, baud: 2400}]}]\n"
    (tmp_path / "bench.yaml").write_text(bench)
    running = start(tmp_path, "--bench", "bench.yaml", "--watch", "--batch", "B")
    running.until(in_state("1", "ERROR"))
    running.signal(signal.SIGINT)
    running.end()
    (row,) = manifest(tmp_path)
    assert (row["outcome"], row["code"], row["unit_id"]) == ("ERROR", "E301", "")


@pytest.mark.parametrize("by", ["keys", "barcodes"])
def test_a_rework_is_ordered_while_the_line_runs(tmp_path: Path, by: str) -> None:
    operator = Operator(tmp_path, product(tmp_path, REASONS), "--bench", "sim:2", "--watch")
    for _ in range(2):
        operator.until(lambda line: line.get("state") == "PASS")
    if by == "keys":
        for key in ("r", "2", "1"):
            operator.presses(key)
    else:
        for text in (REWORK, slot_barcode("2"), reason_barcode("new antenna")):
            operator.scans(text)
            time.sleep(0.4)
    operator.until(in_state("2", "PASS"))
    operator.stops()
    operator.ends()
    rows = [(row["slot"], row["rework"], row["outcome"]) for row in manifest(tmp_path)]
    assert sorted(rows) == [("1", "", "PASS"), ("2", "", "PASS"), ("2", "new antenna", "PASS")]
    assert {row["operator"] for row in manifest(tmp_path)} == {"li"}


# -- scanners on ports of their own ---------------------------------------------------------------


class Scanner:
    """A scanner behind a network address."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def connect(self) -> None:
        self._server.settimeout(30)
        self._line, _ = self._server.accept()

    def send(self, text: str) -> None:
        self._line.sendall(text.encode())

    def close(self) -> None:
        self._line.close()
        self._server.close()


@pytest.fixture
def scanners() -> Iterator[list[Scanner]]:
    made = [Scanner(), Scanner()]
    yield made
    for scanner in made:
        scanner.close()


def at_ports(folder: Path, bench: BenchProcess, scanners: list[Scanner]) -> Running:
    """A watch whose slots are the bench's, with scanners on ports."""
    slots = "".join(f'  "{s}": {{esp: {{url: "{p["esp"]}"}}}}\n' for s, p in bench.slots.items())
    ports = "".join(f'    - {{url: "{scanner.url}"}}\n' for scanner in scanners)
    text = f"station: line1\nslots:\n{slots}scanner:\n  prefixes: ['~']\n  ports:\n{ports}"
    (folder / "line1.yaml").write_text(text, encoding="utf-8")
    source = product(folder, SERIAL_ONLY)
    return start(folder, "--station-file", "line1.yaml", "--batch", "B", profile=source)


def until_read(bench: BenchProcess, slot: str, like: str) -> None:
    """Wait until the IDs of a board are read: it has sent what the one in slot `like` has sent."""

    def sent(slot: str) -> int:
        return sum(bench.control.traffic(slot)["to_host"].values())

    deadline = time.monotonic() + 150
    while sent(slot) < 0.9 * sent(like):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)  # for the last answers


def test_two_scanners_at_once_without_enter_with_prefixes_do_not_mix(
    tmp_path: Path, scanners: list[Scanner]
) -> None:
    with BenchProcess("sim:2") as bench:
        running = at_ports(tmp_path, bench, scanners)
        for scanner in scanners:
            scanner.connect()
        running.until(in_state("1", "SCAN"))
        mac = mac_for(1, 1).octets.hex().upper()[-6:]
        running.until(in_state("2", "SEEN"))
        until_read(bench, "2", like="1")
        for number in range(0, 10, 2):  # both at once, in pieces
            scanners[0].send(("~SN:PLG0001")[number : number + 2])
            scanners[1].send((f"]C1SN:PLG0002 MAC:{mac}")[number * 2 : number * 2 + 4])
        scanners[0].send("1")
        scanners[1].send(f"]C1SN:PLG0002 MAC:{mac}"[20:] + "\r")
        ran = running.end()
    assert ran.status == 0, ran.errors
    named = {row["slot"]: row["device_name"] for row in manifest(tmp_path)}
    assert named == {"1": "PLG0001", "2": "PLG0002"}


def test_a_scanner_that_is_not_there_is_told_and_used_when_it_comes(tmp_path: Path) -> None:
    scanner = Scanner()
    port = scanner._server.getsockname()[1]
    scanner._server.close()
    with BenchProcess("sim:1") as bench:
        running = at_ports(tmp_path, bench, [scanner])
        running.until(lambda line: line["event"] == "scanner" and line["code"] == "E316")
        running.until(in_state("1", "SCAN"))
        scanner._server = socket.create_server(("127.0.0.1", port))
        scanner.connect()
        running.until(lambda line: line["event"] == "scanner" and not line["code"])
        scanner.send("SN:PLG0001\r\n")
        assert running.end().status == 0
    scanner.close()
