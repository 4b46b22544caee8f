"""A destination of the station file opened: its secret fetched, its certificates read."""

from pathlib import Path

from burner.core.secrets.reference import resolve
from burner.mes.cfx.connection import Connect
from burner.mes.cfx.destination import CfxDestination
from burner.mes.cfx.proton_connection import AmqpPeer, ProtonConnection, require_proton, tls_of
from burner.mes.cfx_settings import CfxSettings


def open_cfx(settings: CfxSettings, station: str, folder: Path) -> CfxDestination:
    """The destination of a station; its connections are made when they are needed.

    Args:
        settings: of the station file.
        station: its name in records.
        folder: of the station file, from which its paths start.

    Raises:
        BurnerError: E790 the extra is not installed, E791 a certificate or key cannot be used,
            E151 to E154 the password cannot be had.
    """
    require_proton()
    password = resolve(settings.password, folder) if settings.password else None

    def place(name: str | None) -> Path | None:
        return folder / Path(name).expanduser() if name else None

    def connect(url: str) -> Connect:
        peer = AmqpPeer(
            url,
            settings.user,
            password,
            settings.virtual_host,
            ca=place(settings.ca),
            certificate=place(settings.certificate),
            key=place(settings.key),
            server_name=settings.server_name,
        )
        tls = tls_of(peer)
        return lambda until: ProtonConnection(peer, tls, until)

    return CfxDestination(
        settings, station, connect(settings.url), connect(settings.interlock_url or settings.url)
    )
