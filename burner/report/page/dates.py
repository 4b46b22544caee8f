"""Days and months as people read them, whatever the computer's locale."""

from datetime import datetime

from burner.core.words.phrases import Wording

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weekday(at: datetime, say: Wording) -> str:
    """`Mon`."""
    return say(WEEKDAYS[at.weekday()])


def day(at: datetime, say: Wording) -> str:
    """`Mon 03 Feb`."""
    names = weekday(at, say), say(MONTHS[at.month - 1])
    return say("weekday and day", *names, f"{at:%d}", at.day)


def month(at: datetime, say: Wording) -> str:
    """`Feb 2025`."""
    return say("month, year", say(MONTHS[at.month - 1]), at.year)
