"""Numbers as text for people."""

from collections.abc import Mapping
from math import ceil, floor, log10

from burner.core.words.phrases import Wording

ENGLISH = Wording()
NARROW = "\u202f"
"""A narrow space that does not break."""


def share(value: float | None) -> str:
    """`93.4 %`; no other value is rounded to 0 % or 100 %."""
    if value is None:
        return "–"
    if value in (0, 1):
        return f"{value:.0%}".replace("%", NARROW + "%")
    if value < 0.001:
        return f"< 0.1{NARROW}%"
    return f"{min(value, 0.999) * 100:.1f}{NARROW}%"


def count(value: int) -> str:
    """Digits in groups of three: `12 345`."""
    return f"{value:,}".replace(",", NARROW)


def rate(value: float | None) -> str:
    """Units per hour."""
    if value is None:
        return "–"
    return count(round(value)) if value >= 10 else f"{value:.1f}"


def seconds(value: float, say: Wording = ENGLISH) -> str:
    """`0.42 s`, `11.2 s`, `125 s`."""
    digits = 0 if value >= 100 else 1 if value >= 1 else 2
    return f"{value:.{digits}f}{NARROW}{say('s')}"


def duration(value: float, say: Wording = ENGLISH) -> str:
    """`45 s`, `12 min`, `69 h 20 min`."""
    if value < 90:
        return f"{value:.0f}{NARROW}{say('s')}"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} {say('h')} {minutes:02} {say('min')}" if hours else f"{minutes} {say('min')}"


def bauds(attempts: Mapping[int, int]) -> str:
    """The rates at which attempts passed: `921600`, `460800–921600`; a dash without one."""
    ends = sorted({min(attempts), max(attempts)}) if attempts else []
    return "–".join(map(str, ends)) or "–"


def with_minus(number: str) -> str:
    """A number as text, with a minus in place of the hyphen."""
    return number.replace("-", "−")


def significant(value: float, digits: int = 5) -> str:
    """So many digits, without zeros at the end: `12.4`, `0.00012`, `-31`."""
    return with_minus(f"{value:.{digits}g}")


def fixed(value: float, decimals: int) -> str:
    """So many digits behind the point; a very large or small number with an exponent."""
    if value and not 1e-6 <= abs(value) < 1e9:
        return significant(value)
    return with_minus(f"{value:.{decimals}f}")


def ticks(begin: float, end: float, most: int = 6) -> list[float]:
    """Round numbers within a range, for the ticks of an axis."""
    width = max(end - begin, SMALLEST * max(abs(begin), abs(end), SMALLEST))
    power = 10 ** floor(log10(width / most))
    step = next(n * power for n in (1, 2, 5, 10, 20) if n * power * most >= width)
    first = ceil(round(begin / step, 6))
    return [float(f"{at * step:.12g}") for at in range(first, floor(round(end / step, 6)) + 1)]


def axis(value: float, least_step: float = 0) -> list[float]:
    """Round numbers from 0 to the first one at or above a value, for the ticks of an axis."""
    value = max(value, SMALLEST)
    power = 10 ** floor(log10(value))
    ceiling, parts = next((c * power, n) for c, n in CEILINGS if c * power >= value)
    step = max(ceiling / parts, least_step)
    return [round(step * tick, 9) for tick in range(ceil(ceiling / step) + 1)]


SMALLEST = 0.001

CEILINGS = ((1, 5), (2, 4), (2.5, 5), (3, 3), (4, 4), (5, 5), (6, 3), (8, 4), (10, 5))
"""Where an axis may end, in powers of ten, and in how many steps it goes there."""
