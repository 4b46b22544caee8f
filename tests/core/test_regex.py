"""Regular expressions of profiles: RE2's syntax, and none that can hold up a slot."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core import regex
from burner.core.errors import BurnerError
from burner.core.regex import MAX_STEPS
from burner.identity.settings import LabelSettings, SerialSettings
from burner.profile.boot import BootSettings
from burner.profile.reading import load_profile
from tests.images import write_product
from tests.runs import PROFILE, ROOT, burn, start, until_begun

HANGING = r"(?:\w+\s?)*ready$"
GARBAGE = "a garbled line of many short words " * 20 + "!"


def refused(text: str) -> tuple[str, str]:
    """What is said of a pattern that is refused: what was found, and what to write."""
    with pytest.raises(ValidationError) as caught:
        BootSettings(expect=(text,))
    (detail,) = caught.value.errors()
    assert detail["type"] == "E145"
    return detail["ctx"]["found"], detail["ctx"]["allowed"]


# -- the dialect ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "construct", "instead"),
    [
        (r"name=(?=\w)", "a lookahead that RE2 does not have: (?=\\w)", "behind the group"),
        (r"x(?!y)", "a negative lookahead", "[^,]"),
        (r"(?<=name=)\w+", "a lookbehind", "before the group"),
        (r"(?<!x)y", "a negative lookbehind", "(?:^|[^0-9])"),
        (r"(\w+) \1", "a backreference that RE2 does not have: \\1", "a second time"),
        (r"(?P<a>\w)(?P=a)", "a backreference", "a second time"),
        (r"(?>a|b)", "an atomic group", "(?:…)"),
        (r"a++", "a possessive quantifier", "the last +"),
        (r"a{1,3}+", "a possessive quantifier", "the last +"),
        (r"(a)?(?(1)b|c)", "a conditional", "(?:…|…)"),
        (r"ready\Z", "a Python end of text", r"$ or \z"),
        (r"(?#why)ready", "a comment", "YAML"),
        (r"(?x) ready", "a flag", "i, m, s"),
        (r"(?a)\w", "a flag", "ASCII"),
        (r"(?R)", "a recursion", "each level"),
        (r"\u20ac", "a character's number or name", r"\x{20ac}"),
        (r"x{,3}", "a repeat without its least number", "{0,3}"),
        (r"\C", "a single byte", "a dot"),
        (r"x{1001}", "a repeat that is too large or backwards: {1001}", "1000"),
        (r"((x{100}){100}){100}", "a repeat that is too large", "1000"),
        (r".{0,1000}", f"at most {MAX_STEPS}", "* or +"),
        (r"(?P<mac>a)(?P<mac>b)", "two groups of one name: (?P<mac>…)", "once"),
        (r"name=(\w+", "RE2 cannot read it: missing )", "RE2's syntax"),
    ],
)
def test_a_construct_of_other_dialects_is_named_with_what_to_write(
    pattern: str, construct: str, instead: str
) -> None:
    found, allowed = refused(pattern)
    assert construct in found
    assert instead in allowed


@pytest.mark.parametrize(
    "pattern",
    [r"\(\?=x\)", r"[(?=]", r"\\1", r"x\{,3\}", r"[x{,3}]", r"\Qx{,3}\E", r"x+\+", r"(?i:x)"],
)
def test_what_only_looks_like_one_is_taken(pattern: str) -> None:
    assert BootSettings(expect=(pattern,)).expect == (pattern,)


def test_a_value_has_exactly_one_group() -> None:
    with pytest.raises(ValidationError, match="2 groups"):
        BootSettings(device_name="(a)(b)")
    with pytest.raises(ValidationError, match="0 groups"):
        SerialSettings(source="firmware", line="(?:a)")
    assert BootSettings(device_name="(?:a|b)=(?P<name>c)").device_name


def test_the_finding_stands_at_its_line_and_re2_itself_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_product(tmp_path, boot="{expect: [ready, 'x(?=y)']}")
    with pytest.raises(BurnerError) as caught:
        load_profile(path)
    (finding,) = caught.value.findings
    assert (finding.code, finding.place) == ("E145", f"{path}:11 boot.expect[1]")
    assert capfd.readouterr() == ("", "")


# -- what it matches -----------------------------------------------------------------------------

USUAL = (
    r"product_id=(\w+)",
    r"device_name=([\w-]+)",
    r"[A-Za-z0-9_-]{1,48}",
    r"SN:(?P<serial>[0-9]{8}) MAC:(?P<mac>[0-9A-F]{6})",
    r"^I \(\d+\) app: .*ready$",
    r"\bv(\d+)\.(\d+)(?:-rc\d)?\b",
    r"(a|b)*?c",
    r"[^\s=]+=\s*\"?(?P<imei>[0-9]{15})\"?",
)


@given(
    st.sampled_from(USUAL),
    st.text(
        st.sampled_from('abcvISNMACproduct_id=device_name: ready0123456789-."() '), max_size=60
    ),
)
def test_usual_patterns_match_what_pythons_own_match(pattern: str, text: str) -> None:
    for ours, theirs in ((regex.search, re.search), (regex.fullmatch, re.fullmatch)):
        found, wanted = ours(pattern, text), theirs(pattern, text)
        assert (found is None) == (wanted is None)
        if found and wanted:
            assert found[0] == wanted[0]
            assert found.groupdict() == wanted.groupdict()


def test_text_that_has_no_utf8_form_matches_what_it_can() -> None:
    match = regex.search("name=(.+)", "name=a\ud800b€")
    assert match
    assert match[1] == "a?b€"
    assert regex.fullmatch("[0-9]+", "\udcff") is None


def test_labels_are_told_by_named_groups() -> None:
    assert LabelSettings(pattern=r"(?P<mac>\w{12})(?P<serial>\w*)").groups == ("mac", "serial")


def test_no_pattern_and_no_line_take_long() -> None:
    began = time.monotonic()
    for _ in range(100):
        assert regex.search(HANGING, GARBAGE) is None
    assert time.monotonic() - began < 60  # Python's own matcher would take years


# -- on the bench --------------------------------------------------------------------------------


@pytest.fixture
def garbling(tmp_path: Path) -> Path:
    """A bench whose units print a line that makes Python's `re` try for ever."""
    path = tmp_path / "bench.yaml"
    path.write_text(f'{{slots: 2, units: [{{firmware: {{lines: ["{GARBAGE}"]}}}}]}}')
    return path


