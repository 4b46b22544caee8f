"""Opens the destinations of a station file."""

from pathlib import Path

from burner.mes.cfx_settings import CfxSettings
from burner.mes.common_settings import DestinationSettings
from burner.mes.destination import Destination
from burner.mes.folder import EVENTS, Folder
from burner.mes.settings import FolderSettings, WebhookSettings


def open_destination(settings: DestinationSettings, station: str, folder: Path) -> Destination:
    """A destination that is not connected yet.

    Args:
        settings: of the station file.
        station: its name in records.
        folder: from which its files start.

    Raises:
        BurnerError: E782 its certificate, key or secret cannot be used; E790, E791 those of CFX;
            E150 to E154.
    """
    match settings:
        case WebhookSettings():
            from burner.mes.webhook import Webhook

            return Webhook(settings, folder)
        case FolderSettings():
            return Folder(settings, folder)
        case CfxSettings():
            from burner.mes.cfx.open_destination import open_cfx

            return open_cfx(settings, station, folder)
    raise TypeError(type(settings).__name__)


def wanted_events(settings: DestinationSettings) -> tuple[str, ...]:
    """The kinds of events that a destination gets; empty: all."""
    if isinstance(settings, FolderSettings) and not settings.events:
        return EVENTS
    return settings.events
