"""Whether a serial number can name a unit, and which line of a booted unit has it. Pure."""

from collections.abc import Sequence

from burner.core import regex
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import broken_where_removed
from burner.identity.settings import SerialSettings


def check_serial(serial: str, settings: SerialSettings) -> None:
    """Check that a serial number can name a unit.

    Raises:
        BurnerError: E430.
    """
    if not regex.fullmatch(settings.pattern, serial):
        raise BurnerError(Code.SERIAL_MALFORMED, repr(serial[:60]))


def find_serial(lines: Sequence[str], settings: SerialSettings) -> str:
    """The serial number among the lines that a booted unit printed, checked.

    Raises:
        BurnerError: E431 no line holds one, E432 two lines disagree, E430.
    """
    line = settings.line or ""
    texts = map(broken_where_removed, lines)
    matches = [match for text in texts if (match := regex.search(line, text))] if line else []
    serials = {match[1] or "" for match in matches}
    if not serials:
        raise BurnerError(Code.SERIAL_NOT_PRINTED, line)
    if len(serials) > 1:
        raise BurnerError(Code.TWO_SERIALS_PRINTED, ", ".join(sorted(serials)))
    serial = serials.pop()
    check_serial(serial, settings)
    return serial
