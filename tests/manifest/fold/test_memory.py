"""The state in memory says what a plain dictionary would, whatever is packed."""

from random import Random
from typing import Any

import pytest

from burner.manifest.fold import packed
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import (
    KEY_FIELDS,
    NEVER,
    AttemptRow,
    BatchRow,
    Drop,
    IdRow,
    MemberRow,
    NameRow,
    UnitRow,
)

KINDS: tuple[type[Any], ...] = (UnitRow, MemberRow, NameRow, IdRow, BatchRow)
PRODUCTS, UNITS = ("P1", "P2"), ("7c:df:a1:00:00:01", "7C:DF:A1:00:00:02", "u", "ü", "")


def a_row(kind: type[Any], dice: Random) -> Any:
    """A row of a small world, so that keys meet again."""

    def text(*some: str) -> str:
        return dice.choice(some)

    product, unit, number = text(*PRODUCTS), text(*UNITS), dice.choice((NEVER, 7, 2**40))
    if kind is UnitRow:
        return UnitRow(
            product, unit, text("PASS", "scrap"), 1, number, 3, 1, NEVER, "", text("", "x")
        )
    if kind is MemberRow:
        status = text("PASS", "OPEN", "FAIL")
        passed = status == "PASS" or dice.choice((True, False))
        return MemberRow(text("A", "B", "C"), unit, status, passed)
    if kind is NameRow:
        return NameRow(product, text("n1", "n2", ""), unit, text("", "other"))
    if kind is IdRow:
        return IdRow(
            text("1", "2"), text("imei", "serial"), product, unit, number, 5, text("", "o")
        )
    scope = text("s", "t")
    return BatchRow(text("A", "B"), product, "p", "d", "k", scope, None, 0, 0, "open", 1, NEVER)


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_found_as_in_a_dictionary(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FRESH", 2)
    dice, state = Random(seed), MemoryState()
    model: dict[tuple[Any, ...], Any] = {}
    for _ in range(150):
        row = a_row(kind := dice.choice(KINDS), dice)
        key = (kind, *row[: KEY_FIELDS[kind]])
        if dice.random() < 0.2:
            state.update([Drop(row)])
            model.pop(key, None)
        else:
            state.update([row])
            model[key] = row
        other = a_row(kind, dice)
        there = other[: KEY_FIELDS[kind]]
        assert state.get(kind, *there) == model.get((kind, *there))
        assert state.row_test(kind)(tuple(other)) is (model.get((kind, *there)) == other)
        own = [row for row in model.values() if type(row) is kind]
        assert sorted(state.rows(kind)) == sorted(own)
        assert state.count(kind) == len(own)
        if kind is not BatchRow:
            same = [row for row in own if row.unit_id == other.unit_id]
            assert [*state.rows(kind, unit_id=other.unit_id)] == sorted(same)
        if kind is IdRow:
            same = [row for row in own if row[:2] == other[:2]]
            matching = state.rows(IdRow, source=other.source, value=other.value)
            assert [*matching] == sorted(same)
        if kind in (IdRow, NameRow):
            same = [row for row in own if row.imported_from == other.imported_from]
            assert [*state.rows(kind, imported_from=other.imported_from)] == sorted(same)
        elsewhere = [
            member
            for member in (row for row in model.values() if isinstance(row, MemberRow))
            if member.unit_id == UNITS[0] and member.batch != "A" and member.counts
            if (batch := model.get((BatchRow, member.batch))) and batch.scope == "s"
        ]
        assert state.holds_elsewhere("s", UNITS[0], "A") is bool(elsewhere)


def test_an_attempt_is_kept_until_it_ends() -> None:
    ended: list[AttemptRow] = []
    state = MemoryState(ended=ended.append)
    texts = ("", "u", "", "n", "line1", "1", "p", "")
    attempt = AttemptRow(3, True, *texts, "OPEN", "", 0, "{}", 1, "", 1, NEVER, NEVER, NEVER)
    state.update([attempt])
    assert state.get(AttemptRow, 3) == attempt
    end = attempt._replace(outcome="PASS", ended=4)
    state.update([end])
    assert state.get(AttemptRow, 3) is None
    assert (ended, state.count(AttemptRow)) == ([end], 0)
