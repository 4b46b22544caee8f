"""Single sampling by attributes, and the draw of a sample that everybody can repeat.

Source: ISO 2859-1:1999, Sampling procedures for inspection by attributes, Part 1: table 1 (sample
size code letters, general inspection levels) and table 2-A (single sampling plans for normal
inspection). A unit agrees with its record or it does not, so only AQLs in percent nonconforming
are here: those up to 10.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from heapq import nsmallest
from typing import Protocol, TypeVar


class HasUnitId(Protocol):
    """A unit that can be drawn."""

    @property
    def unit_id(self) -> str:
        """Base MAC."""
        ...


AnyUnit = TypeVar("AnyUnit", bound=HasUnitId)


class Level(StrEnum):
    """General inspection level: a higher one gives a larger sample. II unless agreed otherwise."""

    I = "I"  # noqa: E741 - the standard's name
    II = "II"
    III = "III"


LETTERS = "ABCDEFGHJKLMNPQR"
SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
"""Table 2-A: sample size of each letter."""

LOTS = (
    *((8, "AAB"), (15, "ABC"), (25, "BCD"), (50, "CDE"), (90, "CEF"), (150, "DFG")),
    *((280, "EGH"), (500, "FHJ"), (1200, "GJK"), (3200, "HKL"), (10_000, "JLM")),
    *((35_000, "KMN"), (150_000, "LNP"), (500_000, "MPQ")),
)
"""Table 1: lots up to this size, letters of levels I, II, III."""
LARGEST = "NQR"

AQLS = (
    *("0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25"),
    *("0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5", "10"),
)
"""Percent nonconforming: the columns of table 2-A."""

# Table 2-A: a row a letter, a column an AQL. A number is Ac, and Re is one more; v and ^ are the
# arrows to the first plan below or above in the same column.
ACCEPTANCE = """
A    v  v  v  v  v  v  v  v  v  v  v  v  v  v  0  v
B    v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v
C    v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1
D    v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2
E    v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3
F    v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5
G    v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7
H    v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10
J    v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14
K    v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21
L    v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^
M    v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^
N    v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^
P    v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^
Q    0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^
R    ^  ^  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^
"""
_CELLS = [line.split()[1:] for line in ACCEPTANCE.split("\n") if line]
STEP = {"v": 1, "^": -1}


@dataclass(frozen=True)
class SamplingPlan:
    """A sampling plan: how many units are checked, and how many may differ."""

    sample_size: int
    accept: int
    """Ac: the batch is accepted with up to so many differing units."""
    reject: int
    """Re: it is rejected from so many on."""
    aql: str = ""
    """Empty: the sample has a chosen size."""
    level: str = ""
    code_letter: str = ""
    """Of the lot's size (table 1)."""
    plan_letter: str = ""
    """The letter of this plan, after the arrows of table 2-A."""

    @property
    def size_of_table(self) -> int:
        """The sample size that the table gives: `sample_size` is smaller where units lack."""
        return SIZES[LETTERS.index(self.plan_letter)] if self.plan_letter else self.sample_size


class LotVerdict(StrEnum):
    """The verdict on the lot by the checks so far."""

    ACCEPT = "accept"
    REJECT = "reject"
    INCOMPLETE = "incomplete"


def aql_name(text: str) -> str | None:
    """The standard's writing of an AQL: `1` is `1.0`; None for one it does not have."""
    try:
        value = float(text)
    except ValueError:
        return None
    return next((aql for aql in AQLS if float(aql) == value), None)


def code_letter(lot_size: int, level: Level) -> str:
    """Table 1. A lot of one is treated as the smallest there is."""
    column = list(Level).index(level)
    return next((row[column] for end, row in LOTS if lot_size <= end), LARGEST[column])


def single_plan(lot_size: int, aql: str, level: Level = Level.II) -> SamplingPlan:
    """The single sampling plan for normal inspection (tables 1 and 2-A).

    Where the plan asks for at least as many units as there are, every unit is checked.

    Args:
        lot_size: units in the lot.
        aql: one of AQLS.
        level: general inspection level.
    """
    letter = code_letter(lot_size, level)
    row, column = LETTERS.index(letter), AQLS.index(aql)
    while (cell := _CELLS[row][column]) in STEP:
        row += STEP[cell]
    accept = int(cell)
    size = min(SIZES[row], lot_size)
    return SamplingPlan(size, accept, accept + 1, aql, level.value, letter, LETTERS[row])


def chosen_plan(sample_size: int, lot_size: int) -> SamplingPlan:
    """A sample of a chosen size: no unit may differ."""
    return SamplingPlan(min(sample_size, lot_size), 0, 1)


def draw(units: Iterable[AnyUnit], size: int, seed: str) -> list[AnyUnit]:
    """A sample that depends only on the seed and the units; all units are equally likely.

    Units are ordered by SHA-256 of `seed:UnitId` and the first ones taken, so anybody can repeat
    the draw, in any language. Memory grows with the sample alone.

    Args:
        units: those that may be drawn.
        size: how many.
        seed: any text.
    """
    return nsmallest(size, units, key=lambda unit: ticket(unit.unit_id, seed))


def ticket(unit_id: str, seed: str) -> str:
    """The position of a unit in the draw: its sort key."""
    return sha256(f"{seed}:{unit_id}".encode()).hexdigest()


def judge(plan: SamplingPlan, good: int, differing: int) -> LotVerdict:
    """Accept or reject by Ac and Re; reject as soon as it is certain."""
    if differing >= plan.reject:
        return LotVerdict.REJECT
    return LotVerdict.ACCEPT if good + differing >= plan.sample_size else LotVerdict.INCOMPLETE
