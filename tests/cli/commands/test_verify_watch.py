"""`burner verify --watch`: QA checks sample after sample, without the secret, in any slot."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from burner.bench.process import BenchProcess
from burner.bench.unit.unit_spec import mac_for
from burner.cli.terminal import screen
from burner.cli.terminal.big_word import Large, in_letters
from burner.manifest.reading.audits import recorded_checks
from burner.manifest.reading.reader import ManifestReader
from tests.chinese import english_in
from tests.cli.run.event_lines import wrong_with
from tests.images import PRODUCT_ID, SECRET, write_product
from tests.in_process import Completed, run_burner
from tests.runs import ROOT, burn
from tests.warm.process import SERVERS

UNITS = 3
APP = 0x10000
"""Where the application lies."""
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A product, three units of it in a box, their records; the second was changed. No secret."""
    path = write_product(tmp_path, name='{template: "P-{mac}"}')
    bench = ("--bench", f"sim:1,keep=flash,boards={UNITS}", "--count", str(UNITS))
    assert burn(tmp_path, *bench, "--batch", "WO1", "--operator", "li", profile=path).status == 0
    (tmp_path / "secret.txt").unlink()
    with ManifestReader.open(tmp_path / "manifest.db") as reader:
        regions = next(reader.attempts_json())["regions"]
    (app,) = (region for region in regions if region["name"] == "app")
    assert app["offset"] == APP
    flash = tmp_path / "flash" / f"{mac_for(1, 1).octets.hex()}.flash"
    with flash.open("r+b") as file:
        file.seek(APP + 16)
        file.write(b"\xa5\x5a")
    return tmp_path


def environment() -> dict[str, str]:
    """That of this test: the key of the station lies in its state folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> list[str]:
    return [*SERVERS.command(), "verify", "product.yaml", *arguments]


def verify(desk: Path, *arguments: str) -> Completed:
    return run_burner(desk, "verify", "product.yaml", *arguments)


def lines_of(output: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines()]
    for line in lines:
        assert wrong_with(line) == "", line
    return lines


def name_of(number: int) -> str:
    return f"P-{mac_for(1, number).octets.hex().upper()}"


def test_sample_after_sample_is_shown_with_what_differs_and_counted_at_the_end(desk: Path) -> None:
    ran = verify(desk, "--bench", f"sim:1,keep=flash,boards={UNITS + 1}", "--count", "4")
    assert ran.returncode == 1, ran.stderr
    output = ran.stdout
    order = ["PASS", "DIFFERS", "PASS", "FAIL"]
    assert [line for line in output.splitlines() if line in order] == order
    assert f"slot 1  sample 2/4  {name_of(1)}  {mac_for(1, 1)}" in output
    assert f"app at {APP:#x}" in output
    assert output.count("Take it out.") == 4
    assert "samples checked: 4  PASS 2, DIFFERS 1, FAIL 1" in output
    assert "E740 This unit does not agree with its record" in ran.stderr
    assert "E620 The manifest has no PASS for this unit." in ran.stderr
    assert SECRET not in output + ran.stderr


def test_boards_that_a_person_swaps_in_two_slots_are_lines_of_json(desk: Path) -> None:
    bench = f"sim:2,keep=flash,boards={UNITS},swap=0.5"
    ran = verify(desk, "--bench", bench, "--watch", "--count", str(UNITS), "--json")
    start, *samples, last = lines_of(ran.stdout)
    assert (ran.returncode, start["event"], last["event"]) == (1, "start", "verify summary")
    assert sorted(line["sample"] for line in samples) == [1, 2, 3]
    good = {line["device_name"]: line["good"] for line in samples}
    assert good == {name_of(0): True, name_of(1): False, name_of(2): True}
    assert {line["slot"] for line in samples} == {"1", "2"}
    (bad,) = (line for line in samples if not line["good"])
    differs = [check["what"] for check in bad["checks"] if check["verdict"] == "differs"]
    assert (bad["code"], differs) == ("E740", [f"app at {APP:#x}"])
    (key,) = (check for check in bad["checks"] if check["what"] == "key configuration")
    assert (key["verdict"], key["why"]) == ("same", PRODUCT_ID)
    assert last["counts"] == {"PASS": 2, "DIFFERS": 1, "FAIL": 0, "ERROR": 0}


def test_each_sample_is_on_record_for_the_audit(desk: Path) -> None:
    bench = ("--bench", f"sim:1,keep=flash,boards={UNITS}", "--count", str(UNITS))
    ran = verify(desk, *bench, "--record", "--operator", "qa", "--json")
    assert [line["good"] for line in lines_of(ran.stdout)[1:-1]] == [True, False, True]
    with ManifestReader.open(desk / "manifest.db") as reader:
        checks = {check.unit_id: check.good for check in recorded_checks(reader, "WO1")}
    assert checks == {str(mac_for(1, n)): n != 1 for n in range(UNITS)}


def test_everything_that_is_said_is_chinese_when_asked(desk: Path) -> None:
    bench = f"sim:1,keep=flash,boards={UNITS + 1}"
    ran = verify(desk, "--bench", bench, "--count", "4", "--lang", "zh")
    assert "不符" in ran.stdout
    names = [name_of(n) for n in range(UNITS)]
    known = (*names, "blinky", "WO1", "li", f"app at {APP:#x}", "PASS", *stations(desk))
    assert english_in(ran.stdout, known) == []
    assert english_in(ran.stderr, known) == []


def stations(desk: Path) -> Sequence[str]:
    with ManifestReader.open(desk / "manifest.db") as reader:
        return list({element["station"] for element in reader.attempts_json()})


@contextmanager
def watching(desk: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A run at the desk, ended with the block."""
    process = subprocess.Popen(
        command(*arguments, "--watch", "--json"),
        cwd=desk,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: "subprocess.Popen[str]", event: str) -> dict[str, Any]:
    """Wait for a line with this event."""
    assert process.stdout is not None
    for text in process.stdout:
        (line,) = lines_of(text)
        if line["event"] == event:
            return line
    raise AssertionError(f"no {event}")


