"""Teaching a station its slots: one board after the other is plugged in, slot by slot."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.station.station_file import PortPlace, StationFile, UsbPort, place_of, to_yaml
from burner.station.teach import new_ports

ListPorts = Callable[[], Sequence[UsbPort]]
By = Literal["serial", "location"]


class Teacher(Protocol):
    """The person who plugs boards in."""

    def ask_for(self, slot: str, port: str) -> None:
        """Ask for a slot's port to be plugged in now."""
        ...

    def learned(self, port: str, place: PortPlace, device: str) -> None:
        """Say where a port will be found again, and what it is called today."""
        ...

    def refused(self, error: BurnerError) -> None:
        """Say why what was plugged in does not count."""
        ...


class Lesson:
    """Slots learned so far, one board at a time."""

    def __init__(
        self,
        listing: ListPorts,
        teacher: Teacher,
        *,
        names: tuple[str, ...] = ("esp",),
        by: By = "serial",
        station: str | None = None,
        timeout_s: float | None = None,
        settled_s: float = 1.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._listing = listing
        self._teacher = teacher
        self._names = names
        self._by: By = by
        self._station = station
        self._wait: dict[str, Any] = {
            "timeout_s": timeout_s,
            "settled_s": settled_s,
            "pause": pause,
        }
        self.slots: dict[str, dict[str, PortPlace]] = {}

    def one_slot(self) -> bool:
        """Learn the next slot; what is refused is asked for again. False: time is up."""
        slot = str(len(self.slots) + 1)
        places: dict[str, PortPlace] = {}
        while len(places) < len(self._names):
            missing = self._names[len(places) :]
            self._teacher.ask_for(slot, missing[0])
            try:
                found = self._new_ports(len(missing))
                if not found:
                    return False
                places |= self._places(dict(zip(missing, found, strict=False)))
            except BurnerError as error:
                self._teacher.refused(error)
        self.slots[slot] = places
        return True

    def _new_ports(self, wanted: int) -> Sequence[UsbPort]:
        return new_ports(self._listing, self._listing(), wanted, **self._wait)

    def _places(self, ports: Mapping[str, UsbPort]) -> dict[str, PortPlace]:
        """How each port will be found again.

        Raises:
            BurnerError: E196 the place is another slot's already, E199 it is none.
        """
        taken = {place: slot for slot, ports in self.slots.items() for place in ports.values()}
        listed = self._listing()
        places = {}
        for name, port in ports.items():
            place = place_of(port, listed, self._by)
            if place in taken:
                raise BurnerError(Code.SLOT_PLACE_SHARED, f"{place} is slot {taken[place]} already")
            self._teacher.learned(name, place, port.device)
            places[name] = place
        return places

    def save(self, path: Path) -> None:
        """Write the station file, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        text = to_yaml(StationFile(station=self._station, slots=self.slots))
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
