"""Attempts and results of the model as parts of records, and back."""

from functools import lru_cache

from msgspec import convert
from msgspec.structs import asdict

from burner.core import attempt as core
from burner.core.measurements import Measurement, TestResult, TestTry
from burner.core.segments import Region, RegionClass
from burner.core.silicon import Mac, Security, Silicon
from burner.manifest.entries.attempt_facts import (
    AttemptFacts,
    MeasurementFacts,
    RegionFacts,
    ResultFacts,
    SiliconFacts,
    TestFacts,
    TestTryFacts,
)
from burner.manifest.entries.kinds import Intent, NameBound, OutcomeEntry
from burner.manifest.entries.values import moment, plain, utc

_SAME = (
    *("device_name", "id", "ids", "key", "operator", "profile", "release_digest", "rework"),
    *("slot", "started", "try_number", "versions"),
)
"""Fields that an attempt of the model and its record both have."""
_SAME_IN_TESTS = ("code", "detail", "kind", "name", "program", "resource", "tries")


def attempt_facts(attempt: core.Attempt) -> AttemptFacts:
    """The facts of an attempt, without the fields of every record."""
    fields = {name: plain(getattr(attempt, name)) for name in _SAME}
    return AttemptFacts(
        **fields,
        regions=tuple(_region(region) for region in attempt.regions),
        silicon=_silicon(attempt.silicon) if attempt.silicon else None,
    )


def result_facts(result: core.Result) -> ResultFacts:
    """How an attempt ended."""
    return ResultFacts(
        code=result.code,
        detail=plain(result.detail),
        ended=utc(result.ended),
        evidence=plain(result.evidence),
        ms=round(result.seconds * 1000),
        outcome=result.outcome.value,
        step=result.step.value,
        tests=tuple(_test(test) for test in result.tests),
        timings_ms={str(step): round(s * 1000) for step, s in result.timings.items()},
        written=result.written,
    )


def tests_of(result: ResultFacts) -> tuple[TestResult, ...]:
    """The tests of an outcome as the model has them."""
    return tuple(_model_test(test) for test in result.tests)


def record_of(
    number: int, first: Intent | OutcomeEntry, bound: NameBound | None, last: OutcomeEntry | None
) -> core.Record:
    """An attempt as the model has it, from its records.

    Args:
        number: of the first record.
        first: its intent; of an attempt that never began, its outcome.
        bound: its name-bound, if any.
        last: its outcome; None: it is OPEN.
    """
    facts = (last and last.attempt) or first.attempt
    if facts is None:
        raise ValueError(f"record {number} lacks its attempt")
    name, ids = facts.device_name, facts.ids
    if bound is not None and not (last and last.attempt):
        name, ids = bound.device_name, bound.ids
    attempt = core.Attempt(
        **{
            **asdict(facts),
            "device_name": name,
            "ids": ids,
            "started": moment(facts.started),
            "regions": tuple(_model_region(region) for region in facts.regions),
            "silicon": _model_silicon(facts.silicon) if facts.silicon else None,
        },
        station=first.station,
        batch=first.batch,
        product_id=first.product_id,
    )
    return core.Record(number, attempt, _model_result(first, last))


def _model_result(first: Intent | OutcomeEntry, last: OutcomeEntry | None) -> core.Result:
    if last is None:
        return core.Result(core.Outcome.OPEN, core.Step.CLAIM, moment(first.at), 0.0)
    result = last.result
    return core.Result(
        outcome=core.Outcome(result.outcome),
        step=core.Step(result.step),
        ended=moment(result.ended),
        seconds=result.ms / 1000,
        code=result.code,
        detail=result.detail,
        written=result.written,
        timings={step: ms / 1000 for step, ms in result.timings_ms.items()},
        evidence=result.evidence,
        tests=tests_of(result),
    )


def _test(test: TestResult) -> TestFacts:
    fields = {name: plain(getattr(test, name)) for name in _SAME_IN_TESTS}
    return TestFacts(
        **fields,
        outcome=test.outcome,
        ms=round(test.seconds * 1000),
        waited_ms=round(test.waited_s * 1000),
        measurements=tuple(map(_measurement, test.measurements)),
        earlier=tuple(map(_earlier_try, test.earlier)),
    )


def _earlier_try(tried: TestTry) -> TestTryFacts:
    return TestTryFacts(
        code=tried.code,
        detail=plain(tried.detail),
        measurements=tuple(map(_measurement, tried.measurements)),
        ms=round(tried.seconds * 1000),
        number=tried.number,
        outcome=tried.outcome,
    )


def _measurement(measurement: Measurement) -> MeasurementFacts:
    return convert(plain(vars(measurement)), MeasurementFacts)


def _model_test(test: TestFacts) -> TestResult:
    return TestResult(
        **{name: getattr(test, name) for name in _SAME_IN_TESTS},
        outcome=test.outcome,
        seconds=test.ms / 1000,
        waited_s=test.waited_ms / 1000,
        measurements=tuple(map(model_measurement, test.measurements)),
        earlier=tuple(map(_model_try, test.earlier)),
    )


def _model_try(tried: TestTryFacts) -> TestTry:
    return TestTry(
        number=tried.number,
        outcome=tried.outcome,
        code=tried.code,
        detail=tried.detail,
        seconds=tried.ms / 1000,
        measurements=tuple(map(model_measurement, tried.measurements)),
    )


def model_measurement(measurement: MeasurementFacts) -> Measurement:
    """A measurement of the model, from its record."""
    return Measurement(**asdict(measurement))


@lru_cache(maxsize=1024)
def _region(region: Region) -> RegionFacts:
    """Cached: most regions are the same in every unit of a release."""
    return convert(plain(vars(region)), RegionFacts)


def _model_region(region: RegionFacts) -> Region:
    return Region(**{**asdict(region), "kind": RegionClass(region.kind)})


def _silicon(silicon: Silicon) -> SiliconFacts:
    return convert(plain({**vars(silicon), "security": vars(silicon.security)}), SiliconFacts)


def _model_silicon(silicon: SiliconFacts) -> Silicon:
    mac, security = Mac.parse(silicon.mac), Security(**asdict(silicon.security))
    return Silicon(**{**asdict(silicon), "mac": mac, "security": security})
