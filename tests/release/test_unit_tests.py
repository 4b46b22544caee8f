"""Checks of `tests:` in a profile: what cannot run or be recorded is said with its place."""

from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import Finding
from burner.release.opening import open_release
from burner.release.preflight import preflight
from tests.images import SECRET, app_image, write_product

STARTED = "{expect: [ready]}"


def findings_of(tmp_path: Path, tests: str, **replaced: Any) -> tuple[Finding, ...]:
    return preflight(
        write_product(tmp_path, **{"boot": STARTED, "tests": tests, **replaced})
    ).findings


def brief(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(str(f.code), f.place.partition(" ")[2]) for f in findings]


def dialogue(*lines: str, port: str = "esp", measured: str = "") -> str:
    return (
        f"[{{name: led, serial: {{port: {port}, lines: [{', '.join(lines)}]}},"
        f" measurements: [{measured}]}}]"
    )


def test_tests_without_a_mistake_pass_without_a_word(tmp_path: Path) -> None:
    tests = r"""
- {name: idle, before: write, run: [fixtures/current.py], resource: psu,
   measurements: [{name: idle_current, unit: mA, low: 9.50, high: 12}]}
- {name: ping, run: [ping]}
- {name: led, serial: {lines: [{send: "led red\r\n", expect: 'color=(?P<color>\w+)'}]},
   measurements: [{name: color, text: RED}]}"""
    assert findings_of(tmp_path, tests) == ()


def test_two_tests_of_one_name_are_refused_also_in_the_route(tmp_path: Path) -> None:
    (tmp_path / "rf.bin").write_bytes(app_image("rf"))
    route = "{images: [{name: rf, file: rf.bin, partition: ota_0}], tests: [{name: a, run: [x]}]}"
    tests = "[{name: a, run: [x]}, {name: b, run: [x]}, {name: b, run: [x]}]"
    found = findings_of(tmp_path, tests, route=route)
    assert brief(found) == [("E170", "tests[2].name"), ("E170", "route.tests[0].name")]
    assert "a is the name of the test in" in found[1].found


def test_two_measurements_of_one_name_in_a_test_are_refused(tmp_path: Path) -> None:
    tests = "[{name: a, run: [x], measurements: [{name: i}, {name: j}, {name: i}]}]"
    assert brief(findings_of(tmp_path, tests)) == [("E170", "tests[0].measurements[2].name")]


def test_two_tests_may_measure_under_one_name(tmp_path: Path) -> None:
    measured = "measurements: [{name: i}]"
    tests = f"[{{name: a, run: [x], {measured}}}, {{name: b, run: [x], {measured}}}]"
    assert findings_of(tmp_path, tests) == ()


def test_a_unit_has_at_most_300_measurements_of_all_tests(tmp_path: Path) -> None:
    def tests(last: int) -> str:
        counts = (100, 100, last)
        rows = (
            f"{{name: t{n}, run: [x], measurements: ["
            + ", ".join(f"{{name: m{i}}}" for i in range(count))
            + "]}"
            for n, count in enumerate(counts)
        )
        line = "{name: led, serial: {lines: [{expect: '(?P<a>x)'}]}}"
        return f"[{', '.join(rows)}, {line}]"

    assert findings_of(tmp_path, tests(99)) == ()
    (finding,) = findings_of(tmp_path, tests(100))
    assert (finding.code, finding.found) == ("E171", "301 measurements of a unit")


def test_texts_that_no_record_could_hold_are_refused(tmp_path: Path) -> None:
    rows = ", ".join(f"{{name: m{i}, text: {'x' * 200}}}" for i in range(80))
    tests = f"[{{name: a, run: [x], measurements: [{rows}]}}, {{name: b, run: [x]}}]"
    assert findings_of(tmp_path, tests) == ()
    twice = f"[{{name: a, run: [x], measurements: [{rows}]}},"
    twice += f" {{name: b, run: [x], measurements: [{rows}]}}]"
    found = findings_of(tmp_path, twice)
    assert {finding.code for finding in found} == {"E171"}
    assert "the results of a unit need up to" in found[0].found