def expecting(folder: Path, timeout_s: int) -> Path:
    """The plug's profile, with a pattern that hangs a matcher which tries one way after another."""
    text = PROFILE.read_text(encoding="utf-8").replace("../firmware", f"{ROOT}/firmware")
    path = folder / "plug.yaml"
    path.write_text(f"{text}  timeout_s: {timeout_s}\n  expect: ['{HANGING}']\n", encoding="utf-8")
    return path


def test_a_garbled_line_fails_the_unit_in_the_usual_time(tmp_path: Path, garbling: Path) -> None:
    ran = burn(tmp_path, "--bench", garbling, profile=expecting(tmp_path, 1))
    assert [(end["outcome"], end["code"]) for end in ran.finished] == [("FAIL", "E605")] * 4
    assert ran.seconds < 100


def test_ctrl_c_stops_slots_that_look_for_a_line_which_does_not_come(
    tmp_path: Path, garbling: Path
) -> None:
    running = start(tmp_path, "--bench", garbling, profile=expecting(tmp_path, 100))
    until_begun(running, tmp_path, units=2)
    time.sleep(2)  # the units are written in less, and listened to
    began = time.monotonic()
    running.interrupt_twice()
    ran = running.end()
    assert time.monotonic() - began < 90
    assert {end["outcome"] for end in ran.finished} == {"ABORTED"}
