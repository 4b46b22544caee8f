"""What stands out, as a sentence."""

from burner.core.words.phrases import Wording
from burner.report.figures.measured import Oddity, Standout
from burner.report.page import numbers


def standout_sentence(found: Standout, say: Wording) -> str:
    """One sentence: where, what, how far from the others."""
    what = f"{found.test} · {found.measurement}" if found.measurement else found.test
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
