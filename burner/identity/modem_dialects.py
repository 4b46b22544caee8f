"""How modems are asked for their IMEI and serial number, and what the answers look like. Pure.

Every command here reads. There is none that writes an identity, and the dialogue sends nothing
that is not in `COMMANDS` (tests/devices/test_modem.py proves both).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ImeiCommand = Literal[
    "AT+CGSN=1", "AT+CGSN", "AT+GSN", "AT+GSN?", "AT+SIMEI?", "AT+EGMR=0,7", "AT+TCMODULE"
]


@dataclass(frozen=True)
class ModemDialect:
    """A command that reads an ID, and the line that answers it (its group `id` is the ID)."""

    command: str
    answer: re.Pattern[str]
    """The form that most modems print."""
    other_form: re.Pattern[str] | None
    """What others print after the same command; it may also be a late answer to another one."""

    def values(self, lines: Sequence[str], *, usual_form_only: bool = False) -> tuple[str, ...]:
        """The values in the answer's lines. The caller refuses more than one."""
        forms = [self.answer]
        if self.other_form and not usual_form_only:
            forms.append(self.other_form)
        return tuple(
            match["id"] for line in lines for form in forms if (match := form.fullmatch(line))
        )


def _behind(prefix: str) -> re.Pattern[str]:
    """A pattern: digits after a prefix, with or without a blank between them, with or without
    quotes.
    """
    return re.compile(rf'{re.escape(prefix)}\s*(?P<quote>"?)(?P<id>[0-9]{{1,17}})(?P=quote)')


_ALONE = re.compile(r'(?P<quote>"?)(?P<id>[0-9]{14,17}|0+)(?P=quote)')
"""Digits alone on a line. ICCIDs (19 or 20 digits) are outside; an IMSI is never asked for."""


def _dialects(
    *rows: tuple[ImeiCommand, re.Pattern[str], re.Pattern[str] | None],
) -> Mapping[ImeiCommand, ModemDialect]:
    return MappingProxyType({row[0]: ModemDialect(*row) for row in rows})


IMEI_DIALECTS = _dialects(
    ("AT+CGSN=1", _behind("+CGSN:"), _ALONE),  # 3GPP TS 27.007: Nordic, NB-IoT parts such as BC26
    ("AT+CGSN", _ALONE, _behind("+CGSN:")),  # Quectel EC/EG/BG, SIMCom, u-blox, Neoway
    ("AT+GSN", _ALONE, _behind("+GSN:")),  # Quectel, SIMCom, Fibocom
    ("AT+GSN?", _behind("+GSN:"), _ALONE),  # Fibocom
    ("AT+SIMEI?", _behind("+SIMEI:"), _ALONE),  # SIMCom
    ("AT+EGMR=0,7", _behind("+EGMR:"), _ALONE),  # Quectel, MediaTek
    ("AT+TCMODULE", _behind("Module IMEI:"), None),  # Tencent AT firmware of cellular modules
)
"""In the order in which they are tried: the unambiguous one first (3GPP's `=1` is the IMEI)."""

SERIAL_DIALECT = ModemDialect(
    "AT+EGMR=0,5",  # Quectel, MediaTek
    re.compile(r'\+EGMR:\s*(?P<quote>"?)(?P<id>[0-9A-Za-z_-]{1,48})(?P=quote)'),
    None,
)
"""With its prefix only: a serial number alone on a line looks like any other word."""
ATTENTION = "AT"
COMMANDS = frozenset({ATTENTION, SERIAL_DIALECT.command, *IMEI_DIALECTS})
"""All that the dialogue ever sends."""

_FINAL = re.compile(r"OK|ERROR|ERR CODE:.*|\+CM[ES] ERROR:.*")


@dataclass(frozen=True)
class ModemAnswer:
    """The lines between a command and its final result, without echo and blank lines."""

    lines: tuple[str, ...]
    result: str
    """`OK`, `ERROR`, `+CME ERROR: 10`, …"""

    @property
    def ok(self) -> bool:
        """Whether the modem did what the command asks."""
        return self.result == "OK"


def parse_answer(data: bytes, command: str) -> ModemAnswer | None:
    """The answer in all that came since the command was sent; None while its final line is missing.

    A line counts once its line end is there. Bytes that are not ASCII spoil only their own line.
    """
    lines: list[str] = []
    for raw in re.split(rb"[\r\n]+", data)[:-1]:
        line = raw.decode("ascii", "replace").strip()
        if _FINAL.fullmatch(line):
            return ModemAnswer(tuple(lines), line)
        if line and line != command:
            lines.append(line)
    return None
