"""Plain esptool on the command line against six chips, over every kind of port.

One process a chip runs all its commands, all chips at once on one bench.
"""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.bench.wire import pty

CHIPS = ("esp8266", "esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")
IMAGE = random.Random(3).randbytes(3000) + b"the same again " * 2000
AT = "0x10000"

Results = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Session:
    """What esptool said to each command, and what a chip's owner knows."""

    board: Mapping[str, str]
    results: Results
    folder: Path


def commands(folder: Path, stub: bool) -> dict[str, list[str]]:
    image = str(folder / "image.bin")
    rate = ["--baud", "921600"] if stub else ["--no-stub"]
    words = {
        "chip-id": [],
        "read-mac": [],
        "flash-id": [],
        "write-flash": [AT, image],
        "verify-flash": [AT, image],
        "read-flash": [AT, str(len(IMAGE) if stub else 1024), str(folder / f"read-{stub}.bin")],
        "erase-region": [AT, "0x1000"],
    }
    name = "stub" if stub else "ROM"
    return {f"{verb}, {name}": [*rate, verb, *rest] for verb, rest in words.items()}


def start(port: str, lines: list[list[str]]) -> "subprocess.Popen[str]":
    argument = json.dumps([["--port", port, *line] for line in lines])
    command = [sys.executable, "-m", "tests.bench.esptool_session", argument]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )


def finish(process: "subprocess.Popen[str]", names: list[str]) -> Results:
    out, _ = process.communicate(timeout=100)
    return {
        name: (status, text) for name, (status, text) in zip(names, json.loads(out), strict=True)
    }


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Session]]:
    folder = tmp_path_factory.mktemp("matrix")
    bench_file = folder / "bench.yaml"
    units = ", ".join(f"{{chip: {chip}}}" for chip in CHIPS)
    bench_file.write_text(f"slots: {len(CHIPS)}\nunits: [{units}]\n", encoding="utf-8")
    with BenchProcess(str(bench_file)) as bench:
        running = {}
        for slot, board in bench.boards.items():
            own = folder / board["chip"]
            own.mkdir()
            (own / "image.bin").write_bytes(IMAGE)
            lines = commands(own, stub=True) | commands(own, stub=False)
            process = start(bench.slots[slot]["esp"], list(lines.values()))
            running[board["chip"]] = (board, process, list(lines), own)
        yield {
            chip: Session(board, finish(process, names), own)
            for chip, (board, process, names, own) in running.items()
        }


@pytest.fixture(params=CHIPS)
def session(request: pytest.FixtureRequest, sessions: dict[str, Session]) -> Session:
    return sessions[request.param]


REFUSED = {
    # esptool's own: the ESP8266's ROM cannot do these, and no ROM but its stub erases a region.
    ("esp8266", "verify-flash, ROM"),
    ("esp8266", "read-flash, ROM"),
    ("esp8266", "erase-region, ROM"),
}


@pytest.mark.parametrize("name", [*commands(Path(), True), *commands(Path(), False)])
def test_esptool_does_every_command_or_refuses_it_by_itself(session: Session, name: str) -> None:
    status, text = session.results[name]
    if (session.board["chip"], name) in REFUSED:
        assert status == 2
        assert "not support" in text
    else:
        assert status == 0, text


def test_esptool_reads_the_mac_the_bench_announced(session: Session) -> None:
    for way in ("stub", "ROM"):
        assert session.board["mac"] in session.results[f"read-mac, {way}"][1]


def test_esptool_names_the_flash(session: Session) -> None:
    assert "Detected flash size: 4MB" in session.results["flash-id, stub"][1]


def test_what_esptool_reads_back_is_what_it_wrote(session: Session) -> None:
    read = (session.folder / "read-True.bin").read_bytes()
    assert hashlib.sha256(read).digest() == hashlib.sha256(IMAGE).digest()
    if session.board["chip"] != "esp8266":
        assert (session.folder / "read-False.bin").read_bytes() == IMAGE[:1024]


def test_esptool_verifies_what_it_wrote(session: Session) -> None:
    assert "verification successful" in session.results["verify-flash, stub"][1].lower()


@pytest.mark.skipif(not pty.AVAILABLE, reason="PTYs are for POSIX")
def test_esptool_flashes_over_a_pty_without_reset_lines(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(IMAGE)
    lines = commands(tmp_path, stub=True) | commands(tmp_path, stub=False)
    with BenchProcess("sim:1,chip=esp32s3", with_pty=True) as bench:
        path = bench.ready["slots"]["1"]["ports"]["esp"]["pty"]
        results = finish(start(path, list(lines.values())), list(lines))
    assert [status for status, _ in results.values()] == [0] * len(lines)
    assert "Chip was NOT reset" in results["chip-id, stub"][1]
    assert (tmp_path / "read-True.bin").read_bytes() == IMAGE


def test_esptool_flashes_over_a_plain_tcp_socket(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(IMAGE)
    lines = [commands(tmp_path, True)[f"{verb}, stub"] for verb in ("write-flash", "verify-flash")]
    with BenchProcess("sim:1,chip=esp32c6") as bench:
        port = bench.slots["1"]["esp"].replace("sim:", "socket:")
        results = finish(start(port, lines), ["write", "verify"])
    assert [status for status, _ in results.values()] == [0, 0]


def test_a_kept_flash_survives_the_bench(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(IMAGE)
    for verb in ("write-flash", "verify-flash"):
        with BenchProcess(f"sim:1,keep={tmp_path / 'flash'}") as bench:
            line = commands(tmp_path, stub=True)[f"{verb}, stub"]
            ((status, text),) = finish(start(bench.slots["1"]["esp"], [line]), [verb]).values()
        assert status == 0, text


def over_rfc2217(*line: str) -> str:
    """What esptool says to one command through pyserial's own, slow, RFC 2217 client."""
    with BenchProcess("sim:1,chip=esp32c3") as bench:
        port = bench.slots["1"]["esp"].replace("sim:", "rfc2217:")
        ((status, text),) = finish(start(port, [[*line]]), ["only"]).values()
    assert status == 0, text
    assert "NOT reset" not in text
    return text


def test_esptool_resets_a_chip_over_rfc2217() -> None:
    assert "MAC:" in over_rfc2217("--no-stub", "read-mac")


@pytest.mark.full
@pytest.mark.parametrize("way", ["--stub", "--no-stub"])
def test_esptool_flashes_over_rfc2217(tmp_path: Path, way: str) -> None:
    (tmp_path / "image.bin").write_bytes(IMAGE)
    rate = ["--baud", "921600"] if way == "--stub" else [way]
    text = over_rfc2217(*rate, "write-flash", AT, str(tmp_path / "image.bin"))
    assert "Hash of data verified" in text
