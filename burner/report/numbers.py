"""Numbers as people read them."""


def share(value: float | None) -> str:
    """`93.4 %`; never rounded to 100 % while something is missing."""
    if value is None:
        return "–"
    text = f"{value:.1%}"
    if text == "100.0%":
        return "100 %" if value >= 1 else "99.9 %"
    return text.replace("%", " %")


def count(value: int) -> str:
    """`12 345`, with narrow spaces that do not break."""
    return f"{value:,}".replace(",", "\u202f")


def rate(value: float | None) -> str:
    """Units per hour."""
    if value is None:
        return "–"
    return count(round(value)) if value >= 10 else f"{value:.1f}"


def seconds(value: float) -> str:
    """`0.42 s`, `11.2 s`, `125 s`."""
    if value >= 100:
        return f"{value:.0f} s"
    return f"{value:.1f} s" if value >= 1 else f"{value:.2f} s"


def duration(value: float) -> str:
    """`45 s`, `12 min`, `69 h 20 min`."""
    if value < 90:
        return f"{value:.0f} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def nice_ceiling(value: float) -> float:
    """The next number that an axis may end with: 1, 2, 2.5, 4, 5, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value)
