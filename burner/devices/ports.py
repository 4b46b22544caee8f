"""The serial ports of this machine: where each is plugged in, on what adapter, and who holds it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.natural_order import natural_order

_SYSFS_LATENCY = "/sys/bus/usb-serial/devices/{name}/latency_timer"
_FTDI_VENDOR = 0x0403


@dataclass(frozen=True)
class Holder:
    """A process that has a port open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


@dataclass(frozen=True)
class Port:
    """A port as the system lists it today; empty or None where the system does not say."""

    device: str
    adapter: str
    location: str
    """USB topology, `1-4.2:1.0`: a place, whatever the port is called today."""
    serial_number: str
    vid: int | None
    pid: int | None
    latency_ms: int | None = None
    """Latency timer of an FTDI adapter; 16 costs two seconds a unit, 1 nothing."""
    holders: tuple[Holder, ...] = ()

    @property
    def usb_id(self) -> str:
        """`0403:6001`; empty for a port that hangs on no USB."""
        return "" if self.vid is None or self.pid is None else f"{self.vid:04x}:{self.pid:04x}"


def listing(usb_only: bool = True, with_holders: bool = True) -> tuple[Port, ...]:
    """Every port of the machine, by place; ports that hang on no USB only when asked for."""
    from serial.tools.list_ports import comports

    com_ports = [p for p in comports() if p.vid is not None or not usb_only]
    opened = _opened({p.device for p in com_ports}) if with_holders else {}
    listed = [
        Port(
            device=p.device,
            adapter=p.product or (p.description if p.description != "n/a" else "") or "",
            location=p.location or "",
            serial_number=p.serial_number or "",
            vid=p.vid,
            pid=p.pid,
            latency_ms=_latency_ms(p.device) if p.vid == _FTDI_VENDOR else None,
            holders=opened.get(p.device, ()),
        )
        for p in com_ports
    ]
    return tuple(sorted(listed, key=lambda p: (natural_order(p.location), natural_order(p.device))))


def holders(device: str) -> tuple[Holder, ...]:
    """The processes that have a device open, as far as this user may see; on Linux only."""
    return _opened({device}).get(device, ())


def say_busy(device: str) -> str:
    """The detail of a busy port: its name and, where it can be seen, who holds it."""
    who = ", ".join(str(h) for h in holders(device))
    return f"{device}: {who or '?'}"


@contextlib.contextmanager
def naming_port_user(device: str) -> Iterator[None]:
    """Add to the error of a busy port which process has it open."""
    try:
        yield
    except BurnerError as error:
        if error.code != Code.PORT_BUSY:
            raise
        raise BurnerError(Code.PORT_BUSY, say_busy(device)) from error


def adapter(device: str) -> str:
    """What a record says of the adapter behind a port: product and USB id, or the URL's scheme."""
    if "://" in device:
        return device.split("://", 1)[0]
    for port in listing(with_holders=False):
        if port.device == os.path.realpath(device):
            return f"{port.adapter} {port.usb_id}".strip()
    return "not USB"


def _latency_ms(device: str) -> int | None:
    """The latency timer of an FTDI adapter (Linux)."""
    timer = Path(_SYSFS_LATENCY.format(name=Path(device).name))
    try:
        return int(timer.read_text())
    except (OSError, ValueError):
        return None


def _opened(devices: set[str]) -> dict[str, tuple[Holder, ...]]:
    """Device → the processes that have it open, found in one walk through /proc."""
    real = {os.path.realpath(device): device for device in devices}
    users: dict[str, set[int]] = {device: _locked_by(device) for device in devices}
    for process in Path("/proc").glob("[0-9]*"):
        for target in set(_open_files(process)) & set(real):
            users[real[target]].add(int(process.name))
    others = {device: sorted(who - {os.getpid()}) for device, who in users.items()}
    return {device: tuple(map(_holder, who)) for device, who in others.items() if who}


def _locked_by(device: str, locks: Path = Path("/proc/locks")) -> set[int]:
    """The processes that hold a lock on a device. The files of burner's workers cannot be seen.

    A line of the kernel's list: `3: FLOCK ADVISORY WRITE 30031 fe:00:2396221 0 EOF`.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            place = Path(device).stat()
            on = f"{os.major(place.st_dev):02x}:{os.minor(place.st_dev):02x}:{place.st_ino}"
            rows = (line.split() for line in locks.read_text().splitlines())
            pids = {int(row[4]) for row in rows if row[1] == "FLOCK" and row[5] == on}
            return {pid for pid in pids if pid > 0}  # others are of another container
    return set()


def _open_files(process: Path) -> Iterator[str]:
    """Targets of a process's file descriptors; none for a process of another user."""
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink())


def _holder(pid: int) -> Holder:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        name = "?"
    return Holder(pid, name)
