"""Audits: a sample that is drawn, and the check of a unit, each as a record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from burner.core.attempt import Record
from burner.manifest.entries.kinds import ComparisonFacts, NamedUnit, SampleDrawn, UnitChecked
from burner.manifest.entries.values import plain
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason


def record_draw(
    ledger: Ledger,
    batch: str,
    units: Iterable[NamedUnit],
    *,
    operator: str,
    seed: str,
    lot_size: int,
    plan: Mapping[str, Any],
    size: int,
) -> None:
    """Record which units are to be checked, before anybody has seen them.

    Args:
        ledger: of the station (or desk) that drew it.
        batch: its batch.
        units: the sample.
        operator: who drew it.
        seed: of the draw.
        lot_size: units in the lot.
        plan: how many are checked, and how many may differ.
        size: records in the log when the units were counted.

    Raises:
        BurnerError: E731 without operator; E7.
    """
    require_operator_and_reason(f"batch {batch}", operator)
    fields = {"lot_size": lot_size, "operator": operator, "plan": plain(plan), "seed": seed}
    ledger.append(
        lambda _: [
            ledger.new_entry(SampleDrawn, batch=batch, **fields, size=size, units=tuple(units))
        ],
    )


def record_check(
    ledger: Ledger,
    record: Record,
    *,
    good: bool,
    findings: Sequence[Mapping[str, str]],
    operator: str,
) -> None:
    """Record the check of a unit.

    Args:
        ledger: of the station that checked it.
        record: the unit's PASS that it was compared with.
        good: whether it agrees with its record.
        findings: `what`, `verdict`, `why` of each comparison.
        operator: who checked it.

    Raises:
        BurnerError: E731 without operator; E7.
    """
    attempt = record.attempt
    require_operator_and_reason(f"unit {attempt.unit_id}", operator)
    comparisons = tuple(ComparisonFacts(**plain(dict(finding))) for finding in findings)
    unit = {
        "batch": attempt.batch,
        "product_id": attempt.product_id,
        "unit_id": attempt.unit_id,
    }
    fields = {"findings": comparisons, "good": good, "of": record.seq, "operator": operator}
    ledger.append(lambda _: [ledger.new_entry(UnitChecked, **unit, **fields)])
