"""Which printer a text names."""

from urllib.parse import urlsplit

from burner.unit_labels.device_printer import DevicePrinter
from burner.unit_labels.printer import Printer
from burner.unit_labels.tcp_printer import TcpPrinter

PORT = 9100
TIMEOUT_S = 10.0


def printer_at(place: str, timeout_s: float = TIMEOUT_S) -> Printer:
    """The printer at `tcp://HOST:PORT`, at a device file, or at a printer share of Windows.

    Raises:
        ValueError: the text names none.
    """
    if "://" not in place:
        if not place.strip() or "\0" in place:
            raise ValueError("tcp://HOST:9100, or a device such as /dev/usb/lp0")
        return DevicePrinter(place, timeout_s)
    url = urlsplit(place)
    if url.scheme != "tcp" or not url.hostname or url.path not in ("", "/") or url.query:
        raise ValueError("tcp://HOST:9100, or a device such as /dev/usb/lp0")
    return TcpPrinter(url.hostname, url.port or PORT, timeout_s)
