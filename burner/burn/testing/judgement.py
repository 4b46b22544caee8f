"""What an answer means: its values compared with the limits of the profile. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from burner.burn.testing.answer import TestAnswer
from burner.core.code import Code
from burner.core.errors import Fault, lookup
from burner.core.good_values import NAME, is_good, is_number, number_of
from burner.core.measurements import Measurement, TestOutcome
from burner.core.record_limits import MAX_VALUE
from burner.core.words.limits_text import limits_text
from burner.core.words.plural import counted
from burner.core.words.visible_text import in_one_line
from burner.profile.tests import MAX_MEASUREMENTS, UnitTest


@dataclass(frozen=True)
class Judgement:
    """How one try of a test ended."""

    code: str = ""
    """Why it is no pass; empty for a pass."""
    detail: str = ""
    measurements: tuple[Measurement, ...] = ()

    @property
    def outcome(self) -> TestOutcome:
        """The fault of the code decides: the unit's is a fail, any other is the fixture's."""
        if not self.code:
            return TestOutcome.PASS
        return TestOutcome.FAIL if lookup(self.code).fault is Fault.UNIT else TestOutcome.ERROR


def judge(test: UnitTest, answer: TestAnswer) -> Judgement:
    """Compare what came with what the profile wants.

    A test that says itself that it failed has failed, whatever its values. A value that is not
    good fails a test that says that it passed.
    """
    is_dialogue = test.serial is not None
    values = {name: in_one_line(value) for name, value in answer.values.items()}
    measured = tuple(_measurements(test, values))[:MAX_MEASUREMENTS]
    if not answer.code:
        unusable = "" if is_dialogue else _unusable(test, values)
        if unusable:
            return Judgement(Code.TEST_VALUE_UNUSABLE, unusable, measured)
        if missing := [m.name for m in test.measurements if m.name not in values]:
            code = Code.TEST_DIALOGUE_FAILED if is_dialogue else Code.TEST_VALUE_MISSING
            return Judgement(code, f"no value of {', '.join(missing)}", measured)
    bad = [_in_words(m) for m in measured if not m.good]
    is_unit = not answer.code or lookup(answer.code).fault is Fault.UNIT
    if bad and is_unit:
        why = "; ".join([*bad, answer.detail] if answer.detail else bad)
        return Judgement(Code.MEASUREMENT_OUTSIDE_LIMITS, why, measured)
    return Judgement(answer.code, answer.detail, measured)


def _measurements(test: UnitTest, values: Mapping[str, str]) -> Iterator[Measurement]:
    """Those that the profile names, in its order; then the others, as they came."""
    named = {settings.name: settings for settings in test.measurements}
    for name, settings in named.items():
        if name in values:
            whole = settings.beside(values[name])
            yield replace(whole, value=whole.value[:MAX_VALUE], good=is_good(whole))
    for name, value in values.items():
        if name not in named and NAME.fullmatch(name):
            yield Measurement(name, value[:MAX_VALUE])


def _unusable(test: UnitTest, values: Mapping[str, str]) -> str:
    """What is wrong with the values of a program, whatever the unit is like; empty: nothing."""
    if len(values) > MAX_MEASUREMENTS:
        return f"{counted(len(values), 'value')}, at most {MAX_MEASUREMENTS}"
    numbers = {m.name for m in test.measurements if is_number(m.beside(""))}
    for name, value in values.items():
        if not NAME.fullmatch(name):
            return f"{in_one_line(name)[:40]!r} is no name of a value"
        if len(value) > MAX_VALUE:
            return f"{name} has {len(value)} characters, at most {MAX_VALUE}"
        if name in numbers and number_of(value) is None:
            return f"{name} is {value!r}, which is no number"
    return ""


def _in_words(measurement: Measurement) -> str:
    unit = f" {measurement.unit}" if measurement.unit else ""
    good = limits_text(measurement) or "a number"
    return f"{measurement.name} is {measurement.value}{unit}, good is {good}"
