"""A bench as a process: it says when it is ready, and never outlives whoever started it."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess, ControlClient
from burner.core.errors import BurnerError
from tests.bench.echo import becomes_true
from tests.processes import has_ended

pytestmark = pytest.mark.usefixtures("cold_processes")


@pytest.fixture(scope="module")
def bench() -> Iterator[BenchProcess]:
    with BenchProcess("sim:2,modem=simcom,seed=5") as served:
        yield served


def test_it_says_where_its_ports_are(bench: BenchProcess) -> None:
    assert list(bench.slots) == ["1", "2"]
    assert set(bench.slots["1"]) == {"esp", "modem"}
    assert all(url.startswith("sim://127.0.0.1:") for url in bench.slots["2"].values())


def test_it_says_which_boards_it_has(bench: BenchProcess) -> None:
    assert bench.boards["1"]["chip"] == "esp32c3"
    assert bench.boards["1"]["mac"] != bench.boards["2"]["mac"]
    assert len(bench.boards["1"]["imei"]) == 15


def test_its_hand_moves_boards(bench: BenchProcess) -> None:
    bench.control.unplug("2")
    assert bench.control.slots()["2"] == {}
    bench.control.plug("2")
    assert set(bench.control.slots()["2"]) == {"esp", "modem"}


def test_it_counts_the_bytes_on_the_wire(bench: BenchProcess) -> None:
    assert set(bench.control.traffic("1")) == {"to_chip", "to_host"}


def test_modules_in_the_current_folder_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "serial", "yaml", "esptool"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    with BenchProcess("sim:1") as served:
        assert list(served.slots) == ["1"]


def test_a_wrong_spec_ends_with_its_own_code() -> None:
    with pytest.raises(BurnerError) as refused, BenchProcess("sim:1,chip=esp99"):
        pass
    assert refused.value.code == "E192"
    assert "esp99" in refused.value.detail


def test_a_bench_that_is_gone_is_named() -> None:
    bench = BenchProcess("sim:1").start()
    control = bench.control
    os.kill(bench.pid, 9)
    assert becomes_true(lambda: not answers(control))
    with pytest.raises(BurnerError) as gone:
        control.status()
    assert gone.value.code == "E194"
    bench.close()
    with pytest.raises(BurnerError):
        _ = bench.control


def test_a_bench_that_ends_before_it_is_ready_says_how() -> None:
    with pytest.raises(BurnerError) as refused:
        BenchProcess("--no-such-option").start()
    assert (refused.value.code, refused.value.detail) == ("E194", "exit 2")


def test_it_ends_with_the_block() -> None:
    with BenchProcess("sim:1") as bench:
        pid = bench.pid
        assert not has_ended(pid)
    assert has_ended(pid)


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = textwrap.dedent("""
        import time
        from burner.bench.process import BenchProcess
        bench = BenchProcess("sim:1").start()
        print(bench.ready["control"], flush=True)
        time.sleep(60)
    """)
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    assert serves(address)
    process.kill()
    process.communicate()
    assert becomes_true(lambda: not serves(address))


def test_its_ready_line_is_one_json_object() -> None:
    command = [sys.executable, "-m", "burner.bench", "sim:1"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=100, check=True)
    ready = json.loads(done.stdout)
    assert set(ready) == {"control", "slots", "waiting", "shelf", "boots"}
    assert done.stderr == b""


def answers(control: ControlClient) -> bool:
    try:
        return bool(control.status())
    except BurnerError:
        return False


def serves(address: str) -> bool:
    try:
        ControlClient(address).close()
    except OSError:
        return False
    return True
