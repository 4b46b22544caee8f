"""What stands out, in sentences."""

from burner.core.words.phrases import Wording
from burner.report.figures.comparison import FEWEST
from burner.report.figures.figures import Figures
from burner.report.figures.measured import Oddity, Standout
from burner.report.page import numbers


def standout_sentences(figures: Figures, say: Wording) -> list[str]:
    """One sentence each: where, what, how far from the others."""
    several = figures.has_several_products
    return [_sentence(found, say, several=several) for found in figures.standouts]


def not_compared(figures: Figures, say: Wording) -> str:
    """Which slots are compared with no others, because too few units were tested; mostly empty."""
    units: dict[tuple[str, str], int] = {}
    for test in figures.tests:
        for slot in test.slots:
            place = (slot.station, slot.slot)
            units[place] = max(units.get(place, 0), slot.units)
    total = sum(units.values())
    few = [place for place, n in units.items() if min(n, total - n) < FEWEST]
    if len(units) < 2 or not few:
        return ""
    if len(few) == len(units):
        return say("Too few units to compare slots: it takes {} in one and in the others.", FEWEST)
    named = say(", ").join(" ".join(place) for place in few)
    return say("Not compared, because fewer than {} units were tested there: {}.", FEWEST, named)


def retries_by_slot(figures: Figures, say: Wording) -> list[str]:
    """Of each test that was tried again: for how many units, in which slots."""
    several, lines = figures.has_several_products, []
    for test in figures.tests:
        counts = [
            f"{slot.station} {slot.slot} {slot.retried}/{slot.units}"
            for slot in test.slots
            if slot.retried
        ]
        name = f"{test.product_id} · {test.name}" if several else test.name
        if counts:
            lines.append(say("{} tried again, units by slot: {}", name, say(", ").join(counts)))
    return lines


def _sentence(found: Standout, say: Wording, *, several: bool) -> str:
    names = (found.product_id if several else "", found.test, found.measurement)
    what = " · ".join(filter(None, names))
    where = f"{found.station} {found.slot}".strip()
    if found.oddity in (Oddity.NOT_PASSED, Oddity.TRIED_AGAIN):
        shares = (numbers.share(found.here), numbers.share(found.elsewhere))
    else:
        shares = (_value(found.here, found.unit), _value(found.elsewhere, found.unit))
    counts = (numbers.count(found.count), numbers.count(found.count_elsewhere))
    place = (where,) if found.slot else ()
    return say(f"standout {found.oddity.value}", *place, what, *shares, *counts)


def _value(value: float, unit: str) -> str:
    return f"{numbers.significant(value)} {unit}".rstrip()