@posix
def test_a_unit_that_comes_in_twice_is_one_sample_and_ctrl_c_ends_with_the_counts(
    desk: Path,
) -> None:
    with (
        BenchProcess(f"sim:1,keep={desk / 'flash'},boards={UNITS}") as bench,
        watching(desk, "--bench", bench.ready["control"]) as process,
    ):
        first = until(process, "verified")
        for board in (0, 1):  # the next one; the first one again
            bench.control.remove("1")
            until_gone()
            bench.control.insert("1", board)
            line = until(process, "verified")
        process.send_signal(signal.SIGINT)
        last = until(process, "verify summary")
        assert process.wait(20) == 130
    assert (first["sample"], first["again"]) == (1, False)
    assert (line["sample"], line["again"], line["unit_id"]) == (1, True, first["unit_id"])
    assert (last["samples"], last["exit_code"]) == (2, 130)


def until_gone() -> None:
    """As long as a hand needs to put the next board in."""
    time.sleep(1.5)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_on_a_terminal_the_verdict_stands_large(desk: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        command()[0],
        [*command()[1:], "--bench", f"sim:1,keep=flash,boards={UNITS}", "--count", "2"],
        cwd=str(desk),
        env={**environment(), "TERM": "xterm-256color"},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=150,
    )
    for word in ("PASS", "DIFFERS"):
        drawn = in_letters(word)
        assert drawn is not None
        child.expect_exact(drawn.lines[0])
        child.expect("Take it out")
    child.expect("PASS 1, DIFFERS 1")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_a_large_word_is_a_plain_line_on_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    screen.console.cache_clear()
    screen.large(Large(("█▀█",)), "PASS", "bold")
    screen.console.cache_clear()
    assert capsys.readouterr().out == "PASS\n"


def test_options_that_contradict_are_usage_errors(desk: Path) -> None:
    refused: Mapping[tuple[str, ...], str] = {
        ("--count", "0"): "--count",
        ("--record", "--watch"): "--operator ID",
    }
    for arguments, words in refused.items():
        ran = verify(desk, "--bench", "sim:1", *arguments)
        assert (ran.returncode, words in ran.stderr) == (2, True)
