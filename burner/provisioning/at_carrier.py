"""The key by AT commands, after the firmware has booted: Tencent's AT firmware (ESP8266, modems).

    AT+TCPRDINFOSET=1,"<ProductID>","<secret>","<name>"[,"<region>"]
    OK
    +TCPRDINFOSET:OK                     or +TCPRDINFOSET:FAIL,<n>; some print a blank after `:`
    AT+TCPRDINFOSET?
    +TCPRDINFOSET:1,"<ProductID>",<BCC>,"<name>","<region>"

BCC is the XOR of all bytes of the secret, so what was stored is verified without reading it out.
Nothing the firmware says is ever repeated in an error: its echo holds the secret.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import xor
from time import monotonic
from typing import Annotated, Final, Literal, Protocol, TypeVar

from pydantic import Field

from burner.core.baud_rates import Baud
from burner.core.code import Code
from burner.core.device_lines import LineSplitter
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.core.yaml_schema import StrictModel
from burner.provisioning.key_config import KeyConfig

MAX_LINE_SIZE: Final = 256
"""Bytes of a command, its CR LF included."""
CME_ERRORS: Final[Mapping[int, tuple[str, str]]] = {
    200: (Code.AT_STAYS_BUSY, "the previous command is still running"),
    201: (Code.AT_VALUES_REFUSED, "the command is too long"),
    202: (Code.AT_STAYS_BUSY, "the command took too long"),
    203: (Code.AT_VALUES_REFUSED, "the check of the values failed"),
    204: (Code.AT_VALUES_REFUSED, "a parameter is wrong"),
    206: (Code.AT_OUT_OF_MEMORY, "out of memory"),
    207: (Code.AT_FLASH_INACCESSIBLE, "its flash cannot be accessed"),
    208: (Code.AT_COMMAND_REFUSED, "not possible in this state"),
}
"""Tencent's `+CME ERROR:<n>`: our code, and what it means."""

T = TypeVar("T")
_WAKE_TRY_S: Final = 1.0
_PAUSE_S: Final = 0.2
_TRY_S: Final = 5.0
_TEXT: Final = r'"((?:[^"\\]|\\.)*)"'
_BUSY: Final = re.compile(r"busy [ps]\.{3}.*")
_CME: Final = re.compile(r"\+CME ERROR:\s*(\d{1,5})")
_DONE: Final = re.compile(r"\+TCPRDINFOSET:\s*OK")
_FAILED: Final = re.compile(r"\+TCPRDINFOSET:\s*FAIL(?:,\s*(-?\d{1,9}))?")
_STORED: Final = re.compile(
    rf"\+TCPRDINFOSET:\s*(\d),\s*{_TEXT},\s*(\d{{1,3}}),\s*{_TEXT}(?:,\s*{_TEXT})?"
)


class AtLine(Protocol):
    """The part of `burner.devices.device.SerialLine` that a dialogue needs."""

    def send(self, data: bytes) -> None: ...

    def receive(self, timeout_s: float) -> bytes: ...


class AtSettings(StrictModel):
    """A profile's `carrier` of kind at."""

    kind: Literal["at"]
    """AT commands after the firmware has started."""
    port: Literal["esp", "modem"] = "esp"
    """Which port of the slot speaks AT."""
    baud: Baud = 115200
    """Bits per second of that port."""
    region: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,32}$")] = ""
    """Region of the cloud, as the firmware calls it, such as `china`. Empty: the command leaves it
    out."""
    ready_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """Seconds that the firmware may take until it answers `AT`."""
    answer_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """Seconds that setting and asking may take, each with its retries."""


class AtCarrier:
    """Tells the firmware its key. `clock` gives seconds."""

    def __init__(self, settings: AtSettings, clock: Callable[[], float] = monotonic) -> None:
        self.settings = settings
        self._clock = clock

    def needs_name(self) -> bool:
        """No: there are no bytes in flash for it."""
        return False

    def holds_name(self) -> bool:
        """Yes: the name is part of the command."""
        return True

    def burn(self, line: AtLine, key: KeyConfig) -> None:
        """Set the key, wait for the firmware to confirm it, and verify what it stored.

        Raises:
            BurnerError: E608 no answer, E609 to E613 what the firmware complains of, E614 it could
                not store the key, E615 it stored another one.
        """
        command = set_command(key, self.settings.region)
        talk = self._awake(line)
        talk.ask(command, self.settings.answer_s, _confirmation)
        self._verify(talk, key)

    def verify(self, line: AtLine, key: KeyConfig) -> None:
        """Ask which key the firmware holds, and compare.

        Raises:
            BurnerError: E608 no answer, E609 to E613 what the firmware complains of (it holds no
                key), E615 it holds another one.
        """
        self._verify(self._awake(line), key)

    def _awake(self, line: AtLine) -> "_Talk":
        talk = _Talk(line, self._clock)
        talk.wake(self.settings.ready_s)
        return talk

    def _verify(self, talk: "_Talk", key: KeyConfig) -> None:
        stored = talk.ask("AT+TCPRDINFOSET?", self.settings.answer_s, _STORED.fullmatch)
        mode, product_id, check, name, region = stored.groups(default="")
        wanted = {
            "mode": (mode, "1"),
            "ProductID": (unescape(product_id), key.product_id),
            "checksum of the secret": (int(check), bcc(key.product_secret)),
            "name": (unescape(name), key.device_name),
            "region": (unescape(region), self.settings.region or unescape(region)),
        }
        wrong = [what for what, (found, ours) in wanted.items() if found != ours]
        if wrong:
            raise BurnerError(Code.AT_KEY_DIFFERS, f"differs: {', '.join(wrong)}")