@pytest.mark.parametrize(
    ("lines", "measured", "field", "words"),
    [
        (["{expect: 'v=(\\d+)'}"], "{name: v}", "measurements[0].name", "has a group v"),
        (
            ["{expect: '(?P<v>1)'}", "{expect: '(?P<v>2)'}"],
            "{name: v}",
            "serial.lines[1].expect",
            "group v is in line 1",
        ),
        (["{expect: '(?P<_v>1)'}"], "", "serial.lines[0].expect", "no name of a measurement"),
    ],
)
def test_the_groups_of_a_dialogue_are_its_measurements(
    tmp_path: Path, lines: list[str], measured: str, field: str, words: str
) -> None:
    (finding,) = findings_of(tmp_path, dialogue(*lines, measured=measured))
    assert (finding.code, finding.warning) == ("E172", False)
    assert finding.place.endswith(f"tests[0].{field}")
    assert words in finding.found


def test_a_value_of_a_dialogue_that_nobody_compares_is_no_mistake(tmp_path: Path) -> None:
    assert findings_of(tmp_path, dialogue("{expect: '(?P<extra>1)'}")) == ()


def test_a_line_that_is_sent_without_its_end_is_a_warning(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, dialogue("{send: led red, expect: ok}"))
    assert (finding.code, finding.warning) == ("E179", True)
    assert findings_of(tmp_path, dialogue("{send: '1', expect: ok}")) == ()


def test_a_dialogue_with_a_firmware_that_may_not_listen_yet_is_a_warning(tmp_path: Path) -> None:
    talk = r'{send: "led\r\n", expect: ok}'
    (finding,) = findings_of(tmp_path, dialogue(talk), boot="")
    assert (finding.code, finding.warning) == ("E179", True)
    assert finding.found == "no line is awaited before it"
    assert "boot.expect" in finding.allowed
    assert findings_of(tmp_path, dialogue("{expect: ready}", talk), boot="") == ()


def test_a_dialogue_of_the_route_wants_a_line_of_the_test_firmware(tmp_path: Path) -> None:
    (tmp_path / "rf.bin").write_bytes(app_image())
    images = "images: [{name: rf, file: rf.bin, partition: ota_0}]"
    lines = "[{send: '?', expect: ok}]"
    route = f"{images}, tests: [{{name: a, serial: {{lines: {lines}}}}}]"
    found = findings_of(tmp_path, "[]", route=f"{{{route}}}")
    assert brief(found) == [("E179", "route.tests[0].serial.lines[0].send")]
    assert findings_of(tmp_path, "[]", route=f"{{boot: {STARTED}, {route}}}") == ()


def test_a_port_that_nothing_else_uses_is_a_warning(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, dialogue("{expect: ok}", port="modem"))
    assert (finding.code, finding.warning) == ("E173", True)
    assert "esp=PORT,modem=PORT" in finding.allowed
    name = 'name: {template: "{imei}"}'.removeprefix("name: ")
    with_modem = findings_of(
        tmp_path, dialogue("{expect: ok}", port="modem"), identity="{imei: {}}", name=name
    )
    assert with_modem == ()


@pytest.mark.parametrize("port", ["ESP", "'RF 1'", "'3'"])
def test_a_port_that_no_slot_can_have_is_refused(tmp_path: Path, port: str) -> None:
    found = brief(findings_of(tmp_path, dialogue("{expect: ok}", port=port)))
    assert found == [("E101", "tests[0].serial.port")]


def test_resources_that_differ_only_in_writing_are_a_warning(tmp_path: Path) -> None:
    tests = "[{name: a, run: [x], resource: rf-box}, {name: b, run: [x], resource: RF_box}]"
    (finding,) = findings_of(tmp_path, tests)
    assert (finding.code, finding.warning) == ("E177", True)
    assert finding.place.endswith("tests[1].resource")


