"""Nothing that a unit says comes out of its device with the secret in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.core.errors import BurnerError
from burner.core.secrets.search import REMOVED, SecretSearch
from burner.core.secrets.secret import Secret
from burner.devices.esp import EspDevice
from burner.devices.modem import read_serial
from burner.devices.segment_cache import SegmentCache
from burner.identity.settings import SerialSettings

SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"


@pytest.fixture
def esp(described: Callable[[str], BenchProcess], tmp_path: Path) -> Iterator[EspDevice]:
    """A unit whose modem has been given the secret for its serial number."""
    unit = f"{{modem: {{kind: quectel, serial: {SECRET}}}}}"
    with described(f"slots: 1\ntime: off\nunits: [{unit}]") as bench:
        search = SecretSearch(Secret(SECRET.encode()))
        esp = EspDevice(bench.slots["1"], tmp_path / "slot-1.log", SegmentCache(), search=search)
        yield esp
        esp.stop()


def printed(esp: EspDevice) -> bool:
    return esp.printed_secret


def test_a_secret_that_a_modem_tells_is_no_serial_number(esp: EspDevice) -> None:
    assert not printed(esp)
    settings = SerialSettings.model_validate({"source": "modem", "pattern": ".+"})
    with pytest.raises(BurnerError) as caught:
        read_serial(esp.line("modem"), settings)
    assert caught.value.code == "E331"
    assert SECRET not in str(caught.value)
    assert printed(esp)
    esp.close()
    assert not printed(esp)


def test_the_echo_of_a_command_that_holds_the_secret_is_cleaned_and_no_fault(
    esp: EspDevice,
) -> None:
    line = esp.line("modem")
    line.send(f'AT+TCPRDINFOSET=1,"PID","{SECRET}","NAME"\r\n'.encode())
    received = b""
    while b"ERROR" not in received:
        received += line.receive(5)
    assert SECRET.encode() not in received
    assert REMOVED.encode() in received
    assert not printed(esp)
