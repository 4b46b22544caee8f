"""Results of the tests of an attempt, on the terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from burner.cli.terminal import screen
from burner.core.measurements import Measurement, TestOutcome
from burner.core.words.limits_text import limits_text

HEADS = ("test", "outcome", "measured", "good is", "try", "s", "waited s", "remark")
WORDS = {
    TestOutcome.PASS: "pass",
    TestOutcome.FAIL: "FAIL",
    TestOutcome.ERROR: "ERROR",
    TestOutcome.NOT_RUN: "not run",
}
"""What did not pass is in capitals: it stands out without colour too."""
NO_ROOM = "left out: no room in the record"
"""Of tries that are not on record."""


def show_tests(attempts: Iterable[Mapping[str, Any]]) -> None:
    """Print the tests of each attempt (an element of `list --json`) that has any."""
    for attempt in attempts:
        if attempt["tests"]:
            _show(attempt)


def _show(attempt: Mapping[str, Any]) -> None:
    rows = [row for test in attempt["tests"] for row in _rows(test)]
    title = f"tests of record {attempt['number']}"
    if screen.room_beside(HEADS, rows) < 0:
        _show_narrow(title, rows)
        return
    bad = {at for at, row in enumerate(rows) if row[1].isupper() or row[2].startswith("✗")}
    screen.table(title, HEADS, rows, marked=bad)


def _show_narrow(title: str, rows: Iterable[tuple[str, ...]]) -> None:
    """The same where the table would break its cells: a line a value."""
    screen.say(f"\n{title}")
    for name, outcome, value, limits, tries, seconds, waited, remark in rows:
        if name:
            took = ", ".join(filter(None, (tries and f"try {tries}", seconds and f"{seconds} s")))
            waited_s, _, resource = waited.partition(" ")
            waiting = f", waited {waited_s} s for {resource}" if waited else ""
            screen.say("  " + "  ".join(filter(None, (name, outcome, took + waiting))))
            if remark:
                screen.say_beside("     ", remark)
        if value:
            screen.say_beside("     ", f"{value}  ({limits})")


def _rows(test: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A row for each measurement; the first has what is of the whole test.

    An earlier try comes before it, with those of its values that were not good.
    """
    if left_out := test["tries"] - 1 - len(test["earlier"]):
        numbers = "1" if left_out == 1 else f"1 to {left_out}"
        yield (test["name"], "", "", "", numbers, "", "", NO_ROOM)
    for tried in test["earlier"]:
        bad = [measured for measured in tried["measurements"] if not measured["good"]]
        yield from _try_rows(test["name"], tried, bad, str(tried["number"]))
    resource = f"{test['waited_ms'] / 1000:.1f} {test['resource']}" if test["resource"] else ""
    yield from _try_rows(test["name"], test, test["measurements"], str(test["tries"]), resource)


def _try_rows(
    name: str,
    tried: Mapping[str, Any],
    measurements: Sequence[Mapping[str, Any]],
    number: str,
    resource: str = "",
) -> Iterator[tuple[str, ...]]:
    outcome = TestOutcome(tried["outcome"])
    ran = outcome is not TestOutcome.NOT_RUN
    remark = f"{tried['code']} {tried['detail']}".strip()
    last = (number, f"{tried['ms'] / 1000:.2f}", resource) if ran else ("", "", "")
    first = (name, WORDS[outcome])
    for measured in measurements or (None,):
        value, limits = _value(Measurement(**measured)) if measured else ("", "")
        yield (*first, value, limits, *last, remark)
        first, last, remark = ("", ""), ("", "", ""), ""


def _value(measured: Measurement) -> tuple[str, str]:
    mark = "" if measured.good else "✗ "
    value = f"{mark}{measured.name} {measured.value} {measured.unit}".rstrip()
    return value, limits_text(measured) or "not judged"
