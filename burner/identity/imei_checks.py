"""Whether an IMEI may name a unit. Pure."""

import re
from collections.abc import Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check_digit(digits: str) -> str:
    """The Luhn check digit that belongs after these digits."""
    return next(last for last in "0123456789" if luhn_ok(digits + last))


def check_imei(imei: str, tac: Sequence[str] = ()) -> None:
    """Check that an IMEI can name a unit.

    Raises:
        BurnerError: E424 zero, E425 an IMEISV (16 digits), E420 not 15 digits, E423 one digit
            repeated, E421 check digit wrong, E422 TAC not in the list.
    """
    if re.fullmatch("0+", imei):
        raise BurnerError(Code.IMEI_ZERO, imei[:20])
    if re.fullmatch("[0-9]{16}", imei):
        raise BurnerError(Code.IMEISV_INSTEAD_OF_IMEI, imei)
    if not re.fullmatch("[0-9]{15}", imei):
        raise BurnerError(Code.IMEI_LENGTH_WRONG, repr(imei[:40]))
    if len(set(imei)) == 1:
        raise BurnerError(Code.IMEI_DIGIT_REPEATED, imei)
    if not luhn_ok(imei):
        raise BurnerError(Code.IMEI_CHECK_DIGIT_WRONG, imei)
    if tac and imei[:8] not in tac:
        raise BurnerError(
            Code.IMEI_OF_OTHER_MODEM, f"{imei[:8]} of {imei}, the profile has {', '.join(tac)}"
        )
