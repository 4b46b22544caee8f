"""Simulated modems: what they print, their vices, and the Tencent AT firmware's memory."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.firmware.console import App, AtInput
from burner.bench.modem.at_firmware import MAX_COMMAND
from burner.bench.modem.modem import KINDS, SimModem
from burner.bench.unit.modem_spec import ModemSpec, ProductSpec, imei_for
from burner.identity.imei_checks import check_imei
from tests.bench.modem_line import VirtualLine


def talk(modem: SimModem, *commands: str, wait_s: float = 1.0) -> list[str]:
    """What a modem prints in answer to commands, as lines without the blank ones."""
    line = VirtualLine(modem)
    output = b""
    for command in commands:
        line.send(f"{command}\r\n".encode())
        while data := line.receive(wait_s):
            output += data
    return [text.decode("ascii", "replace") for text in output.split(b"\r\n") if text.strip()]


def test_a_modem_answers_at_once_with_echo() -> None:
    modem = SimModem(ModemSpec())
    assert talk(modem, "AT+CGSN") == ["AT+CGSN", "490154203237518", "OK"]


def test_a_modem_can_be_without_echo() -> None:
    assert talk(SimModem(ModemSpec(echo=False)), "AT", "AT+FOO") == ["OK", "ERROR"]


def test_a_noisy_modem_starts_with_lines_of_its_own_and_prints_others_in_between() -> None:
    output = talk(SimModem(ModemSpec(noise=True, echo=False)), "AT+CGSN")
    assert output[:3] == ["RDY", "+CFUN: 1", "+CPIN: READY"]
    place = output.index("490154203237518")
    assert output[place - 1].startswith("+QCCID")
    assert output[place + 1] != "OK"
    assert output[-1] == "OK"


def test_a_modem_is_deaf_until_it_has_started_and_may_answer_late() -> None:
    modem = SimModem(ModemSpec(boot_s=2.0, late_s=0.5, echo=False))
    line = VirtualLine(modem)
    line.send(b"AT\r\n")
    assert line.receive(2.0) == b""
    line.send(b"AT\r\n")
    assert line.receive(0.4) == b""
    assert b"OK" in line.receive(0.2)


def test_a_modem_without_power_is_gone_and_starts_anew_with_what_it_has_stored() -> None:
    modem = tencent()
    line = VirtualLine(modem)
    line.send(f"{SET}\r\n".encode())
    modem.unplug(line.now)
    line.send(b"AT\r\n")
    assert line.receive(1.0) == b""
    assert not modem.connected
    modem.plug(0.0)
    assert "S3EUVBRJLB" in talk(modem, "AT+TCPRDINFOSET?")[0]


def test_another_rate_gives_noise_and_is_not_understood() -> None:
    modem = SimModem(ModemSpec(baud=9600, noise=True))
    line = VirtualLine(modem)
    line.set_baud(115200)
    output = line.receive(1.0)
    assert output
    assert not output.isascii()
    line.send(b"AT\r\n")
    assert line.receive(1.0) == b""
    assert modem.commands == []
    line.set_baud(9600)
    line.send(b"AT\r\n")
    assert b"OK" in line.receive(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_modem_remembers_what_it_was_sent_and_knows_no_command_that_writes(kind: str) -> None:
    modem = SimModem(ModemSpec(kind=kind, echo=False))  # type: ignore[arg-type]
    write = "AT+EGMR" + "=1,7," + '"351756051523993"'
    assert talk(modem, write, "AT") == ["ERROR", "OK"]
    assert modem.commands == [write, "AT"]
    assert modem.spec.imei == "490154203237518"


@given(st.integers(0, 1000), st.integers(0, 500), st.integers(0, 500))
def test_imeis_of_a_bench_are_sound_and_differ(seed: int, one: int, other: int) -> None:
    check_imei(imei_for(seed, one), tac=["86012345"])
    assert (imei_for(seed, one) == imei_for(seed, other)) == (one == other)


SECRET = '0123456789abcdefghijkl\\"x'
SET = r'AT+TCPRDINFOSET=1,"S3EUVBRJLB","0123456789abcdefghijkl\\\"x","dev\,1"'


def tencent(**product: object) -> SimModem:
    spec = ModemSpec(kind="tencent", echo=False)
    return SimModem(replace(spec, product=ProductSpec(**product)))  # type: ignore[arg-type]


def test_the_at_firmware_stores_the_product_and_tells_it_by_its_checksum() -> None:
    modem = tencent()
    bcc = 0
    for byte in SECRET.encode():
        bcc ^= byte
    assert talk(modem, SET, "AT+TCPRDINFOSET?") == [
        "OK",
        "+TCPRDINFOSET:OK",
        f'+TCPRDINFOSET:1,"S3EUVBRJLB",{bcc},"dev,1","china"',
        "OK",
    ]
    assert modem.product.stored
    assert modem.product.stored.secret == SECRET.encode()
    assert talk(modem, "AT+TCRESTORE") == ["OK", "+TCRESTORE:OK"]
    assert modem.product.stored is None


@pytest.mark.parametrize(
    ("product", "replies"),
    [
        ({"cellular": True}, ["OK", "+TCPRDINFOSET: OK"]),
        ({"fail": 3}, ["OK", "+TCPRDINFOSET:FAIL,3"]),
        ({"cellular": True, "fail": 3}, ["OK", "+TCPRDINFOSET: FAIL,3"]),
        ({"busy": 1}, ["busy p..."]),
        ({"cme": 207}, ["+CME ERROR:207"]),
    ],
)
def test_the_at_firmware_can_refuse_in_all_its_ways(
    product: dict[str, object], replies: list[str]
) -> None:
    assert talk(tencent(**product), SET) == replies


def test_a_busy_firmware_takes_the_next_try() -> None:
    assert talk(tencent(busy=2), SET, SET, SET)[-1] == "+TCPRDINFOSET:OK"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("AT+TCPRDINFOSET?", "+CME ERROR:208"),
        ('AT+TCPRDINFOSET=1,"a"', "+CME ERROR:204"),
        ('AT+TCPRDINFOSET=1,"a,"b","c"', "+CME ERROR:204"),
        (f'AT+TCPRDINFOSET=1,"a","{"b" * MAX_COMMAND}","c"', "+CME ERROR:201"),
    ],
)
def test_the_at_firmware_refuses_what_is_malformed(command: str, reply: str) -> None:
    assert talk(tencent(), command) == [reply]


def test_a_faulty_firmware_stores_another_secret() -> None:
    modem = tencent(wrong_bcc=True)
    talk(modem, SET)
    assert modem.product.stored
    assert modem.product.stored.secret != SECRET.encode()


def test_the_firmware_of_an_esp8266_tells_the_mac_instead_of_an_imei() -> None:
    modem = SimModem(ModemSpec(kind="tencent-wifi", mac="3c:71:bf:00:00:01", echo=False))
    assert "Module Mac addr: 3c:71:bf:00:00:01" in talk(modem, "AT+TCMODULE")


def test_a_modem_behind_the_firmware_answers_once_the_firmware_runs() -> None:
    app = App((), AtInput(SimModem(ModemSpec(port="esp", boot_s=3.0, late_s=1.0, echo=False))))
    assert app.receive(b"AT+CG", 1.0) == b""
    assert app.receive(b"SN\r\n", 1.1) == b"\r\n490154203237518\r\n\r\nOK\r\n"
    assert App(()).receive(b"AT\r\n", 1.0) == b""
