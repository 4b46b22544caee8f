"""What the device says of every fault the bench knows: at which step, by which code."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.core.errors import BurnerError, Fault, lookup
from burner.core.segments import Segment
from burner.core.silicon import Silicon
from burner.devices.device import ConnectPlan, Contact
from burner.devices.esp import EspDevice
from burner.devices.segment_cache import SegmentCache

APP = Segment("app", 0x10000, hashlib.shake_256(b"app").digest(100_000))
FAULTS = {
    # fault as the bench's YAML has it: (step, code, fault, retry)
    "dead": ("identify", "E301", Fault.STATION, False),
    "no-reset": ("identify", "E301", Fault.STATION, False),
    "wrong-chip, chip: esp32": ("other esp32", "", None, False),
    "wrong-chip, chip: esp32c6": ("other esp32c6", "", None, False),
    "wrong-chip, chip: esp8266": ("other esp8266", "", None, False),
    "garble, baud: 460800": ("identify", "E314", Fault.STATION, True),
    "secure-download": ("identify", "E404", Fault.UNIT, False),
    "no-download": ("identify", "E447", Fault.UNIT, False),
    "no-security-info": ("identify", "E448", Fault.UNIT, True),
    "unplug, step: stub": ("identify", "E308", Fault.STATION, False),
    "hang, step: stub": ("identify", "E310", Fault.STATION, True),
    "unplug, at_byte: 60000": ("write", "E505", Fault.STATION, False),
    "port-gone, step: write": ("write", "E505", Fault.STATION, False),
    "hang, at_byte: 60000": ("write", "E501", Fault.STATION, True),
    "brown-out, at_byte: 60000": ("write", "E502", Fault.STATION, True),
    "stuck-sector, address: 0x20000": ("write", "E601", Fault.UNIT, False),
    "bit-flip, address: 0x20000": ("write", "E601", Fault.UNIT, False),
    "wrong-md5": ("write", "E601", Fault.UNIT, False),
    "unplug, step: read": ("read", "E308", Fault.STATION, False),
    "slow-erase": ("", "", None, False),
    "blank-mac": ("", "", None, False),
    "encrypted": ("locked", "", None, False),
    "secure-boot": ("locked", "", None, False),
}


@pytest.fixture(scope="module")
def bench(described: Callable[[str], BenchProcess]) -> Iterator[BenchProcess]:
    units = "".join(f"  - {{faults: [{{kind: {fault}}}]}}\n" for fault in FAULTS)
    with described(f"slots: {len(FAULTS)}\ntime: off\nunits:\n{units}") as running:
        yield running


def burn(esp: EspDevice, steps: list[str]) -> Silicon:
    """The way of a unit as far as the device goes; `steps` says how far it came."""
    steps.append("identify")
    silicon = esp.identify(ConnectPlan("esp32c3", 921600, early_baud=True))
    if silicon.chip != "esp32c3":
        steps.append(f"other {silicon.chip}")
        assert str(silicon.mac) != "00:00:00:00:00:00"
        return silicon
    if silicon.security.secure_boot or silicon.security.flash_encryption:
        steps.append("locked")
        return silicon
    steps.append("write")
    list(esp.write([APP]))
    steps.append("read")
    assert esp.read(APP.offset, 0x2000) == APP.data[:0x2000]
    steps.append("")
    return silicon


SLOW = {"hang, step: stub", "hang, at_byte: 60000"}
"""They wait for an answer that never comes."""


@pytest.mark.parametrize(
    "fault", [pytest.param(f, marks=[pytest.mark.full] * (f in SLOW)) for f in FAULTS]
)
def test_a_fault_is_told_by_its_code(bench: BenchProcess, tmp_path: Path, fault: str) -> None:
    step, code, whose, retry = FAULTS[fault]
    ports = list(bench.slots.values())[list(FAULTS).index(fault)]
    esp, steps, reported = EspDevice(ports, tmp_path / "slot.log", SegmentCache()), list[str](), ""
    try:
        burn(esp, steps)
    except BurnerError as error:
        reported = error.code
    finally:
        esp.stop()
    assert (steps[-1], reported) == (step, code)
    if whose is not None and not code.startswith("E6"):
        assert (lookup(code).fault, lookup(code).retry) == (whose, retry)


SYNC_BYTES = 46
"""Of one try to talk to a chip, after which 0.2 s are waited for an answer."""


def test_a_dead_slot_is_named_after_ten_tries_which_take_two_seconds(
    bench: BenchProcess, tmp_path: Path
) -> None:
    slot, ports = next(iter(bench.slots.items()))
    esp = EspDevice(ports, tmp_path / "slot.log", SegmentCache())
    before = sum(bench.control.traffic(slot)["to_chip"].values())
    with pytest.raises(BurnerError):
        esp.identify(ConnectPlan("esp32c3", 921600))
    sent = sum(bench.control.traffic(slot)["to_chip"].values()) - before
    assert sent == 10 * SYNC_BYTES
    assert esp.contact() is Contact.SILENT
    esp.stop()


def test_what_talks_and_does_not_answer_is_told_from_what_is_silent(
    described: Callable[[str], BenchProcess], tmp_path: Path
) -> None:
    with described("slots: 1\ntime: off\nunits: [{faults: [{kind: garble, baud: 2400}]}]") as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        assert esp.contact() is Contact.GARBLED
        esp.stop()


def test_a_garbled_line_is_clean_at_the_next_step_of_the_ladder(
    bench: BenchProcess, tmp_path: Path
) -> None:
    place = list(FAULTS).index("garble, baud: 460800")
    esp = EspDevice(list(bench.slots.values())[place], tmp_path / "slot.log", SegmentCache())
    with pytest.raises(BurnerError):
        esp.identify(ConnectPlan("esp32c3", 921600, early_baud=True))
    esp.identify(ConnectPlan("esp32c3", 460800, early_baud=True))
    assert list(esp.write([APP]))
    esp.stop()


def test_a_restart_in_mid_write_never_goes_on_silently(
    described: Callable[[str], BenchProcess], tmp_path: Path
) -> None:
    """esptool by itself reconnects, rewrites at 115200 and ends with success."""
    fault = "{kind: brown-out, at_byte: 60000, once: true}"
    with described(f"slots: 1\ntime: off\nunits: [{{faults: [{fault}]}}]") as bench:
        esp = EspDevice(next(iter(bench.slots.values())), tmp_path / "slot.log", SegmentCache())
        plan = ConnectPlan("esp32c3", 921600, early_baud=True)
        esp.identify(plan)
        with pytest.raises(BurnerError) as caught:
            list(esp.write([APP]))
        assert caught.value.code == "E502"
        esp.identify(plan)
        list(esp.write([APP]))
        assert esp.matches(APP.region())
        esp.stop()