@pytest.mark.parametrize(
    ("tests", "field"),
    [
        ("[{name: a}]", "tests[0]"),
        ("[{name: a, run: [x], python: y}]", "tests[0]"),
        ("[{name: a, run: [x], before: write, after: boot}]", "tests[0]"),
        ("[{name: a, before: write, serial: {lines: [{expect: x}]}}]", "tests[0]"),
        ("[{name: a, serial: {lines: [{within_s: 3}]}}]", "tests[0].serial.lines[0]"),
        ("[{name: '', run: [x]}]", "tests[0].name"),
        ("[{name: a, run: [x], tries: 0}]", "tests[0].tries"),
        ("[{name: a, run: [x], deadline_s: 601}]", "tests[0].deadline_s"),
        ("[{name: a, run: [x], resource: 'rf box'}]", "tests[0].resource"),
        (
            "[{name: a, run: [x], measurements: [{name: i, low: 3, high: 2}]}]",
            "tests[0].measurements[0]",
        ),
        (
            "[{name: a, run: [x], measurements: [{name: i, low: 3, text: y}]}]",
            "tests[0].measurements[0]",
        ),
    ],
)
def test_what_a_test_cannot_be_is_said_at_its_place(tmp_path: Path, tests: str, field: str) -> None:
    assert brief(findings_of(tmp_path, tests)) == [("E101", field)]


# -- limits --------------------------------------------------------------------------------------


def limits_in_index(tmp_path: Path, low: str) -> str:
    tests = f"[{{name: a, run: [x], measurements: [{{name: i, low: {low}}}]}}]"
    index = open_release(write_product(tmp_path, tests=tests)).index
    return str(index["profile"]["tests"][0]["measurements"][0]["low"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.10", "1.10"),
        ("1e3", "1000"),
        ("-2.5E-3", "-0.0025"),
        (".5", "0.5"),
        ("3.", "3"),
        ("+5", "5"),
        ("007", "7"),
        ("0x10", "16"),
        ("'12.30'", "12.30"),
        ("0.0000001", "0.0000001"),
        ("0.1000000000000000055511151231", "0.1000000000000000055511151231"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("9007199254740993.5", "9007199254740993.5"),
    ],
)
def test_a_limit_is_the_number_as_it_is_written(tmp_path: Path, written: str, kept: str) -> None:
    assert limits_in_index(tmp_path, written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "1_000",
        "'1,5'",
        "1e999",
        "nan",
        ".inf",
        "12 mA",
        "true",
        "0.1234567890123456789012345678901",
        "'１２'",
        "'1 '",
        "[1]",
    ],
)
def test_a_limit_that_is_no_exact_number_is_refused(tmp_path: Path, written: str) -> None:
    tests = f"[{{name: a, run: [x], measurements: [{{name: i, low: {written}}}]}}]"
    assert brief(findings_of(tmp_path, tests)) == [("E178", "tests[0].measurements[0].low")]


@pytest.mark.parametrize(
    ("test", "found", "allowed"),
    [
        (
            "run: [x], measurements: [{name: i, low: 9.50, high: 7.5}]",
            "low is 9.50, high is 7.5",
            "low is not above high",
        ),
        ("run: [x], before: write, after: boot", "both before and after", "either before or after"),
        ("tries: 2", "none of serial, run and python", "one of serial, run and python"),
        ("run: [x], python: y", "run and python", "one of serial, run and python"),
        ("run: [x], before: boot", "found 'boot'", "one of 'write'"),
    ],
)
def test_a_test_that_contradicts_itself_is_refused_with_what_it_says(
    tmp_path: Path, test: str, found: str, allowed: str
) -> None:
    (finding,) = findings_of(tmp_path, f"[{{name: a, {test}}}]")
    assert (finding.found, finding.allowed) == (found, allowed)


def test_a_release_file_keeps_every_digit_of_a_limit(tmp_path: Path) -> None:
    from burner.release.contents import check_contents, release_contents

    digits = "0.1000000000000000055511151231"
    tests = f"[{{name: a, run: [x], measurements: [{{name: i, low: {digits}, high: 1.10}}]}}]"
    contents = release_contents(preflight(write_product(tmp_path, tests=tests)))
    plan = check_contents(contents, tmp_path / "x.burn").plan
    (limits,) = plan.tests[0].measurements  # type: ignore[union-attr]
    assert (f"{limits.low:f}", f"{limits.high:f}") == (digits, "1.10")


def test_a_secret_among_the_arguments_of_a_program_is_refused(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, f"[{{name: a, run: [x, --key={SECRET}]}}]")
    assert finding.code == "E208"
    assert finding.place.endswith("tests[0].run[1]")
    assert SECRET not in str(finding)
