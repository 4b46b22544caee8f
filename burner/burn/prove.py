"""Proof by the boot log: the firmware must print what was burned. Pure."""

from collections.abc import Sequence

from burner.burn.boot_lines import first_match, shown
from burner.core.code import Code
from burner.core.device_lines import MAX_LINES
from burner.core.errors import BurnerError
from burner.profile.boot import BootSettings


def check_boot_log(
    settings: BootSettings, lines: Sequence[str], device_name: str, product_id: str
) -> dict[str, str]:
    """Compare the boot log with what was burned.

    Returns:
        Name and ProductID that the firmware printed, where the profile has a pattern for them.

    Raises:
        BurnerError: E603 another name, E604 another ProductID, E605 an awaited line is missing.
    """
    printed: dict[str, str] = {}
    for field, pattern, burned, code in (
        ("product_id", settings.product_id, product_id, Code.FIRMWARE_PRODUCT_ID_DIFFERS),
        ("device_name", settings.device_name, device_name, Code.FIRMWARE_NAME_DIFFERS),
    ):
        if pattern is None:
            continue
        match = first_match(pattern, lines)
        if match is None:
            raise _no_match(pattern, lines)
        value = printed[field] = match[1] or ""
        if value != burned:
            raise BurnerError(code, f"firmware says {shown(value)}, burned was {shown(burned)}")
    check_awaited(settings.expect, lines, Code.UNIT_DID_NOT_START)
    return printed


def check_awaited(patterns: Sequence[str], lines: Sequence[str], code: str) -> None:
    """Refuse a boot log in which a line is missing, with this code."""
    for pattern in patterns:
        if first_match(pattern, lines) is None:
            raise _no_match(pattern, lines, code)


def _no_match(
    pattern: str, lines: Sequence[str], code: str = Code.UNIT_DID_NOT_START
) -> BurnerError:
    return BurnerError(code, f"no line matched {shown(pattern)}; {_last(lines)}")


def _last(lines: Sequence[str]) -> str:
    if len(lines) >= MAX_LINES:
        return f"the unit printed {MAX_LINES} lines; later lines were not read"
    return f"last line was {shown(lines[-1])}" if lines else "the unit printed nothing"
