"""What stands out, in sentences."""

from burner.core.words.phrases import Wording
from burner.report.figures.figures import Figures
from burner.report.figures.measured import Oddity, Standout
from burner.report.page import numbers


def standout_sentences(figures: Figures, say: Wording) -> list[str]:
    """One sentence each: where, what, how far from the others."""
    several = figures.has_several_products
    return [_sentence(found, say, several=several) for found in figures.standouts]


def _sentence(found: Standout, say: Wording, *, several: bool) -> str:
    names = (found.product_id if several else "", found.test, found.measurement)
    what = " · ".join(filter(None, names))
    where = f"{found.station} {found.slot}".strip()
    if found.oddity is Oddity.NOT_PASSED:
        shares = (numbers.share(found.here), numbers.share(found.elsewhere))
    else:
        shares = (_value(found.here, found.unit), _value(found.elsewhere, found.unit))
    counts = (numbers.count(found.count), numbers.count(found.count_elsewhere))
    place = (where,) if found.slot else ()
    return say(f"standout {found.oddity.value}", *place, what, *shares, *counts)


def _value(value: float, unit: str) -> str:
    return f"{numbers.significant(value)} {unit}".rstrip()
