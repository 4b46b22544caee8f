"""Opens the destinations of a station file."""

from pathlib import Path

from burner.mes.cfx_settings import CfxSettings
from burner.mes.common_settings import DestinationSettings
from burner.mes.destination import Destination
from burner.mes.folder import EVENTS, Folder
from burner.mes.settings import FolderSettings, WebhookSettings


def open_destination(settings: DestinationSettings, folder: Path) -> Destination:
    """A destination that is not connected yet.

    Args:
        settings: of the station file.
        folder: from which its files start.

    Raises:
        BurnerError: E782 its certificate, key or secret cannot be used; E150 to E154.
    """
    match settings:
        case WebhookSettings():
            from burner.mes.webhook import Webhook

            return Webhook(settings, folder)
        case FolderSettings():
            return Folder(settings, folder)
        case CfxSettings():
            raise NotImplementedError(settings.kind)
    raise TypeError(type(settings).__name__)


def wanted_events(settings: DestinationSettings) -> tuple[str, ...]:
    """The kinds of events that a destination gets; empty: all."""
    if isinstance(settings, FolderSettings) and not settings.events:
        return EVENTS
    return settings.events
