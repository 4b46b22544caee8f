"""A slot behind a server in the network (RFC 2217, raw TCP), and the server goes away."""

import threading
import time
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.core.errors import BurnerError
from burner.devices.device import ConnectPlan
from burner.devices.esp import EspDevice
from burner.devices.segment_cache import SegmentCache
from tests.runs import ROOT, manifest, start

BAUD = 921600
LARGE = ROOT / "profiles" / "sensor-esp32.yaml"
"""A product that takes long to burn."""
SCHEMES = pytest.mark.parametrize("scheme", ["rfc2217", "socket"])


def port(bench: BenchProcess, scheme: str) -> str:
    url: str = bench.ready["slots"]["1"]["ports"]["esp"]["rfc2217"]
    return url.replace("rfc2217:", f"{scheme}:")


def wait_for_write(bench: BenchProcess) -> None:
    deadline = time.monotonic() + 60
    while bench.control.traffic("1")["to_chip"].get(BAUD, 0) < 30_000:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@SCHEMES
def test_a_server_that_goes_away_in_mid_write_is_named_at_once(tmp_path: Path, scheme: str) -> None:
    with BenchProcess(f"sim:1,baud={BAUD}", profile=LARGE) as bench:
        at = ("--port", port(bench, scheme), "--once", "--batch", "B")
        running = start(tmp_path, *at, profile=LARGE)
        wait_for_write(bench)
        bench.close()
        gone = time.monotonic()
        end = running.until(lambda line: line["event"] == "finished")
    assert (end["outcome"], end["code"], end["step"]) == ("ERROR", "E319", "write")
    assert end["detail"].startswith(port(bench, scheme))
    assert end["at"] - gone < 10  # seconds; on a quiet computer it is at once
    assert running.end().status == 1
    assert [record["code"] for record in manifest(tmp_path)] == ["E319"]


@SCHEMES
def test_a_server_that_goes_away_during_the_boot_is_not_blamed_on_the_unit(
    tmp_path: Path, scheme: str
) -> None:
    with BenchProcess("sim:1,chip=esp32c3") as bench:
        esp = EspDevice({"esp": port(bench, scheme)}, tmp_path / "slot.log", SegmentCache())
        esp.identify(ConnectPlan("esp32c3", BAUD))
        closing = threading.Timer(0.3, bench.close)
        closing.start()
        with pytest.raises(BurnerError) as caught:
            esp.boot(20.0, lambda _: False)
        closing.join()
        esp.stop()
    assert caught.value.code == "E319"
