"""Where the ports of a station file are today."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from burner.core.errors import BurnerError
from burner.station.station_file import PortPlace, StationFile, UsbPort


def todays_ports(station: StationFile, listed: Sequence[UsbPort]) -> list[dict[str, Any]]:
    """Each port of each slot, and each scanner: its place, and today's device or why there is none.

    Args:
        station: the station file.
        listed: the ports of the machine now.
    """
    slots = [
        _row(slot, name, place, partial(station.port, slot, name, listed))
        for slot, places in station.slots.items()
        for name, place in places.items()
    ]
    scanners = [
        _row("", f"scanner {n + 1}", place, partial(station.scanner_port, n, listed))
        for n, place in enumerate(station.scanner.ports)
    ]
    return slots + scanners


def _row(slot: str, name: str, place: PortPlace, device: Callable[[], str]) -> dict[str, Any]:
    port, code, problem = "", "", ""
    try:
        port = device()
    except BurnerError as error:
        code, problem = error.code, str(error)
    row = {"slot": slot, "name": name, "place": str(place), "port": port}
    return {**row, "code": code, "problem": problem}
