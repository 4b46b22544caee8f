"""What the record of a unit has room for of the tries of its tests. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from burner.core.measurements import TestResult, TestTry
from burner.core.record_limits import MAX_MEASURED, MAX_SIZE, size_on_record

LEFT_OUT: Final = "left out: no room in the record"
"""Detail of an earlier try whose values are not on record."""


def last_tries_fit(results: Sequence[TestResult]) -> bool:
    """Whether there is room for the last try of each test."""
    size, measured = _room_beside_last_tries(results)
    return size >= 0 and measured >= 0


def with_earlier_tries_that_fit(results: Sequence[TestResult]) -> tuple[TestResult, ...]:
    """The results with the newest earlier tries, as far as there is room beside the last tries.

    An older one keeps its outcome, code and time: its detail says that its values are left out.
    Where there is no room for that either, it is not there.

    Args:
        results: in the order in which the tests ran.
    """
    size, measured = _room_beside_last_tries(results)
    newest_first = [(r.name, tried) for r in reversed(results) for tried in reversed(r.earlier)]
    kept: list[tuple[str, TestTry]] = []
    for name, tried in newest_first:
        size -= size_on_record(_without_values(tried))
        if size < 0:
            break
        kept.append((name, _without_values(tried)))
    for place, (_, short) in enumerate(kept):
        name, whole = newest_first[place]
        size -= size_on_record(whole) - size_on_record(short)
        measured -= len(whole.measurements)
        if size < 0 or measured < 0:
            break
        kept[place] = name, whole
    oldest_first = kept[::-1]
    return tuple(
        replace(r, earlier=tuple(tried for name, tried in oldest_first if name == r.name))
        for r in results
    )


def _room_beside_last_tries(results: Sequence[TestResult]) -> tuple[int, int]:
    """Bytes and measurements that are left; below 0 where the last tries alone are too much."""
    size = sum(size_on_record(replace(result, earlier=())) for result in results)
    return MAX_SIZE - size, MAX_MEASURED - sum(len(result.measurements) for result in results)


def _without_values(tried: TestTry) -> TestTry:
    if not tried.measurements and len(tried.detail) <= len(LEFT_OUT):
        return tried
    return replace(tried, detail=LEFT_OUT, measurements=())
