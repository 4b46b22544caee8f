"""The real esptool, in its worker, against simulated chips: identify, write, verify, read, boot."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.core.errors import BurnerError
from burner.core.segments import Segment
from burner.core.silicon import Silicon
from burner.devices.device import ConnectPlan, Contact
from burner.devices.esp import EspDevice
from burner.devices.segment_cache import SegmentCache
from tests.processes import ends

CHIPS = ("esp8266", "esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")
BAUD = 921600
SLOW = 230400
SLOW_PLAN = ConnectPlan("esp32c3", SLOW, early_baud=True)
SECRET = b"8XzjN8rfgFVGDTNTUGau4snA"


def noise(size: int, seed: bytes = b"app") -> bytes:
    return hashlib.shake_256(seed).digest(size)


APP = Segment("app", 0x10000, (noise(40_000) + bytes(60_000)) * 2)
TABLE = Segment("table", 0x8000, noise(3000, b"table"))
NVS = Segment("nvs", 0x9000, SECRET + noise(0x6000 - len(SECRET), b"nvs"), confidential=True)


@pytest.fixture(scope="module")
def bench(described: Callable[[str], BenchProcess]) -> Iterator[BenchProcess]:
    units = "".join(f"  - {{chip: {chip}}}\n" for chip in CHIPS)
    with described(f"slots: 6\ntime: off\nunits:\n{units}") as running:
        yield running


Slots = Callable[[str], EspDevice]


@pytest.fixture
def slot(bench: BenchProcess, tmp_path: Path) -> Iterator[Slots]:
    """An ESP of a chip, started; ended after the test."""
    made: list[EspDevice] = []

    def start(chip: str) -> EspDevice:
        ports = list(bench.slots.values())[CHIPS.index(chip)]
        esp = EspDevice(ports, tmp_path / f"{chip}.log", SegmentCache())
        made.append(esp)
        esp.start()
        return esp

    yield start
    for esp in made:
        esp.stop()


def plan(chip: str) -> ConnectPlan:
    return ConnectPlan(chip, BAUD, early_baud=True, attempt="A1")


def meet(esp: EspDevice, chip: str) -> Silicon:
    return esp.identify(plan(chip))


@pytest.mark.parametrize("chip", CHIPS)
def test_a_whole_unit_of_every_chip(slot: Slots, chip: str) -> None:
    esp = slot(chip)
    silicon = meet(esp, chip)
    assert silicon.chip == chip
    assert silicon.mac.octets != bytes(6)
    assert (silicon.flash_size, len(silicon.fingerprint)) == (4 * 1024 * 1024, 16)
    assert bool(silicon.eui64) == (chip == "esp32c6")
    assert silicon.mac_crc_ok is (True if chip == "esp32" else None)
    assert bool(silicon.revision) == (chip != "esp8266")
    assert not esp.matches(APP.region())
    progress = list(esp.write([APP, TABLE, NVS]))
    done, total = progress[-1]
    assert done == total
    assert [d for d, _ in progress] == sorted(d for d, _ in progress)
    assert esp.read(NVS.offset, len(NVS.data)) == NVS.data
    assert all(esp.matches(s.region()) for s in (APP, TABLE, NVS))
    assert esp.boot(0, lambda _: True) == ()
    esp.close()


@pytest.mark.parametrize("chip", CHIPS)
def test_the_rate_is_changed_before_the_stub_starts_where_the_rom_can(
    slot: Slots, tmp_path: Path, chip: str
) -> None:
    meet(slot(chip), chip)
    log = (tmp_path / f"{chip}.log").read_text()
    assert "early change to 921600 baud failed" not in log
    assert ("at 921600 baud early" in log) is (chip != "esp8266")


def test_an_early_change_of_rate_that_failed_is_not_tried_again_in_the_run(
    described: Callable[[str], BenchProcess], tmp_path: Path
) -> None:
    fault = "{kind: brown-out, step: baud, once: true}"
    with described(f"slots: 1\ntime: off\nunits: [{{faults: [{fault}]}}]") as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        esp.start()
        first = meet(esp, "esp32c3")
        esp.kill()
        esp.start()
        assert meet(esp, "esp32c3") == first
        esp.stop()
    log = (tmp_path / "slot.log").read_text()
    assert log.count("early change to 921600 baud failed") == 1
    assert log.count("esp32c3 at 921600 baud") == 2
    assert "early\n" not in log


def test_the_next_unit_is_met_by_the_same_worker(slot: Slots) -> None:
    esp = slot("esp32c3")
    first = meet(esp, "esp32c3")
    pid = esp.worker_pid
    esp.close()
    assert meet(esp, "esp32c3") == first
    assert esp.worker_pid == pid


def test_the_safe_order_of_baud_and_stub_gives_the_same(slot: Slots) -> None:
    esp = slot("esp32s3")
    early = meet(esp, "esp32s3")
    assert esp.identify(replace(plan("esp32s3"), early_baud=False)) == early
    assert esp.identify(replace(plan("esp32s3"), baud=115200)) == early


def test_boot_lines_come_until_they_satisfy(slot: Slots) -> None:
    esp = slot("esp32c3")
    meet(esp, "esp32c3")
    started = time.monotonic()
    lines = esp.boot(100.0, lambda received: "rst:" in received[-1])
    assert "ESP-ROM" in lines[0]
    assert "rst:" in lines[-1]
    assert time.monotonic() - started < 90


def test_boot_lines_that_do_not_come_end_with_the_time(slot: Slots) -> None:
    esp = slot("esp32c3")
    meet(esp, "esp32c3")
    assert esp.boot(0.5, lambda _: False)


def test_a_dialogue_goes_on_over_the_chips_own_port_after_boot(slot: Slots) -> None:
    esp = slot("esp32c3")
    meet(esp, "esp32c3")
    esp.boot(0, lambda _: True)
    line = esp.line("esp", 115200)
    received = line.receive(2.0)
    line.send(b"AT\r\n")
    line.set_baud(9600)
    line.close()
    assert received
    with pytest.raises(BurnerError) as caught:
        line.receive(0.1)
    assert caught.value.code == "E901"


def test_a_port_the_slot_does_not_have_is_reported(slot: Slots) -> None:
    with pytest.raises(BurnerError) as caught:
        slot("esp32c3").line("modem")
    assert caught.value.code == "E312"


def test_a_board_is_present_until_it_is_taken_out(slot: Slots, bench: BenchProcess) -> None:
    esp, place = slot("esp32c3"), list(bench.slots)[CHIPS.index("esp32c3")]
    assert esp.contact(reset=True) is Contact.ANSWERS
    assert esp.contact(reset=False) is Contact.ANSWERS
    bench.control.unplug(place)
    try:
        assert esp.contact() is Contact.ABSENT
    finally:
        bench.control.plug(place)
    assert esp.contact() is Contact.ANSWERS


def test_a_running_board_answers_only_after_a_reset(slot: Slots) -> None:
    esp = slot("esp32c3")
    meet(esp, "esp32c3")
    esp.boot(0, lambda _: True)
    esp.close()
    assert esp.contact(reset=False) is not Contact.ANSWERS
    assert esp.contact(reset=True) is Contact.ANSWERS
    assert esp.contact(reset=False) is Contact.ANSWERS


def test_a_port_in_use_says_who_holds_it(slot: Slots, bench: BenchProcess, tmp_path: Path) -> None:
    holder, late = slot("esp32c3"), slot("esp32c3")
    meet(holder, "esp32c3")
    with pytest.raises(BurnerError) as caught:
        meet(late, "esp32c3")
    assert caught.value.code == "E303"
    assert "sim://" in caught.value.detail


def test_a_port_that_is_not_there_is_reported(tmp_path: Path) -> None:
    esp = EspDevice({"esp": str(tmp_path / "ttyUSB9")}, tmp_path / "slot.log", SegmentCache())
    with pytest.raises(BurnerError) as caught:
        esp.identify(plan("esp32c3"))
    assert caught.value.code == "E302"
    assert esp.contact() is Contact.ABSENT
    esp.stop()


def test_versions_name_the_tools_and_the_adapter(slot: Slots) -> None:
    versions = slot("esp32c3").versions()
    assert versions["adapter"] == "sim"
    assert versions["esptool"].startswith("5.")
    assert versions["stub"].startswith("1.")


def test_esptools_settings_in_the_current_folder_change_nothing(
    slot: Slots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "esptool.cfg").write_text(
        "[esptool]\ncustom_reset_sequence = W99\nsync_timeout = 99\nconnect_attempts = 1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(tmp_path / "esptool.cfg"))
    started = time.monotonic()
    meet(slot("esp32c3"), "esp32c3")
    assert time.monotonic() - started < 90


def test_the_log_is_keyed_by_attempt_and_holds_no_secret(slot: Slots, tmp_path: Path) -> None:
    esp = slot("esp32c3")
    meet(esp, "esp32c3")
    list(esp.write([NVS]))
    esp.read(NVS.offset, len(NVS.data))
    esp.close()
    log = (tmp_path / "esp32c3.log").read_bytes()
    assert b" A1 " in log
    for secret in (SECRET, SECRET.hex().encode(), SECRET.hex().upper().encode()):
        assert secret not in log


def slow_bench() -> BenchProcess:
    return BenchProcess(f"sim:1,chip=esp32c3,baud={SLOW}")


def writing(esp: EspDevice, seconds: float) -> Iterator[tuple[int, int]]:
    """A write under way for a while, at a rate that leaves time for accidents."""
    esp.identify(SLOW_PLAN)
    write = esp.write([APP])
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        next(write)
    return write


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("accident", "code"),
    [
        ("SIGKILL", "E902"),
        pytest.param("SIGSTOP", "E320", marks=pytest.mark.full),
    ],
)
def test_an_accident_of_the_worker_in_mid_write(tmp_path: Path, accident: str, code: str) -> None:
    with slow_bench() as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        write = writing(esp, 0.5)
        pid = esp.worker_pid
        assert pid is not None
        os.kill(pid, getattr(signal, accident))
        with pytest.raises(BurnerError) as caught:
            list(write)
        assert caught.value.code == code
        esp.identify(SLOW_PLAN)
        assert esp.worker_pid not in (pid, None)
        esp.stop()


def test_a_station_that_stops_now_ends_the_write_and_starts_no_new_worker(tmp_path: Path) -> None:
    with slow_bench() as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        write = writing(esp, 0.3)
        threading.Timer(0.2, esp.kill).start()
        with pytest.raises(BurnerError) as caught:
            list(write)
        assert caught.value.code == "E902"
        esp.close()
        with pytest.raises(BurnerError):
            esp.identify(SLOW_PLAN)
        esp.start()
        assert esp.identify(SLOW_PLAN).chip == "esp32c3"
        esp.stop()


def test_a_write_left_early_leaves_no_worker_writing(tmp_path: Path) -> None:
    with slow_bench() as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        write = writing(esp, 0.3)
        write.close()  # type: ignore[attr-defined]
        assert esp.worker_pid is None
        esp.stop()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_no_orphan_keeps_writing_when_the_station_is_killed(tmp_path: Path) -> None:
    with slow_bench() as bench:
        (url,) = next(iter(bench.slots.values())).values()
        script = f"""
            from pathlib import Path
            from burner.devices.device import ConnectPlan, Contact
            from burner.devices.esp import EspDevice
            from burner.devices.segment_cache import SegmentCache
            from burner.core.segments import Segment
            log = Path({str(tmp_path / "slot.log")!r})
            esp = EspDevice({{"esp": {url!r}}}, log, SegmentCache())
            esp.identify(ConnectPlan("esp32c3", {SLOW}, early_baud=True))
            for n, _ in enumerate(esp.write([Segment("app", 0, bytes(range(251)) * 4000)])):
                if n == 0:
                    print(esp.worker_pid, flush=True)
        """
        station = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert station.stdout is not None
        pid = int(station.stdout.readline())
        station.kill()
        station.wait()
        station.stdout.close()
        assert ends(pid)
        late = EspDevice({"esp": url}, tmp_path / "late.log", SegmentCache())
        assert late.identify(SLOW_PLAN).chip == "esp32c3"
        late.stop()


@pytest.mark.parametrize("scheme", ["rfc2217", "pty", "socket"])
def test_other_ways_to_a_port_burn_as_well(tmp_path: Path, scheme: str) -> None:
    with BenchProcess("sim:1,chip=esp32s3", with_pty=scheme == "pty") as bench:
        ways = bench.ready["slots"]["1"]["ports"]["esp"]
        where = ways.get(scheme) or ways["rfc2217"].replace("rfc2217", scheme)
        if not where or ("//" not in where and scheme != "pty"):
            pytest.skip(f"no {scheme} on this system")
        esp = EspDevice({"esp": where}, tmp_path / "slot.log", SegmentCache())
        assert meet(esp, "esp32s3").chip == "esp32s3"
        assert list(esp.write([TABLE]))
        assert esp.read(TABLE.offset, 3000) == TABLE.data
        esp.boot(0, lambda _: True)
        esp.close()
        esp.stop()


def test_a_chip_that_comes_back_under_another_port_name_is_heard_on(
    described: Callable[[str], BenchProcess], tmp_path: Path
) -> None:
    with described("slots: 1\nusb: 600000\nunits: [{renumbers: true}]") as bench:

        def locate(name: str) -> str:
            there = bench.control.slots()["1"]
            if name not in there:
                raise BurnerError("E302", "not back yet")
            return there[name]

        before = locate("esp")
        esp = EspDevice({}, tmp_path / "slot.log", SegmentCache(), locate)
        mac = meet(esp, "esp32c3").mac
        lines = esp.boot(5.0, lambda received: "header" in received[-1])
        assert "header" in lines[-1]
        assert locate("esp") != before
        esp.close()
        assert meet(esp, "esp32c3").mac == mac
        esp.stop()
