"""The key by AT commands: what the firmware may say, and what we make of it."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.provisioning.at_carrier import (
    MAX_LINE_SIZE,
    AtCarrier,
    AtSettings,
    bcc,
    escape,
    set_command,
    unescape,
)
from burner.provisioning.key_config import KeyConfig
from tests.provisioning.layouts import NAMED, PLAIN, keys

SETTINGS = AtSettings(kind="at")


class Firmware:
    """Tencent's AT firmware on a line without time: waiting is what moves the clock.

    `answers` may replace what it says to a command; None leaves it to the firmware.
    """

    def __init__(self, *, answers: Callable[[str, int], str | None] | None = None) -> None:
        self.now = 0.0
        self.ready_at = 0.0
        self.echo = False
        self.space = ""
        self.chunk = 7
        self.commands: list[str] = []
        self.stored: tuple[str, ...] = ()
        self._answers = answers or (lambda command, times: None)
        self._out = b""

    def clock(self) -> float:
        return self.now

    def send(self, data: bytes) -> None:
        assert data.endswith(b"\r\n")
        assert len(data) <= MAX_LINE_SIZE
        command = data.decode().strip()
        self.commands.append(command)
        if self.now < self.ready_at:
            return
        own = self._answers(command, self.commands.count(command))
        reply = self._react(command) if own is None else own
        self._out += ((command + "\r\n") * self.echo + reply).encode()

    def receive(self, timeout_s: float) -> bytes:
        if not self._out:
            self.now += timeout_s
        taken, self._out = self._out[: self.chunk], self._out[self.chunk :]
        return taken

    def _react(self, command: str) -> str:
        if command == "AT":
            return "\r\nOK\r\n"
        if command == "AT+TCPRDINFOSET?":
            pid, check, name, region = self.stored
            shown = f'1,"{pid}",{check},"{name}","{region}"'
            return f"+TCPRDINFOSET:{self.space}{shown}\r\n\r\nOK\r\n"
        texts = re.findall(r'"((?:[^"\\]|\\.)*)"', command)
        check = str(bcc(Secret(unescape(texts[1]).encode())))
        self.stored = (texts[0], check, texts[2], texts[3] if len(texts) > 3 else "china")
        return f"\r\nOK\r\n\r\n+TCPRDINFOSET:{self.space}OK\r\n"


def burn(firmware: Firmware, key: KeyConfig = NAMED, settings: AtSettings = SETTINGS) -> None:
    AtCarrier(settings, firmware.clock).burn(firmware, key)


def refused(firmware: Firmware, key: KeyConfig = NAMED) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        burn(firmware, key)
    assert PLAIN not in str(caught.value)
    return caught.value


def answers_to_set(answer: str) -> Callable[[str, int], str | None]:
    return lambda command, times: answer if "=1," in command else None


def test_the_key_is_set_and_verified() -> None:
    firmware = Firmware()
    burn(firmware)
    assert firmware.commands == [
        "AT",
        f'AT+TCPRDINFOSET=1,"S3EUVBRJLB","{PLAIN}","240AC4A1B2C3"',
        "AT+TCPRDINFOSET?",
    ]


def test_echo_and_the_blank_of_cellular_modules_change_nothing() -> None:
    firmware = Firmware()
    firmware.echo, firmware.space = True, " "
    burn(firmware)


def test_the_region_is_given_where_the_profile_has_one() -> None:
    firmware = Firmware()
    burn(firmware, settings=AtSettings(kind="at", region="us-east"))
    assert firmware.stored[3] == "us-east"


@given(keys)
def test_any_key_arrives_whole(key: KeyConfig) -> None:
    firmware = Firmware()
    burn(firmware, key)
    assert unescape(firmware.stored[2]) == key.device_name


def test_quotes_commas_and_backslashes_are_escaped() -> None:
    odd = KeyConfig("P" * 10, Secret(b'0123456789"a,b\\'), "N")
    assert set_command(odd) == r'AT+TCPRDINFOSET=1,"PPPPPPPPPP","0123456789\"a\,b\\","N"'


@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text)) == text or "\n" in text


def test_the_longest_key_fits_the_line() -> None:
    longest = KeyConfig("P" * 10, Secret(b'"' * 32), "N" * 48)
    assert len(set_command(longest, "r" * 32)) + 2 <= MAX_LINE_SIZE
    with pytest.raises(BurnerError) as caught:
        set_command(KeyConfig("P" * 10, Secret(b'"' * 32), "," * 200))
    assert caught.value.code == "E612"


def test_a_firmware_that_boots_slowly_is_waited_for() -> None:
    firmware = Firmware()
    firmware.ready_at = 9.0
    burn(firmware)
    assert 9.0 <= firmware.now < 12.0


def test_a_silent_firmware_is_given_up_in_time() -> None:
    firmware = Firmware(answers=lambda command, times: "")
    assert refused(firmware).code == "E608"
    assert firmware.now == pytest.approx(SETTINGS.ready_s)
    assert set(firmware.commands) == {"AT"}


@pytest.mark.parametrize("busy", ["busy p...\r\n", "busy s...\r\n", "\r\n+CME ERROR:200\r\n"])
def test_busy_means_again(busy: str) -> None:
    firmware = Firmware(
        answers=lambda command, times: busy if "TCP" in command and times < 3 else None
    )
    burn(firmware)
    assert len(firmware.commands) == 1 + 3 + 3


def test_busy_for_ever_is_said() -> None:
    error = refused(Firmware(answers=answers_to_set("busy p...\r\n")))
    assert error.code == "E609"
    assert "busy" in error.detail


def test_a_lost_answer_means_again() -> None:
    firmware = Firmware(answers=lambda command, times: "" if times == 1 else None)
    burn(firmware)
    assert len(firmware.commands) == 6


@pytest.mark.parametrize(
    ("number", "code", "meaning"),
    [
        (200, "E609", "previous command"),
        (201, "E612", "too long"),
        (202, "E609", "too long"),
        (203, "E612", "check"),
        (204, "E612", "parameter"),
        (206, "E611", "memory"),
        (207, "E610", "flash"),
        (208, "E613", "state"),
        (10, "E613", "not in Tencent's list"),
        (999, "E613", "not in Tencent's list"),
    ],
)
@pytest.mark.parametrize("space", ["", " "])
def test_every_complaint_has_its_meaning(number: int, code: str, meaning: str, space: str) -> None:
    error = refused(Firmware(answers=answers_to_set(f"+CME ERROR:{space}{number}\r\n")))
    assert error.code == code
    assert meaning in error.detail


@pytest.mark.parametrize(
    ("code", "reply"),
    [
        ("E613", "\r\nERROR\r\n"),
        ("E614", "OK\r\n+TCPRDINFOSET:FAIL,207\r\n"),
        ("E614", "OK\r\n+TCPRDINFOSET: FAIL,203\r\n"),
        ("E614", "OK\r\n+TCPRDINFOSET:FAIL\r\n"),
        ("E608", "OK\r\n"),
        ("E608", "WIFI DISCONNECT\r\n\xff\xfe+CPIN: READY\r\n"),
    ],
)
def test_a_refusal_and_half_an_answer_are_no_success(code: str, reply: str) -> None:
    assert refused(Firmware(answers=answers_to_set(reply))).code == code


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("ProductID", '1,"AAAAAAAAAA",{bcc},"240AC4A1B2C3","china"'),
        ("checksum", '1,"S3EUVBRJLB",0,"240AC4A1B2C3","china"'),
        ("name", '1,"S3EUVBRJLB",{bcc},"240AC4A1B2C4","china"'),
        ("mode", '0,"S3EUVBRJLB",{bcc},"240AC4A1B2C3","china"'),
    ],
)
def test_another_key_than_ours_is_noticed(what: str, shown: str) -> None:
    reply = "+TCPRDINFOSET:" + shown.format(bcc=bcc(NAMED.product_secret)) + "\r\nOK\r\n"
    firmware = Firmware(answers=lambda command, times: reply if command[-1] == "?" else None)
    error = refused(firmware)
    assert error.code == "E615"
    assert what in error.detail


def test_another_region_is_noticed_where_the_profile_has_one() -> None:
    firmware = Firmware(
        answers=lambda command, times: (
            f'+TCPRDINFOSET:1,"S3EUVBRJLB",{bcc(NAMED.product_secret)},"240AC4A1B2C3"\r\n'
            if command[-1] == "?"
            else None
        )
    )
    burn(firmware)
    with pytest.raises(BurnerError, match="region"):
        burn(firmware, settings=AtSettings(kind="at", region="us-east"))


@given(st.binary(max_size=600), st.integers(1, 300))
def test_noise_is_no_success_and_no_crash(noise: bytes, chunk: int) -> None:
    firmware = Firmware(answers=lambda command, times: noise.decode("latin-1"))
    firmware.chunk = chunk
    refused(firmware)
