"""Attempts and results of the model as parts of records, and back."""

from functools import lru_cache

from msgspec import convert
from msgspec.structs import asdict

from burner import model
from burner.manifest.entries.kinds import (
    AttemptFacts,
    Intent,
    NameBound,
    Outcome,
    RegionFacts,
    ResultFacts,
    SiliconFacts,
)
from burner.manifest.entries.values import milliseconds, moment, plain, utc


def attempt_facts(attempt: model.Attempt) -> AttemptFacts:
    """What an attempt knows, but for what every record says (batch, ProductID, unit, station)."""
    return AttemptFacts(
        device_name=plain(attempt.device_name),
        id=plain(attempt.id),
        ids=plain(attempt.ids),
        key=attempt.key,
        operator=plain(attempt.operator),
        profile=plain(attempt.profile),
        regions=tuple(_region(region) for region in attempt.regions),
        release_digest=attempt.release_digest,
        rework=plain(attempt.rework),
        silicon=_silicon(attempt.silicon) if attempt.silicon else None,
        slot=plain(attempt.slot),
        started=utc(attempt.started),
        try_number=attempt.try_number,
        versions=plain(attempt.versions),
    )


def result_facts(result: model.Result) -> ResultFacts:
    """How an attempt ended."""
    return ResultFacts(
        code=result.code,
        detail=plain(result.detail),
        ended=utc(result.ended),
        evidence=plain(result.evidence),
        ms=milliseconds(result.seconds),
        outcome=result.outcome.value,
        step=result.step.value,
        timings_ms={str(step): milliseconds(s) for step, s in result.timings.items()},
        written=result.written,
    )


def record_of(
    number: int, first: Intent | Outcome, bound: NameBound | None, last: Outcome | None
) -> model.Record:
    """An attempt as the model has it, from its records.

    Args:
        number: of the first record.
        first: its intent; of an attempt that never began, its outcome.
        bound: what only the booted unit told.
        last: its outcome; None: it is OPEN.
    """
    facts = (last and last.attempt) or first.attempt
    if facts is None:
        raise ValueError(f"record {number} says nothing of its attempt")
    name, ids = facts.device_name, facts.ids
    if bound is not None and not (last and last.attempt):
        name, ids = bound.device_name, bound.ids
    attempt = model.Attempt(
        id=facts.id,
        station=first.station,
        slot=facts.slot,
        operator=facts.operator,
        batch=first.batch,
        profile=facts.profile,
        release_digest=facts.release_digest,
        product_id=first.product_id,
        started=moment(facts.started),
        versions=facts.versions,
        silicon=_model_silicon(facts.silicon) if facts.silicon else None,
        device_name=name,
        ids=ids,
        regions=tuple(_model_region(region) for region in facts.regions),
        rework=facts.rework,
        try_number=facts.try_number,
        key=facts.key,
    )
    return model.Record(number, attempt, _model_result(first, last))


def _model_result(first: Intent | Outcome, last: Outcome | None) -> model.Result:
    if last is None:
        return model.Result(model.Outcome.OPEN, model.Step.CLAIM, moment(first.at), 0.0)
    result = last.result
    return model.Result(
        outcome=model.Outcome(result.outcome),
        step=model.Step(result.step),
        ended=moment(result.ended),
        seconds=result.ms / 1000,
        code=result.code,
        detail=result.detail,
        written=result.written,
        timings={step: ms / 1000 for step, ms in result.timings_ms.items()},
        evidence=result.evidence,
    )


@lru_cache(maxsize=1024)
def _region(region: model.Region) -> RegionFacts:
    """Most regions are the same in every unit of a release."""
    return convert(plain(vars(region)), RegionFacts)


def _model_region(region: RegionFacts) -> model.Region:
    return model.Region(**{**asdict(region), "kind": model.RegionClass(region.kind)})


def _silicon(silicon: model.Silicon) -> SiliconFacts:
    return convert(plain({**vars(silicon), "security": vars(silicon.security)}), SiliconFacts)


def _model_silicon(silicon: SiliconFacts) -> model.Silicon:
    mac, security = model.Mac.parse(silicon.mac), model.Security(**asdict(silicon.security))
    return model.Silicon(**{**asdict(silicon), "mac": mac, "security": security})
