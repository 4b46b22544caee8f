"""What a product's units must pass, as people read it: tests, limits, and the test firmware."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from burner.cli.pages.page_rows import PageRows, under
from burner.core.words.limits_text import limits_text
from burner.core.words.plural import counted
from burner.profile.profile import Profile
from burner.profile.tests import MeasurementSettings, UnitTest

if TYPE_CHECKING:
    from burner.core.segments import Segment


def tests_as_data(profile: Profile) -> dict[str, Any]:
    """For scripts: what the profile says, with its defaults."""
    route = profile.route.model_dump(mode="json") if profile.route else None
    return {"tests": [test.model_dump(mode="json") for test in profile.tests], "route": route}


def test_rows(profile: Profile, route: "Sequence[Segment]") -> PageRows:
    """Head and text of each line; none where nothing is tested.

    Args:
        profile: of the product.
        route: the segments that its route writes.
    """
    yield from under("tests", list(_tests(profile.tests)))
    if profile.route:
        yield from under("route", list(_route(profile, route)))


def _tests(tests: Sequence[UnitTest], when: str = "") -> Iterator[str]:
    for test in tests:
        moment = when or ("before the write" if test.before else "after the start")
        yield f"{test.name}, {moment}: {_how(test)}{_conditions(test)}"
        for measurement in test.measurements:
            yield f"  {measurement.name} {_good(measurement)}"


def _how(test: UnitTest) -> str:
    if test.serial:
        return f"dialogue of {counted(len(test.serial.lines), 'line')} on {test.serial.port}"
    if test.python:
        return f"function {test.python}, {test.deadline_s:g} s"
    return f"{' '.join(test.run)}, {test.deadline_s:g} s"


def _conditions(test: UnitTest) -> str:
    conditions = (
        f"needs {test.resource}" if test.resource else "",
        f"{test.tries} tries" if test.tries > 1 else "",
        "the next tests run all the same" if test.go_on else "",
    )
    return "".join(f"; {condition}" for condition in conditions if condition)


def _good(measurement: MeasurementSettings) -> str:
    limits = measurement.beside("")
    any_value = f"a number, {limits.unit}" if limits.unit else "any value"
    return limits_text(limits) or any_value


def _route(profile: Profile, segments: "Sequence[Segment]") -> Iterator[str]:
    assert profile.route is not None  # noqa: S101 - the caller has looked
    names = {image.name for image in profile.route.images}
    for segment in segments:
        if segment.name in names:
            region = segment.region()
            place = f"{region.offset:#x}, {region.size} bytes"
            yield f"{segment.name} at {place}, sha256 {region.sha256[:16]}…"
    for line in profile.route.boot.expect:
        yield f"awaits {line}"
    yield from _tests(profile.route.tests, "on the test firmware")
