"""Which slots a command works on: ports, a station file, or the simulated bench."""

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.bench.process import ControlClient
    from burner.core.child_process import ChildProcess
    from burner.core.secrets.search import SecretSearch
    from burner.devices.esp import EspDevice
    from burner.devices.segment_cache import SegmentCache
    from burner.mes.common_settings import DestinationSettings
    from burner.station.fixture.hook_settings import HookSettings
    from burner.unit_labels.printer import Printer

Locate = Callable[[str], str]


def parse_port(text: str) -> Mapping[str, str]:
    """`PORT`, or `esp=PORT,modem=PORT`, as name → device or URL.

    Raises:
        BurnerError: E302 a URL that is none of a port.
    """
    from burner.devices.network_port import check_port

    parts = re.split(r",(?=[a-z][a-z0-9_]*=)", text)
    named = [re.fullmatch(r"([a-z][a-z0-9_]*)=(.+)", part) for part in parts]
    found = {match[1]: match[2] for match in named if match} if all(named) else {"esp": text}
    for device in found.values():
        check_port(device)
    return found


def station_id(name: str | None = None) -> str:
    """The name of `--station` or of the station file, else BURNER_STATION, else the computer's.

    In the characters that an id may have.
    """
    name = name or os.environ.get("BURNER_STATION") or socket.gethostname()
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:32] or "station"


@dataclass(frozen=True)
class ScannerAt:
    """A scanner on a port of its own."""

    name: str
    baud: int
    locate: Callable[[], str]
    """Today's device; raises BurnerError (E302, E197)."""


@dataclass(frozen=True)
class Slots:
    """The slots of a command, each with a function that finds its ports now."""

    locate: Mapping[str, Locate]
    """By slot: name of a port → today's device; raises BurnerError (E302, E197, E312)."""
    station: str = field(default_factory=station_id)
    """Id of this station in records."""
    bench_control: "ControlClient | None" = None
    """What moves boards about on a simulated bench."""
    checkpoint_every: int | None = None
    """Records between checkpoints that are kept for ever; None = the manifest's usual number."""
    scanners: tuple[ScannerAt, ...] = ()
    prefixes: tuple[str, ...] = ()
    """What scanners put before a code."""
    found_bauds: Mapping[str, int] = field(default_factory=dict)
    """By slot: the rate that was found clean before, for `baud: auto`."""
    quiet_s: float = 0.15
    """A scan without Enter is over when nothing has come for so long."""
    resources: Mapping[str, int] = field(default_factory=dict)
    """Devices of the fixture that slots share: how many there are, where it is not one."""
    mes: "tuple[DestinationSettings, ...]" = ()
    """Whom the station tells of its units."""
    folder: Path = Path()
    """Of the station file: the files that it names start there."""
    hooks: "HookSettings | None" = None
    """Programs that are told of units on record."""
    printer: "Printer | None" = None
    """What prints the labels of good units; None: the station file names none."""

    def devices(
        self,
        logs: Path,
        segment_cache: "SegmentCache",
        search: "SecretSearch",
        start: "Callable[[str], ChildProcess]",
    ) -> "dict[str, EspDevice]":
        """A device a slot, its worker started by `start`: it warms up while people type.

        Raises:
            BurnerError: E317 the logs cannot be kept there.
        """
        from burner.devices.esp import EspDevice
        from burner.devices.slot_log import check_file

        files = {slot: logs / f"slot-{slot}.log" for slot in self.locate}
        for file in files.values():
            check_file(file)
        devices = {
            slot: EspDevice({}, files[slot], segment_cache, locate, search, start_worker=start)
            for slot, locate in self.locate.items()
        }
        for device in devices.values():
            device.start()
        return devices


@contextmanager
def warm_devices(
    slots: Slots, logs: Path, segment_cache: "SegmentCache", search: "SecretSearch"
) -> "Iterator[dict[str, EspDevice]]":
    """The devices of the slots until the block ends; `search` may learn its secret in it."""
    from burner.devices.worker_start import WorkerForks

    with ExitStack() as stack:
        forks = WorkerForks()
        stack.callback(forks.close)
        devices = slots.devices(logs, segment_cache, search, forks.start)
        for device in devices.values():
            stack.callback(device.stop)
        yield devices


