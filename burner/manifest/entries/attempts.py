"""Attempts and results of the model as parts of records, and back."""

from functools import lru_cache

from burner import model
from burner.manifest.entries.canonical import milliseconds, moment, plain, utc
from burner.manifest.entries.kinds import (
    AttemptFacts,
    Intent,
    NameBound,
    Outcome,
    Region,
    ResultFacts,
    Security,
    Silicon,
)


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
def _region(region: model.Region) -> Region:
    """Most regions are the same in every unit of a release."""
    return Region(
        kind=region.kind.value,
        md5=region.md5,
        name=plain(region.name),
        offset=region.offset,
        sha256=region.sha256,
        size=region.size,
    )


def _model_region(region: Region) -> model.Region:
    return model.Region(
        name=region.name,
        offset=region.offset,
        size=region.size,
        sha256=region.sha256,
        md5=region.md5,
        kind=model.RegionClass(region.kind),
    )


def _silicon(silicon: model.Silicon) -> Silicon:
    security = silicon.security
    return Silicon(
        chip=plain(silicon.chip),
        eui64=plain(silicon.eui64),
        fingerprint=plain(silicon.fingerprint),
        flash_id=silicon.flash_id,
        flash_size=silicon.flash_size,
        mac=str(silicon.mac),
        mac_crc_ok=silicon.mac_crc_ok,
        revision=plain(silicon.revision),
        security=Security(
            flash_encryption=security.flash_encryption,
            secure_boot=security.secure_boot,
            secure_download=security.secure_download,
        ),
    )


def _model_silicon(silicon: Silicon) -> model.Silicon:
    security = silicon.security
    return model.Silicon(
        chip=silicon.chip,
        revision=silicon.revision,
        mac=model.Mac.parse(silicon.mac),
        flash_id=silicon.flash_id,
        flash_size=silicon.flash_size,
        security=model.Security(
            secure_boot=security.secure_boot,
            flash_encryption=security.flash_encryption,
            secure_download=security.secure_download,
        ),
        eui64=silicon.eui64,
        mac_crc_ok=silicon.mac_crc_ok,
        fingerprint=silicon.fingerprint,
    )
