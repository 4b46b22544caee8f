"""Whether groups of values differ, by ranks: right for any distribution, whatever an outlier is.

The rank sum test of Wilcoxon, Mann and Whitney with the correction for ties. Source: H. B. Mann,
D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50-60.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from operator import itemgetter
from statistics import NormalDist
from typing import Generic, TypeVar

from burner.report.figures.distribution import quantile, robust_deviation

FEWEST = 10
"""Values in a group, and in all others together, below which nothing is said."""
FALSE_ALARMS = 0.01
"""Chance that a report says anything where nothing differs, over all its comparisons."""

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True)
class GroupApart(Generic[Group]):
    """A group whose values are apart from those of the others."""

    group: Group
    here: float
    """Median in the group."""
    elsewhere: float
    count: int
    count_elsewhere: int


def threshold(comparisons: int) -> float:
    """Standard deviations from which on a difference is none by chance (Bonferroni)."""
    return NormalDist().inv_cdf(1 - FALSE_ALARMS / 2 / max(comparisons, 1))


def any_difference(_elsewhere: float) -> float:
    """Where no limits say which difference is small."""
    return 0.0


def groups_apart(
    groups: Mapping[Group, Sequence[float]],
    least: float,
    smallest: Callable[[float], float] = any_difference,
) -> list[GroupApart[Group]]:
    """Groups whose values are apart from those of the others.

    The group that differs most is named and left out, then the others are compared again: so a bad
    one does not make the good ones look odd. It must differ by more than chance (`least`), and its
    median by at least one robust standard deviation of the others, and by what `smallest` gives for
    their median.
    """
    left, found = dict(groups), []
    while len(left) > 1:
        differences = sorted(_scores(left).items(), key=lambda item: -abs(item[1]))
        apart = next(
            (
                difference
                for group, score in differences
                if abs(score) >= least and (difference := _difference(left, group, smallest))
            ),
            None,
        )
        if apart is None:
            break
        found.append(apart)
        del left[apart.group]
    return found


def _scores(groups: Mapping[Group, Sequence[float]]) -> dict[Group, float]:
    """Standard deviations between the rank sum of each group and what chance expects."""
    ranked = sorted(
        ((value, group) for group, values in groups.items() for value in values), key=itemgetter(0)
    )
    total, ties, below = len(ranked), 0, 0
    sums: dict[Group, float] = dict.fromkeys(groups, 0.0)
    for _, same in groupby(ranked, key=itemgetter(0)):
        members = [group for _, group in same]
        rank = below + (len(members) + 1) / 2
        for group in members:
            sums[group] += rank
        below += len(members)
        ties += len(members) ** 3 - len(members)
    return {
        group: _score(sums[group], len(values), total, ties) for group, values in groups.items()
    }


def _score(rank_sum: float, count: int, total: int, ties: int) -> float:
    others = total - count
    if min(count, others) < FEWEST:
        return 0.0
    variance = count * others / 12 * (total + 1 - ties / (total * (total - 1)))
    distance = rank_sum - count * (total + 1) / 2
    return distance / sqrt(variance) if variance > 0 else 0.0


def _difference(
    groups: Mapping[Group, Sequence[float]], group: Group, smallest: Callable[[float], float]
) -> GroupApart[Group] | None:
    """The group, where it differs by enough to matter."""
    own = sorted(groups[group])
    others = sorted(_others(groups, group))
    here, elsewhere = quantile(own, 0.5), quantile(others, 0.5)
    enough = max(robust_deviation(others), smallest(elsewhere))
    if here == elsewhere or abs(here - elsewhere) < enough:
        return None
    return GroupApart(group, here, elsewhere, len(own), len(others))


def _others(groups: Mapping[Group, Sequence[float]], group: Group) -> Iterable[float]:
    for other, values in groups.items():
        if other != group:
            yield from values
