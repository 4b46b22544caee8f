"""The AT dialogue that reads the IMEI or serial number of a modem. It never writes one.

The line is the slot's own (`SerialLine`, in a worker that can be killed). Every wait has an end:
one answer within `answer_s`, the whole dialogue within `timeout_s`. An ID counts only when it has
the shape of the command's answer, the final OK stood after it, its own check holds, and a second
reading on a quiet line says the same.
"""

import time
from collections.abc import Callable, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.device import SerialLine
from burner.identity.imei_checks import check_imei
from burner.identity.modem_dialects import (
    ATTENTION,
    COMMANDS,
    IMEI_DIALECTS,
    SERIAL_DIALECT,
    ModemAnswer,
    ModemDialect,
    parse_answer,
)
from burner.identity.serial_checks import check_serial
from burner.identity.settings import ImeiSettings, ModemSettings, SerialSettings

CheckId = Callable[[str], None]

ATTENTION_S = 0.5
"""Time for `OK` from a modem that is awake, with a wide margin; doubled in each round."""
TRIES = 2
MAX_ANSWER = 4096
"""Bytes; the longest genuine answer has some 200."""
MAX_QUIET_WAITS = 10
"""After so many waits a modem that never falls silent is asked all the same."""


def read_imei(
    line: SerialLine, settings: ImeiSettings, clock: Callable[[], float] = time.monotonic
) -> str:
    """The modem's IMEI, read twice and checked.

    Raises:
        BurnerError: E330 nothing answers, E331 no command gives an ID, E332 the modem reports an
            error, E333 two readings differ, E334 an answer holds two numbers, E335 an answer
            never ended, E336 noise at every rate; E420 to E425 the IMEI itself.
    """
    dialects = [IMEI_DIALECTS[command] for command in settings.commands]
    return _Modem(line, settings, clock).read(dialects, lambda i: check_imei(i, settings.tac))


def read_serial(
    line: SerialLine, settings: SerialSettings, clock: Callable[[], float] = time.monotonic
) -> str:
    """The serial number a modem keeps, read twice and checked.

    Raises:
        BurnerError: E330 to E336 as `read_imei`; E430 not the profile's pattern.
    """
    modem = _Modem(line, settings.modem, clock)
    return modem.read([SERIAL_DIALECT], lambda serial: check_serial(serial, settings))


class _Modem:
    """One dialogue, from the first `AT` to the second reading."""

    def __init__(
        self, line: SerialLine, settings: ModemSettings, clock: Callable[[], float]
    ) -> None:
        self.line, self.settings, self.clock = line, settings, clock
        self.deadline = clock() + settings.timeout_s
        self.noise = False
        """Whether bytes came that no modem sends at the right rate."""

    def read(self, dialects: Sequence[ModemDialect], check: CheckId) -> str:
        self.find_baud()
        dialect, first = self.read_id(dialects, check)
        self.wait_for_quiet(self.settings.settle_s)
        _, second = self.read_id([dialect], check)
        if first != second:
            raise BurnerError(Code.MODEM_IDS_DIFFER, f"{dialect.command}: {first}, then {second}")
        return first

    def find_baud(self) -> None:
        """Find the rate at which the modem answers; it may be starting still, or be slow.

        Raises:
            BurnerError: E330, E336.
        """
        wait_s = ATTENTION_S
        while wait_s <= self.settings.timeout_s:
            for baud in self.settings.bauds:
                if self.answers_at(baud, wait_s):
                    return
            wait_s *= 2
        rates = ", ".join(map(str, self.settings.bauds))
        raise BurnerError(
            Code.MODEM_ONLY_NOISE if self.noise else Code.MODEM_SILENT, f"tried {rates} baud"
        )

    def answers_at(self, baud: int, wait_s: float) -> bool:
        """Whether the modem answers at this rate; late answers have then been read."""
        self.line.set_baud(baud)
        for attempt in range(TRIES):
            answer = self.ask(ATTENTION, wait_s)
            if answer and answer.ok:
                # It may have answered an earlier try: the answers to the others come as late.
                self.wait_for_quiet(max(self.settings.settle_s, 1.5 * wait_s if attempt else 0.0))
                return True
        return False

    def wait_for_quiet(self, quiet_s: float) -> None:
        """Read late answers and start-up messages until the line has been quiet for so long."""
        for _ in range(MAX_QUIET_WAITS):
            if not self.receive(quiet_s):
                return

    def read_id(self, dialects: Sequence[ModemDialect], check: CheckId) -> tuple[ModemDialect, str]:
        """The first command that gives an ID, and that ID, checked.

        While an earlier command is unanswered, its answer may still come: then only the form
        counts that is usual for the present one.
        """
        failures: dict[str, str] = {}
        for dialect in dialects:
            answer = self.ask_again(dialect.command)
            awaited = "" in failures.values()
            lines = answer.lines if answer else ()
            values = set(dialect.values(lines, usual_form_only=awaited))
            if answer and answer.ok and values:
                return dialect, self.single_value(dialect, values, check)
            failures[dialect.command] = answer.result if answer else ""
        raise _explanation(failures)

    @staticmethod
    def single_value(dialect: ModemDialect, values: set[str], check: CheckId) -> str:
        if len(values) > 1:
            raise BurnerError(
                Code.MODEM_SEVERAL_NUMBERS, f"{dialect.command}: {', '.join(sorted(values))}"
            )
        value = values.pop()
        check(value)
        return value

    def ask_again(self, command: str) -> ModemAnswer | None:
        """Ask until there is an answer; one that comes late answers the second asking."""
        answers = (self.ask(command, self.settings.answer_s) for _ in range(TRIES))
        return next((answer for answer in answers if answer), None)

    def ask(self, command: str, timeout_s: float) -> ModemAnswer | None:
        """Send one of the reading commands; None when no whole answer came in time."""
        if command not in COMMANDS:
            raise ValueError(f"{command!r} is not a reading command")
        self.line.send(f"{command}\r\n".encode("ascii"))
        end = self.clock() + timeout_s
        data = b""
        while len(data) < MAX_ANSWER and (chunk := self.receive(end - self.clock())):
            data += chunk
            if answer := parse_answer(data, command):
                return answer
        return None

    def receive(self, timeout_s: float) -> bytes:
        """What comes within the time, and before the deadline of the dialogue."""
        left = min(timeout_s, self.deadline - self.clock())
        data = self.line.receive(left) if left > 0 else b""
        self.noise |= not data.isascii()
        return data


def _explanation(failures: dict[str, str]) -> BurnerError:
    """Why no command gave an ID. An error of the modem says more than silence."""
    named = {c: r for c, r in failures.items() if r.startswith(("+CME", "+CMS", "ERR CODE"))}
    if named:
        return BurnerError(
            Code.MODEM_REPORTS_ERROR, "; ".join(f"{c}: {r}" for c, r in named.items())
        )
    unended = [command for command, result in failures.items() if not result]
    if unended:
        return BurnerError(Code.MODEM_ANSWER_UNFINISHED, ", ".join(unended))
    return BurnerError(Code.MODEM_TELLS_NO_ID, ", ".join(failures))
