"""Which starts of simulated units were executed, and which the model spoke for, in one line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from burner.core.words.language import Language
from burner.core.words.phrases import phrase

MOST_REASONS = 3
"""A line names so many; `status` of the control port has all."""
_NAMED = {"executed": "boots executed", "model": "boots modelled"}


def boots_line(boots: Sequence[Mapping[str, Any]], language: Language) -> str:
    """`simulated starts: 31 executed, 1 by the model (…)`; empty where none was burned."""
    if not boots:
        return ""
    if language != "en":
        boots = _without_reasons(boots)
    parts = [_part(boot, language) for boot in boots[:MOST_REASONS]]
    if rest := sum(boot["count"] for boot in boots[MOST_REASONS:]):
        parts.append(f"… {rest}")
    return phrase(
        "{}: {}",
        language,
        phrase("simulated boots", language),
        phrase(", ", language).join(parts),
    )


def _part(boot: Mapping[str, Any], language: Language) -> str:
    reason = phrase("brackets", language, boot["reason"]) if "reason" in boot else ""
    return phrase(_NAMED[boot["by"]], language, boot["count"], reason)


def _without_reasons(boots: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Counted by who spoke alone: the reasons are in English only."""
    counts = Counter[str]()
    for boot in boots:
        counts[boot["by"]] += boot["count"]
    return [{"by": by, "count": count} for by, count in counts.most_common()]
