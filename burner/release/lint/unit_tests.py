"""Whether the tests of a profile can run and be recorded as they are written. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.core.record_limits import MAX_MEASURED, MAX_NUMBER, MAX_SIZE, MAX_VALUE, size_on_record
from burner.core.regex import compiled
from burner.core.yaml_document import FieldPath
from burner.profile.profile import Profile
from burner.profile.tests import TEST_NAME, MeasurementSettings, UnitTest
from burner.provisioning.at_carrier import AtSettings

_SOME_DETAIL: Final = 100
"""Characters for the detail of a test that passed."""

PlacedTest = tuple[FieldPath, UnitTest]


def check_unit_tests(profile: Profile) -> Iterator[Finding]:
    """Everything wrong with the tests of a profile, and of its route."""
    tests = list(_placed(profile))
    yield from _names(profile, tests)
    for path, test in tests:
        yield from _measurements(profile, path, test)
        yield from _dialogue(profile, path, test)
    yield from _starts(profile, tests)
    yield from _sizes(profile, [test for _, test in tests])
    yield from _resources(profile, tests)


def _placed(profile: Profile) -> Iterator[PlacedTest]:
    """Each test, and where it stands."""
    yield from ((("tests", index), test) for index, test in enumerate(profile.tests))
    route = profile.route.tests if profile.route else ()
    yield from ((("route", "tests", index), test) for index, test in enumerate(route))


def _names(profile: Profile, tests: Iterable[PlacedTest]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for path, test in tests:
        at = profile.place(*path, "name")
        if test.name in first:
            found = f"{test.name} is the name of the test in {first[test.name]} too"
            yield Finding(Code.TEST_NAME_TAKEN, at, found, "another name for each test")
        first.setdefault(test.name, at.partition(" ")[0])


def _measurements(profile: Profile, path: FieldPath, test: UnitTest) -> Iterator[Finding]:
    names = [measurement.name for measurement in test.measurements]
    for index, name in enumerate(names):
        if name in names[:index]:
            at = profile.place(*path, "measurements", index, "name")
            found = f"{test.name} measures {name} twice"
            yield Finding(Code.TEST_NAME_TAKEN, at, found, "another name for each measurement")


def _dialogue(profile: Profile, path: FieldPath, test: UnitTest) -> Iterator[Finding]:
    if test.serial is None:
        return
    seen: dict[str, int] = {}
    for index, line in enumerate(test.serial.lines):
        at = (*path, "serial", "lines", index)
        for group in compiled(line.expect).groupindex if line.expect else ():
            place, code = profile.place(*at, "expect"), Code.DIALOGUE_WITHOUT_MEASUREMENT
            if group in seen:
                found = f"the group {group} is in line {seen[group] + 1} of the dialogue too"
                yield Finding(code, place, found, "each named group once")
            elif not TEST_NAME.fullmatch(group):
                found = f"the group {group} is no name of a measurement"
                yield Finding(code, place, found, f"text of the form {TEST_NAME.pattern}")
            seen.setdefault(group, index)
        if len(line.send) > 1 and not line.send.endswith(("\r", "\n")):
            found, better = "no end of line is sent", r'its end in double quotes: "…\r\n"'
            yield Finding(Code.DIALOGUE_MAY_FAIL, profile.place(*at, "send"), found, better, True)
    for index, measurement in enumerate(test.measurements):
        if measurement.name not in seen:
            place = profile.place(*path, "measurements", index, "name")
            found = f"no line of the dialogue has a group {measurement.name}"
            allowed = f"(?P<{measurement.name}>…) around the value in an `expect`"
            yield Finding(Code.DIALOGUE_WITHOUT_MEASUREMENT, place, found, allowed)
    if test.serial.port not in (ports := _ports(profile)):
        place = profile.place(*path, "serial", "port")
        found = f"nothing else of this product uses a port {test.serial.port}"
        better = f"one of {', '.join(ports)}, or slots with it: esp=PORT,{test.serial.port}=PORT"
        yield Finding(Code.DIALOGUE_PORT_UNKNOWN, place, found, better, warning=True)


def _starts(profile: Profile, tests: Iterable[PlacedTest]) -> Iterator[Finding]:
    """A dialogue on each firmware that may not listen yet: nothing says that it has started."""
    route, boot = profile.route, profile.boot
    has_started = {
        "tests": bool(boot.awaited) or boot.challenge or isinstance(profile.carrier, AtSettings),
        "route": bool(route and route.boot.expect),
    }
    for path, test in tests:
        firmware, dialogue = str(path[0]), test.serial
        if dialogue is None or dialogue.port != "esp" or has_started[firmware]:
            continue
        has_started[firmware] = True  # said once
        if dialogue.lines[0].send:
            at = profile.place(*path, "serial", "lines", 0, "send")
            key = "boot.expect" if firmware == "tests" else "route.boot.expect"
            better = f"in {key} the line after which the firmware listens"
            yield Finding(Code.DIALOGUE_MAY_FAIL, at, "no line is awaited before it", better, True)


def _ports(profile: Profile) -> tuple[str, ...]:
    """The ports of a slot that the rest of the profile uses."""
    identity, carrier = profile.identity, profile.carrier
    used = ["esp"]
    used += [identity.imei.port] if identity.imei else []
    serial = identity.serial
    used += [serial.modem.port] if serial and serial.source == "modem" else []
    used += [carrier.port] if isinstance(carrier, AtSettings) else []
    return tuple(dict.fromkeys(used))


def _sizes(profile: Profile, tests: list[UnitTest]) -> Iterator[Finding]:
    """Whether the record of a good unit holds all results, and that of a batch all tests."""
    at = profile.place("tests" if profile.tests else "route")
    measured = sum(len(_measured(test)) for test in tests)
    if measured > MAX_MEASURED:
        found = f"{measured} measurements of a unit"
        yield Finding(Code.TESTS_TOO_LARGE, at, found, f"at most {MAX_MEASURED}")
    sizes: Mapping[str, int] = {
        "the results of a unit": sum(size_on_record(_longest_result(test)) for test in tests),
        "the tests": sum(
            len(canonical(test.model_dump(mode="json", exclude_defaults=True))) for test in tests
        ),
    }
    for what, size in sizes.items():
        if size > MAX_SIZE:
            found = f"{what} need up to {size} bytes of a record"
            yield Finding(Code.TESTS_TOO_LARGE, at, found, f"at most {MAX_SIZE}")


def _measured(test: UnitTest) -> set[str]:
    """The names of what it measures, as far as the profile says it."""
    groups = {
        group
        for line in (test.serial.lines if test.serial else ())
        for group in (compiled(line.expect).groupindex if line.expect else ())
    }
    return groups | {measurement.name for measurement in test.measurements}


def _longest_result(test: UnitTest) -> TestResult:
    """The longest result of a good unit; a value that nobody judges is as long as a number."""
    named = [replace(m.beside(""), value=_longest_value(m)) for m in test.measurements]
    others = _measured(test) - {measurement.name for measurement in test.measurements}
    return TestResult(
        *(test.name, test.kind, TestOutcome.PASS),
        detail="x" * _SOME_DETAIL,
        seconds=test.deadline_s,
        tries=test.tries,
        resource=test.resource or "",
        program="x" * 64,
        measurements=(*named, *(Measurement(name, "9" * MAX_NUMBER) for name in others)),
    )


def _longest_value(settings: MeasurementSettings) -> str:
    return settings.text or ("x" * MAX_VALUE if settings.pattern else "9" * MAX_NUMBER)


def _resources(profile: Profile, tests: Iterable[PlacedTest]) -> Iterator[Finding]:
    """Names that differ only in case, or in the sign between their words."""
    known: dict[str, str] = {}
    for path, test in tests:
        if test.resource is None:
            continue
        alike = test.resource.lower().replace("_", "").replace("-", "")
        if (other := known.setdefault(alike, test.resource)) != test.resource:
            at = profile.place(*path, "resource")
            found = f"{test.resource} here, {other} elsewhere"
            yield Finding(Code.RESOURCES_ALMOST_ALIKE, at, found, "one name for one device", True)