def set_command(key: KeyConfig, region: str = "") -> str:
    """The command that stores a key, without its line end.

    Raises:
        BurnerError: E612 where it would be too long.
    """
    secret = key.product_secret.reveal().decode("ascii", "replace")
    texts = [key.product_id, secret, key.device_name, *([region] if region else [])]
    command = "AT+TCPRDINFOSET=1," + ",".join(f'"{escape(text)}"' for text in texts)
    if len(command.encode()) + 2 > MAX_LINE_SIZE:
        raise BurnerError(
            Code.AT_VALUES_REFUSED, f"{len(command.encode()) + 2} bytes, at most {MAX_LINE_SIZE}"
        )
    return command


def escape(text: str) -> str:
    """The text with a backslash before each `"`, `,` and backslash: these end a string or an
    argument.
    """
    return re.sub(r'(["\\,])', r"\\\1", text)


def unescape(text: str) -> str:
    """The inverse of `escape`."""
    return re.sub(r"\\(.)", r"\1", text)


def bcc(secret: Secret) -> int:
    """XOR of all bytes: by this number the firmware shows which secret it holds."""
    return reduce(xor, secret.reveal(), 0)


def _confirmation(line: str) -> bool | None:
    if failed := _FAILED.fullmatch(line):
        raise BurnerError(Code.AT_KEY_NOT_STORED, f"FAIL,{failed[1]}" if failed[1] else "FAIL")
    return True if _DONE.fullmatch(line) else None


def _refusal(line: str) -> BurnerError | None:
    if line == "ERROR":
        return BurnerError(Code.AT_COMMAND_REFUSED, "ERROR")
    if busy := _BUSY.fullmatch(line):
        return BurnerError(Code.AT_STAYS_BUSY, busy[0][:9])
    if cme := _CME.fullmatch(line):
        code, meaning = CME_ERRORS.get(
            int(cme[1]), (Code.AT_COMMAND_REFUSED, "not in Tencent's list")
        )
        return BurnerError(code, f"+CME ERROR:{cme[1]} {meaning}")
    return None


class _Talk:
    """Commands and answers on a line that also carries echoes, unsolicited messages and noise."""

    def __init__(self, line: AtLine, clock: Callable[[], float]) -> None:
        self._line = line
        self._clock = clock
        self._splitter = LineSplitter()

    def wake(self, within_s: float) -> None:
        """Send AT until the firmware answers, then discard late answers."""
        # ERROR too is an answer: to what the boot left in the firmware's line buffer.
        self.ask(
            "AT", within_s, lambda line: True if line in ("OK", "ERROR") else None, _WAKE_TRY_S
        )
        quiet_at = self._clock() + _TRY_S
        while self._line.receive(_PAUSE_S) and self._clock() < quiet_at:
            pass
        self._splitter = LineSplitter()

    def ask(
        self,
        command: str,
        within_s: float,
        answer: Callable[[str], T | None],
        try_s: float = _TRY_S,
    ) -> T:
        """Send a command until a line answers it; again after silence, and while the firmware is
        busy.

        Raises:
            BurnerError: E608 no answer in time, E609 busy all the time, or the reported error.
        """
        deadline = self._clock() + within_s
        last = BurnerError(Code.AT_NO_ANSWER, command.partition("=")[0])
        while self._clock() < deadline:
            self._line.send(command.encode() + b"\r\n")
            for line in self._lines(min(deadline, self._clock() + try_s)):
                result = answer(line)
                if result is not None:
                    return result
                refusal = _refusal(line)
                if refusal is None:
                    continue
                last = refusal
                if refusal.code != Code.AT_STAYS_BUSY:
                    raise refusal
                self._line.receive(_PAUSE_S)
                break
        raise last

    def _lines(self, until: float) -> Iterator[str]:
        """The lines that the firmware sends until a given time."""
        while (left := until - self._clock()) > 0:
            lines = self._splitter.feed(self._line.receive(left))
            yield from (line.decode("ascii", "replace").strip() for line in lines)
