"""Drawing the sample of a batch: how large it is, and its record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from secrets import randbelow
from typing import Any

from burner.manifest.reading.audits import RecordedCheck
from burner.manifest.writing.audits import record_draw
from burner.manifest.writing.ledger import Ledger
from burner.report.sampling.audit import Audit, plain, recorded_audit
from burner.report.sampling.sampling import Level, SamplingPlan, chosen_plan, single_plan

SCHEMA = 1
SEEDS = 10**6


@dataclass(frozen=True)
class SampleSize:
    """How a person sizes a sample: by a number, or by ISO 2859-1."""

    units: int = 0
    aql: str = ""
    """Empty: `units` counts."""
    level: Level = Level.II
    lot_size: int = 0
    """0: the units there are."""

    def plan(self, units: int) -> SamplingPlan:
        """The plan for so many units; never more to check than there are."""
        if not self.aql:
            return chosen_plan(self.units, units)
        plan = single_plan(self.lot_size or units, self.aql, self.level)
        return replace(plan, sample_size=min(plan.sample_size, units))


def new_seed() -> str:
    """Six digits that nobody can foresee."""
    return f"{randbelow(SEEDS):06}"


def put_on_record(ledger: Ledger, audit: Audit, operator: str) -> Audit:
    """Write a draw into the manifest, before any check.

    Raises:
        BurnerError: as `record_draw`.
    """
    record_draw(
        ledger,
        audit.batch,
        audit.sample,
        operator=operator,
        seed=audit.seed,
        lot_size=audit.lot_size,
        plan=asdict(audit.plan),
        size=audit.size,
    )
    return recorded_audit(ledger.reader, audit.batch) or audit


def as_json(audit: Audit) -> Mapping[str, Any]:
    """A draw with its units and their checks, for scripts."""
    return {
        "schema": SCHEMA,
        "batch": audit.batch,
        **plain(audit),
        "sample": [
            {
                "unit_id": unit.unit_id,
                "device_name": unit.device_name,
                "state": audit.state(unit),
                "check": _check(audit.checks.get(unit.unit_id)),
            }
            for unit in audit.sample
        ],
        "beside": [_check(check) for check in audit.beside],
    }


def _check(check: RecordedCheck | None) -> Mapping[str, Any] | None:
    if check is None:
        return None
    return {
        **check._asdict(),
        "at": check.at.isoformat().replace("+00:00", "Z"),
        "findings": list(check.findings),
    }
