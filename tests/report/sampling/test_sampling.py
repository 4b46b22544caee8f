"""ISO 2859-1 plans against the standard's own structure, and draws that can be repeated."""

from hashlib import sha256
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.report.sampling.sampling import (
    AQLS,
    LETTERS,
    SIZES,
    Level,
    LotVerdict,
    SamplingPlan,
    aql_name,
    chosen_plan,
    code_letter,
    draw,
    judge,
    single_plan,
)

DIAGONAL = {0: 0, 3: 1, 4: 2, 5: 3, 6: 5, 7: 7, 8: 10, 9: 14, 10: 21}
"""Letters below the one with Ac 0 → Ac. In table 2-A all columns are this one, shifted."""


@pytest.mark.parametrize(
    ("lot", "level", "letter"),
    [
        *((2, "I", "A"), (8, "II", "A"), (8, "III", "B"), (9, "II", "B"), (15, "III", "C")),
        *((50, "I", "C"), (51, "I", "C"), (90, "II", "E"), (150, "III", "G"), (151, "I", "E")),
        *((280, "II", "G"), (281, "II", "H"), (500, "II", "H"), (501, "II", "J")),
        *((1200, "II", "J"), (1201, "II", "K"), (3200, "I", "H"), (3201, "II", "L")),
        *((10_000, "III", "M"), (10_001, "II", "M"), (35_001, "II", "N"), (150_001, "I", "M")),
        *((500_000, "II", "P"), (500_001, "I", "N"), (500_001, "II", "Q"), (10**7, "III", "R")),
    ],
)
def test_code_letters_are_those_of_table_1(lot: int, level: str, letter: str) -> None:
    assert code_letter(lot, Level(level)) == letter


@pytest.mark.parametrize(
    ("lot", "aql", "size", "accept"),
    [
        (1000, "1.0", 80, 2),
        (1000, "0.65", 80, 1),
        (1000, "2.5", 80, 5),
        (1000, "4.0", 80, 7),
        (1000, "0.40", 125, 1),
        (1000, "0.25", 50, 0),
        (3000, "0.10", 125, 0),
        (3000, "1.5", 125, 5),
        (5000, "0.65", 200, 3),
        (20_000, "0.015", 800, 0),
        (100, "1.5", 32, 1),
        (100, "10", 20, 5),
        (100, "0.65", 20, 0),
    ],
)
def test_plans_are_those_of_table_2a(lot: int, aql: str, size: int, accept: int) -> None:
    plan = single_plan(lot, aql)
    assert (plan.sample_size, plan.accept, plan.reject) == (size, accept, accept + 1)


@pytest.mark.parametrize("column", range(len(AQLS)))
def test_every_column_is_the_same_diagonal(column: int) -> None:
    zero = LETTERS.index("Q") - column
    for row, letter in enumerate(LETTERS):
        lot = LOT_OF[letter]
        plan = single_plan(lot, AQLS[column], Level.III if letter == "R" else Level.II)
        assert plan.code_letter == letter
        down = {d for d in DIAGONAL if 0 <= zero + d < len(LETTERS)}
        distance = row - zero
        if distance not in down:
            distance = _arrow(distance, down)
        assert plan.plan_letter == LETTERS[zero + distance]
        assert plan.accept == DIAGONAL[distance]
        assert plan.sample_size == min(SIZES[zero + distance], lot)


LOT_OF = dict(
    zip(
        LETTERS,
        (2, 9, 16, 26, 51, 91, 151, 281, 501, 1201, 3201, 10_001, 35_001, 150_001, 10**6, 10**6),
        strict=True,
    )
)


def _arrow(distance: int, there: set[int]) -> int:
    """Right below Ac 0 the arrow points up, the one after it down; outside towards the plans."""
    if distance == 1 and 0 in there:
        return 0
    if distance == 2 and 3 not in there:
        return 0
    return min((d for d in there if d > distance), default=max(there))


def test_a_sample_as_large_as_the_lot_means_every_unit() -> None:
    plan = single_plan(50, "0.010")
    assert (plan.sample_size, plan.accept, plan.plan_letter) == (50, 0, "Q")
    assert single_plan(1, "6.5").sample_size == 1


@pytest.mark.parametrize(
    ("text", "name"), [("1", "1.0"), ("0.1", "0.10"), ("10.0", "10"), ("0.7", None), ("x", None)]
)
def test_an_aql_may_be_written_as_people_do(text: str, name: str | None) -> None:
    assert aql_name(text) == name


class Boxed(NamedTuple):
    unit_id: str


UNITS = [Boxed(f"7c:df:a1:00:{n // 256:02x}:{n % 256:02x}") for n in range(1000)]


def test_a_draw_can_be_repeated_with_nothing_but_sha256() -> None:
    drawn = draw(UNITS, 5, "7")
    by_hand = sorted(UNITS, key=lambda u: sha256(f"7:{u.unit_id}".encode()).hexdigest())[:5]
    assert drawn == by_hand == draw(reversed(UNITS), 5, "7")
    assert drawn != draw(UNITS, 5, "8")


@given(st.integers(0, 1100), st.text(max_size=5))
def test_a_draw_takes_each_unit_once(size: int, seed: str) -> None:
    drawn = draw(UNITS, size, seed)
    assert len(set(drawn)) == len(drawn) == min(size, len(UNITS))


def test_a_larger_sample_holds_the_smaller_one() -> None:
    assert draw(UNITS, 50, "7")[:20] == draw(UNITS, 20, "7")


def test_every_unit_is_as_likely_as_any_other() -> None:
    half = {unit.unit_id for unit in UNITS[:500]}
    first = sum(unit.unit_id in half for seed in range(100) for unit in draw(UNITS, 20, str(seed)))
    assert 850 < first < 1150


def test_a_batch_is_judged_by_ac_and_re() -> None:
    plan = SamplingPlan(80, 2, 3)
    assert judge(plan, 78, 2) is LotVerdict.ACCEPT
    assert judge(plan, 10, 3) is LotVerdict.REJECT
    assert judge(plan, 77, 2) is LotVerdict.INCOMPLETE
    assert judge(chosen_plan(20, 1000), 19, 1) is LotVerdict.REJECT
