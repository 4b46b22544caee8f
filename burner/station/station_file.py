"""The station file: which slot is which USB place, so that ports may renumber.

A place is asked for at each use, never remembered: a chip on native USB comes back under another
port name after a reset, and a hub hands out names in the order in which things are plugged in.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import Field, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.yaml_schema import StrictModel, load_model, refusal

ESPRESSIF_VID = 0x303A
"""USB vendor of chips on native USB: their serial number is the board's MAC, not the slot's."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]


class UsbPort(Protocol):
    """A port as the operating system lists it: `burner.devices.ports.Port` is one."""

    @property
    def device(self) -> str:
        """What is opened: `/dev/ttyUSB3`, `COM7`."""
        ...

    @property
    def location(self) -> str:
        """USB topology: `1-1.4.2`, with `:1.0` where one device has several interfaces; or ``."""
        ...

    @property
    def serial_number(self) -> str:
        """Of the adapter; empty where it has none."""
        ...

    @property
    def vid(self) -> int | None:
        """USB vendor id."""
        ...


class PortPlace(StrictModel):
    """Where a port is: all that is given must fit. `url` is a port without a USB place."""

    location: str = ""
    serial: str = ""
    url: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> "PortPlace":
        if bool(self.url) == bool(self.location or self.serial):
            raise refusal(
                Code.STATION_FILE_INVALID,
                "has no place, or two",
                "location and/or serial, or else url",
            )
        return self

    def fits(self, port: UsbPort) -> bool:
        """Whether a listed port stands at this place."""
        by_location = not self.location or self.location == port.location
        by_serial = not self.serial or self.serial == port.serial_number
        return by_location and by_serial

    def __str__(self) -> str:
        parts = (("", self.url), ("usb ", self.location), ("serial ", self.serial))
        return " ".join(f"{what}{value}" for what, value in parts if value)


class ScannerPort(PortPlace):
    """A scanner on a serial port of its own."""

    baud: int = Field(default=9600, ge=300, le=921600)
    """Bits per second, as the scanner is set."""


class ScannerSettings(StrictModel):
    """How the barcode scanners of a station send."""

    prefixes: tuple[str, ...] = ()
    """What scanners put before a code; taken away. AIM identifiers such as `]C1` go by themselves.
    """
    quiet_ms: int = Field(default=150, ge=20, le=2000)
    """A scan without Enter is over when nothing has come for so long."""
    ports: tuple[ScannerPort, ...] = ()
    """Scanners on serial ports; one that acts as a keyboard needs no entry."""


class StationFile(StrictModel):
    """The slots of a fixture, in the order in which people count them."""

    burner: Literal[1] = 1
    station: Name | None = None
    """The station's id in records; without it the computer's name is used."""
    checkpoint_every: int | None = Field(default=None, ge=1)
    """Records between checkpoints that are kept for ever; None = the manifest's usual number."""
    slots: dict[Name, dict[Name, PortPlace]] = Field(min_length=1)
    scanner: ScannerSettings = ScannerSettings()

    @model_validator(mode="after")
    def _each_place_once(self) -> "StationFile":
        slots = (place for ports in self.slots.values() for place in ports.values())
        places = Counter(str(place) for place in (*slots, *self.scanner.ports))
        for place, times in places.items():
            if times > 1:
                raise refusal(
                    Code.SLOT_PLACE_SHARED,
                    f"{place} occurs {times} times",
                    "one port for each place",
                )
        return self

    def scanner_port(self, number: int, listed: Sequence[UsbPort]) -> str:
        """The OS device of a scanner now; they count from 0.

        Raises:
            BurnerError: E302 nothing is at its place, E197 more than one port fits it.
        """
        return _device(f"scanner {number + 1}", self.scanner.ports[number], listed)

    def port(self, slot: str, name: str, listed: Sequence[UsbPort]) -> str:
        """The OS device of a slot's port now.

        Raises:
            BurnerError: E312 the slot has no port of that name, E302 nothing is at its place,
                E197 more than one port fits it.
        """
        places = self.slots[slot]
        if name not in places:
            raise BurnerError(
                Code.SLOT_PORT_UNKNOWN, f"slot {slot} has {', '.join(places)}, no {name}"
            )
        return _device(f"slot {slot} {name}", places[name], listed)


def load_station(path: Path) -> StationFile:
    """Read a station file.

    Raises:
        BurnerError: E195, E196 with every finding.
    """
    return load_model(path, StationFile, Code.STATION_FILE_INVALID)


def place_of(
    port: UsbPort, listed: Iterable[UsbPort], by: Literal["serial", "location"]
) -> PortPlace:
    """How a port will be found again.

    By serial number it is found wherever its adapter is plugged in; that needs a serial number
    which no other port here has and which is not a board's own.

    Raises:
        BurnerError: E199 the port has no USB place.
    """
    serial = port.serial_number
    alike = sum(other.serial_number == serial for other in listed)
    if by == "serial" and serial and alike == 1 and port.vid != ESPRESSIF_VID:
        return PortPlace(serial=serial)
    if not port.location:
        raise BurnerError(Code.PORT_WITHOUT_USB_PLACE, port.device)
    return PortPlace(location=port.location)


def to_yaml(station: StationFile) -> str:
    """The station file's text; what `load_station` reads back as the same."""
    lines = ["# Made by: burner station teach", "burner: 1"]
    if station.station:
        lines.append(f'station: "{station.station}"')
    if station.checkpoint_every:
        lines.append(f"checkpoint_every: {station.checkpoint_every}")
    lines.append("slots:")
    for slot, ports in station.slots.items():
        lines.append(f'  "{slot}":')
        for name, place in ports.items():
            fields = place.model_dump(exclude_defaults=True)
            pairs = ", ".join(f'{key}: "{value}"' for key, value in fields.items())
            lines.append(f'    "{name}": {{{pairs}}}')
    if scanner := station.scanner.model_dump(mode="json", exclude_defaults=True):
        lines.append(f"scanner: {json.dumps(scanner, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _device(what: str, place: PortPlace, listed: Sequence[UsbPort]) -> str:
    if place.url:
        return place.url
    fitting = [port.device for port in listed if place.fits(port)]
    if not fitting:
        raise BurnerError(Code.PORT_MISSING, f"{what}: no port at {place}")
    if len(fitting) > 1:
        raise BurnerError(
            Code.SLOT_PORT_AMBIGUOUS, f"{what}: {', '.join(fitting)} are all at {place}"
        )
    return fitting[0]
