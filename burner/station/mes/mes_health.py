"""What `burner doctor` says of the MES of a station: nothing is sent."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.mes.cfx.destination import CfxDestination
from burner.mes.common_settings import DestinationSettings
from burner.mes.destination import MesAwayError
from burner.mes.open_destination import open_destination
from burner.mes.settings import FolderSettings
from burner.station import health
from burner.station.health import HealthCheck, HealthState

PORTS = {"http": 80, "https": 443, "amqp": 5672, "amqps": 5671}
CONNECT_S = 2.0


def check_mes(
    section: Sequence[DestinationSettings], station: str, folder: Path
) -> Iterator[HealthCheck]:
    """Whether each destination can be used, and whether it is there now. Of IPC-CFX also whether
    the broker knows us and takes messages there. Burning does not wait for
    one that is away, but for one that is asked.

    Args:
        section: of the station file.
        station: its name in records.
        folder: from which its files start.
    """
    for entry in section:
        what = f"MES {entry.name}"
        try:
            destination = open_destination(entry, station, folder)
        except BurnerError as error:
            yield health.failed(what, error)
            continue
        places = [folder / entry.folder] if isinstance(entry, FolderSettings) else _urls(entry)
        try:
            away = [reason for place in places if (reason := _why_away(place))]
            if not away and isinstance(destination, CfxDestination):
                destination.check()
        except MesAwayError as error:
            away = [error.detail]
        finally:
            destination.close()
        if not away:
            yield health.fine(what, ", ".join(map(str, places)))
            continue
        state = HealthState.FAIL if entry.interlock == "required" else HealthState.WARN
        yield HealthCheck(what, state, "; ".join(away), Code.MES_AWAY)


def _urls(entry: DestinationSettings) -> list[str]:
    named = (getattr(entry, field, None) for field in ("url", "interlock_url"))
    return list(dict.fromkeys(url for url in named if url))


def _why_away(place: Path | str) -> str:
    """Why nobody is there; empty: somebody is."""
    if isinstance(place, Path):
        return "" if place.is_dir() else f"{place}: no such folder"
    url = urlsplit(place)
    try:
        address = url.hostname or "", url.port or PORTS[url.scheme]
        socket.create_connection(address, CONNECT_S).close()
    except OSError as error:
        reason = "no connection in time" if isinstance(error, TimeoutError) else error.strerror
        return f"{url.scheme}://{url.netloc}: {reason or 'no connection'}"
    return ""
