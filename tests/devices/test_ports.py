"""The listing of ports: what each is, in which order, and who has it open."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from burner.cli.commands.ports import ports as ports_command
from burner.devices import ports
from burner.devices.ports import Holder

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def found(device: str, location: str = "", **more: object) -> SimpleNamespace:
    fields = {"vid": 0x10C4, "pid": 0xEA60, "serial_number": None, "product": None}
    return SimpleNamespace(
        device=device, location=location or None, description="n/a", **(fields | more)
    )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """The ports the system says it has."""
    listed: list[SimpleNamespace] = []
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: listed)
    return listed


def test_ports_come_in_the_order_of_their_places(machine: list[SimpleNamespace]) -> None:
    machine += [found("/dev/ttyUSB0", "1-10"), found("/dev/ttyUSB1", "1-9"), found("/dev/ttyUSB2")]
    devices = [port.device for port in ports.listing()]
    assert devices == ["/dev/ttyUSB2", "/dev/ttyUSB1", "/dev/ttyUSB0"]


def test_a_port_tells_its_adapter_place_and_number(machine: list[SimpleNamespace]) -> None:
    machine.append(found("/dev/ttyUSB0", "1-4.2", product="CP2102N", serial_number="ab12"))
    (port,) = ports.listing()
    assert (port.adapter, port.usb_id, port.location, port.serial_number) == (
        "CP2102N",
        "10c4:ea60",
        "1-4.2",
        "ab12",
    )


def test_ports_without_usb_are_listed_only_when_asked_for(machine: list[SimpleNamespace]) -> None:
    machine.append(found("/dev/ttyS0", vid=None, pid=None))
    assert ports.listing() == ()
    assert ports.listing(usb_only=False)[0].usb_id == ""


@linux_only
def test_the_process_that_holds_a_port_is_named() -> None:
    ours, theirs = os.openpty()
    device = os.ttyname(theirs)
    holder = subprocess.Popen([sys.executable, "-c", "input()"], stdin=theirs)
    try:
        assert Holder(holder.pid, "python") in [
            Holder(h.pid, h.name.rstrip(".0123456789")) for h in ports.holders(device)
        ]
        assert f"process {holder.pid}" in ports.say_busy(device)
    finally:
        holder.kill()
        holder.wait()
        os.close(ours)
        os.close(theirs)


@linux_only
def test_a_worker_that_hides_its_open_files_is_named_by_its_lock() -> None:
    script = """if True:
        import fcntl
        from burner.core.secrets import core_dumps
        core_dumps.forbid()
        fcntl.flock(0, fcntl.LOCK_EX)
        print("locked", flush=True)
        input()"""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == b"locked\n"
            assert ports._locked_by(os.ttyname(theirs)) == {holder.pid}
        finally:
            holder.kill()
            os.close(ours)
            os.close(theirs)
    assert ports._locked_by("/dev/no-such-port") == set()


def test_a_holder_nobody_can_see_is_said_to_be_unknown() -> None:
    assert ports.say_busy("/dev/no-such-port") == "/dev/no-such-port: ?"


def test_the_adapter_of_a_url_is_its_scheme() -> None:
    assert ports.adapter("rfc2217://rack-3:4000") == "rfc2217"


def test_the_adapter_of_a_device_is_what_the_system_lists(machine: list[SimpleNamespace]) -> None:
    machine.append(found("/dev/ttyUSB7", product="CP2102N"))
    assert ports.adapter("/dev/ttyUSB7") == "CP2102N 10c4:ea60"
    assert ports.adapter("/dev/ttyS0") == "not USB"


def test_the_command_prints_one_json_array(machine: list[SimpleNamespace]) -> None:
    machine.append(found("/dev/ttyUSB0", "1-4.2"))
    (port,) = json.loads(CliRunner().invoke(ports_command, ["--json"]).stdout)
    assert port == {
        "slot": "",
        "port": "/dev/ttyUSB0",
        "adapter": "",
        "usb_id": "10c4:ea60",
        "location": "1-4.2",
        "serial_number": "",
        "latency_ms": None,
        "holders": [],
    }


def test_the_command_says_so_when_nothing_is_plugged_in(machine: list[SimpleNamespace]) -> None:
    result = CliRunner().invoke(ports_command, [])
    assert result.exit_code == 0
    assert "No serial port" in result.stderr


def test_the_command_shows_which_slot_a_port_belongs_to(
    machine: list[SimpleNamespace], tmp_path: Path
) -> None:
    station = tmp_path / "station.yaml"
    station.write_text('burner: 1\nslots:\n  "A1":\n    "esp": {location: "1-4.2"}\n')
    machine.append(found("/dev/ttyUSB0", "1-4.2"))
    result = CliRunner().invoke(ports_command, ["--station-file", str(station), "--json"])
    assert json.loads(result.stdout)[0]["slot"] == "A1 esp"
