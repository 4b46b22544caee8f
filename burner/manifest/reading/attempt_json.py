"""An attempt as JSON: the same in lists, exports and batch folders."""

from typing import Any

from msgspec import to_builtins
from sqlalchemy.engine import Connection

from burner.manifest.entries.kinds import Intent, NameBound, OutcomeEntry
from burner.manifest.fold.rows import NEVER, AttemptRow
from burner.manifest.reading.unit_history import entries_of
from burner.manifest.reading.unit_labels import AttemptLabel


def attempt_json(
    connection: Connection,
    row: AttemptRow,
    log: int,
    origin: str,
    *,
    corrected: str,
    label: AttemptLabel,
) -> dict[str, Any]:
    """An attempt as `list --json` prints it."""
    entries = entries_of(connection, row, log)
    return json_from_records(row, *entries, origin=origin, corrected=corrected, label=label)


def json_from_records(
    row: AttemptRow,
    first: Intent | OutcomeEntry,
    bound: NameBound | None,
    last: OutcomeEntry | None,
    *,
    origin: str,
    corrected: str,
    label: AttemptLabel,
) -> dict[str, Any]:
    """The same from its records. docs/manifest.md explains each key; `corrected` is the last."""
    facts = (last and last.attempt) or first.attempt
    if facts is None:
        raise ValueError(f"record {row.number} lacks its attempt")
    result = last.result if last else None
    silicon = facts.silicon
    return {
        "number": row.number,
        "origin": origin,
        "records": [n for n in dict.fromkeys((row.number, row.bound, row.ended)) if n != NEVER],
        "started": row.started,
        "ended": result.ended if result else None,
        "station": row.station,
        "slot": row.slot,
        "operator": facts.operator,
        "batch": row.batch,
        "profile": row.profile,
        "release_digest": facts.release_digest,
        "key": facts.key,
        "product_id": row.product_id,
        "chip": silicon.chip if silicon else "",
        "unit_id": row.unit_id,
        "device_name": row.device_name,
        "outcome": row.outcome,
        "code": row.code,
        "step": result.step if result else None,
        "seconds": result.ms / 1000 if result else None,
        "regions": [part_json(region) for region in facts.regions],
        "versions": facts.versions,
        "attempt": facts.id,
        "nth": row.nth,
        "try_number": row.try_number,
        "rework": row.rework,
        "ids": bound.ids if bound else facts.ids,
        "silicon": part_json(silicon) if silicon else None,
        "detail": result.detail if result else "",
        "written": result.written if result else None,
        "timings_ms": result.timings_ms if result else {},
        "evidence": result.evidence if result else {},
        "tests": [part_json(test) for test in result.tests] if result else [],
        "superseded_by": row.superseded_by if row.superseded_by != NEVER else None,
        "corrected": corrected,
        "printed_label": label.state,
        "label_prints": label.prints,
    }


def part_json(value: Any) -> Any:
    """Parts of a record as JSON values."""
    return to_builtins(value)