@contextmanager
def open_slots(
    ports: Sequence[str],
    station_file: Path | None,
    bench: str | None,
    source: Path | None = None,
    boards: int | None = None,
    *,
    station: str | None = None,
) -> Iterator[Slots]:
    """The slots that `--port`, `--station-file` or `--bench` name; a bench runs for the block.

    With a station file and a bench, only the slots are the bench's. Without any of the three it is
    the fixed station file of this computer, where there is one: then a bench may neither read nor
    write a file that a person names.

    Args:
        ports: `--port`, as given.
        station_file: `--station-file`.
        bench: `--bench`: a SPEC, or the control address of a bench that runs.
        source: the product that is tried on a bench: what its units are like.
        boards: how many come by on a bench where its `sim:` SPEC does not say.
        station: `--station`, the name in records; else the station file's, else `station_id`.

    Raises:
        click.UsageError: none of the three, or --port and another one.
        BurnerError: E195, E196 the station file; E190 to E194 the bench, E232 it names a file.
    """
    from burner.station.fixture.fixed_file import fixed_station_file

    fixed = fixed_station_file()
    if fixed and bench and (not bench.startswith("sim:") or "keep" in bench):
        raise BurnerError(Code.STATION_FILE_FIXED, f"{fixed}; not --bench {bench}")
    if not ports and bench is None:
        station_file = station_file or fixed
    if bool(ports) == any((station_file, bench is not None)):
        raise click.UsageError("say which slots: either --port, or --station-file, or --bench")
    if bench is not None:
        like = _of_station_file(station_file, station) if station_file else None
        with _bench(bench, source, boards) as control:
            yield _simulated(control, like or Slots({}, station_id(station)))
    elif station_file is not None:
        yield _of_station_file(station_file, station)
    else:
        located = {str(n): _of_ports(parse_port(text)) for n, text in enumerate(ports, 1)}
        yield Slots(located, station_id(station))


def _of_ports(ports: Mapping[str, str]) -> Locate:
    def locate(name: str) -> str:
        if name not in ports:
            raise BurnerError(
                Code.SLOT_PORT_UNKNOWN, f"no port {name}; there is {', '.join(ports)}"
            )
        return ports[name]

    return locate


def _of_station_file(path: Path, name: str | None) -> Slots:
    from burner.devices.ports import listing
    from burner.station.fixture.station_file import StationFile, load_station

    station = load_station(path)

    def locator(station: StationFile, slot: str) -> Locate:
        def locate(name: str) -> str:
            return station.port(slot, name, listing(usb_only=False, with_holders=False))

        return locate

    def scanner_at(number: int, baud: int) -> ScannerAt:
        def locate() -> str:
            return station.scanner_port(number, listing(usb_only=False, with_holders=False))

        return ScannerAt(f"scanner {number + 1}", baud, locate)

    located = {slot: locator(station, slot) for slot in station.slots}
    scanner = station.scanner
    return Slots(
        located,
        station_id(name or station.station),
        checkpoint_every=station.checkpoint_every,
        scanners=tuple(scanner_at(n, port.baud) for n, port in enumerate(scanner.ports)),
        prefixes=scanner.prefixes,
        found_bauds=station.bauds,
        quiet_s=scanner.quiet_ms / 1000,
        resources=station.resources,
        mes=station.mes,
        folder=path.absolute().parent,
        hooks=station.hooks,
        printer=station.printer.printer() if station.printer else None,
    )


@contextmanager
def _bench(spec: str, source: Path | None, boards: int | None) -> "Iterator[ControlClient]":
    """The control client of a bench: of one that runs already, or of one made for the block."""
    from burner.bench.process import BenchProcess, ControlClient

    if re.fullmatch(r"[\w.-]+:\d+", spec) and not spec.startswith("sim:"):
        try:
            control = ControlClient(spec)
        except OSError as error:
            raise BurnerError(Code.BENCH_NOT_RUNNING, f"{spec}: {error}") from None
        try:
            yield control
        finally:
            control.close()
        return
    if boards and spec.startswith("sim:") and ",boards=" not in spec:
        spec += f",boards={boards}"
    with BenchProcess(spec, profile=source) as bench:
        yield bench.control


def _simulated(control: "ControlClient", like: Slots) -> Slots:
    """The slots of a bench, at a station like this one."""

    def locator(slot: str) -> Locate:
        def locate(name: str) -> str:
            there = control.slots()[slot]
            if name not in there:
                raise BurnerError(Code.PORT_MISSING, f"slot {slot}: no port {name}")
            return there[name]

        return locate

    slots = {slot: locator(slot) for slot in control.slots()}
    return replace(like, locate=slots, bench_control=control)
