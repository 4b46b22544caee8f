"""`burner ports`: the serial ports of this computer, their slots, and who holds them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.devices.ports import Port
    from burner.station.fixture.station_file import StationFile


@click.command()
@options.station_file_option
@click.option("--all", "every", is_flag=True, help="Also show ports without USB.")
@options.json_option
@options.lang_option
def ports(station_file: Path | None, every: bool, as_json: bool) -> None:
    """Show every serial port: its place, adapter and holder.

    With --station-file also its slot.
    """
    from burner.devices.ports import listing
    from burner.station.fixture.station_file import load_station

    listed = listing(usb_only=not every)
    station = load_station(station_file) if station_file else None
    slots = _slots(station, listed) if station else {}
    if as_json:
        print_json([_fields(port, slots) for port in listed])
        return
    if not listed:
        screen.warn("No serial port is plugged in." + ("" if every else " (USB only; see --all)"))
        return
    screen.table("", [*_COLUMNS], [_row(port, slots) for port in listed])


_COLUMNS = ("slot", "port", "adapter", "usb id", "place", "serial number", "latency", "held by")


def _slots(station: "StationFile", listed: "Sequence[Port]") -> dict[str, str]:
    """`SLOT NAME` of every device that a slot of the station file has now."""
    devices = {}
    for slot, names in station.slots.items():
        for name in names:
            try:
                devices[station.port(slot, name, listed)] = f"{slot} {name}"
            except BurnerError as error:
                screen.warn(f"slot {slot} {name}: {error}")
    return devices


def _row(port: "Port", slots: Mapping[str, str]) -> tuple[str, ...]:
    return (
        slots.get(port.device, ""),
        port.device,
        port.adapter,
        port.usb_id,
        port.location,
        port.serial_number,
        "" if port.latency_ms is None else f"{port.latency_ms} ms",
        ", ".join(str(holder) for holder in port.holders),
    )


def _fields(port: "Port", slots: Mapping[str, str]) -> dict[str, Any]:
    return {
        "slot": slots.get(port.device, ""),
        "port": port.device,
        "adapter": port.adapter,
        "usb_id": port.usb_id,
        "location": port.location,
        "serial_number": port.serial_number,
        "latency_ms": port.latency_ms,
        "holders": [{"pid": holder.pid, "name": holder.name} for holder in port.holders],
    }
