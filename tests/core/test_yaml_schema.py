"""YAML → strict models: nothing is guessed, everything wrong is named at once."""

import copy
import pickle
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, StrictBool, field_validator

from burner.core import yaml_document, yaml_schema
from burner.core.errors import BurnerError
from burner.core.yaml_schema import Offset, Size, StrictModel, refusal

CODE = "E101"


class Round(StrictModel):
    kind: Literal["round"]
    radius: int


class Square(StrictModel):
    kind: Literal["square"]
    side: Size


class Drawing(StrictModel):
    version: str
    at: Offset = 0
    shapes: tuple[Annotated[Round | Square, Field(discriminator="kind")], ...] = ()
    note: Round | None = None
    secret: str = ""
    filled: StrictBool = False

    @field_validator("version")
    @classmethod
    def _not_zero(cls, version: str) -> str:
        if version == "zero":
            raise refusal("E104", "found zero", "one or more")
        return version


def findings(text: str) -> list[str]:
    """What is wrong, as people read it, without the word `error`."""
    try:
        document = yaml_document.parse(text, "a.yaml", CODE)
    except BurnerError as error:
        return [str(f) for f in error.findings]
    return [str(f) for f in yaml_schema.validate(document, Drawing, CODE)[1]]


def test_a_good_file_becomes_a_frozen_model(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("version: '1'\nat: 0x10\nshapes: [{kind: square, side: 4K}]\n")
    drawing = yaml_schema.load_model(path, Drawing, CODE)
    assert drawing == Drawing(version="1", at=16, shapes=(Square(kind="square", side=4096),))
    with pytest.raises(ValueError, match="frozen"):
        setattr(drawing, "at", 3)  # noqa: B010


def test_every_mistake_is_named_with_its_line_and_field() -> None:
    text = """\
versoin: '1'
at: 4Q
shapes:
  - {kind: round, radius: big}
  - {kind: square, side: 4K, colour: red}
  - {kind: oval}
note: {kind: round}
"""
    problems = findings(text)
    assert len(problems) == 7
    assert "a.yaml:1 version: error E101: is missing; required" in problems
    assert any(
        f.startswith("a.yaml:2 at: error E101: found '4Q'; a number of bytes") for f in problems
    )
    assert any(f.startswith("a.yaml:4 shapes[0].radius: error E101: found 'big'") for f in problems)
    unknown = "is not a known key; keys here: kind, side"
    assert f"a.yaml:5 shapes[1].colour: error E101: {unknown}" in problems
    assert any("a.yaml:6 shapes[2]" in f and "'round', 'square'" in f for f in problems)
    assert "a.yaml:7 note.radius: error E101: is missing; required" in problems
    assert any("a.yaml:1 versoin" in f and "did you mean version?" in f for f in problems)


def test_a_version_that_yaml_takes_for_a_number_must_be_quoted() -> None:
    assert findings("version: 1.10") == [
        "a.yaml:1 version: error E101: '1.10' is read as a number; text: put quotes around it"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shapes: [{kind: o}]", "shapes[0].kind: error E101: found 'o'; one of 'round', 'square'"),
        ("shapes: [{side: 4K}]", "shapes[0].kind: error E101: is missing; required"),
        ("note: {kind: oval}", "note.kind: error E101: found 'oval'; one of 'round'"),
        ("shapes: none", "shapes: error E101: found 'none'; a list"),
        ("version: true", "version: error E101: 'true' is read as true or false; text"),
        ("filled: yes", "filled: error E101: found 'yes'; true or false"),
        ("filled: 0", "filled: error E101: found '0'; true or false"),
        ('filled: "true"', "filled: error E101: found 'true'; true or false"),
        ("note: 7", "note: error E101: found '7'; a mapping: `key: value`"),
    ],
)
def test_what_is_allowed_is_said_in_words_of_the_file(text: str, found: str) -> None:
    assert any(found in line for line in findings(text)), findings(text)
    assert not re.search("Input|dict|tuple|valid", "".join(findings(text)))


def test_findings_stand_in_the_order_of_the_file() -> None:
    lines = [int(line.split(":")[1].split()[0]) for line in findings("at: x\nb: 1\nversion: 1")]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_a_rule_gives_its_finding_a_code_of_its_own() -> None:
    assert findings("version: zero") == ["a.yaml:1 version: error E104: found zero; one or more"]


def test_a_value_near_a_secret_is_never_repeated() -> None:
    for text in ("version: a\nsecret: 12345678", "version: a\nsecret: [hush-hush]"):
        (found,) = findings(text)
        assert "12345678" not in found
        assert "hush" not in found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("2024-01-31", "2024-01-31"),
        ("1_000", "1_000"),
        ("true", True),
        ("0x1F", 31),
        ("-5", -5),
        ("1.5", yaml_document.WrittenFloat("1.5")),
        ("~", None),
        ("", None),
        ("'0x1F'", "0x1F"),
    ],
)
def test_yaml_is_read_as_it_looks(written: str, read: object) -> None:
    value = yaml_document.parse(f"a: {written}", "a.yaml", CODE).data["a"]
    assert value == read
    assert type(value) is type(read)


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    assert findings("version: a\nat: 1\nversion: b") == [
        "a.yaml:3 version: error E101: occurs twice, first in line 1; each key once"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object:os.system x",
        "a: !secret x",
        "? [a]\n: b",
        "a: *nowhere",
        "&a [*a]",
        "[" * 40,
        "[" * 40 + "]" * 40,
        "a: &a [" + "x," * 1000 + "]\nb: [" + "*a," * 100 + "]",
        "a: \x00",
        "- [",
        "a: " + "9" * 5000,
        "x" * (yaml_document.MAX_FILE_BYTES + 1),
    ],
    ids=str.__len__,
)
def test_yaml_that_is_broken_or_hostile_is_refused(text: str) -> None:
    with pytest.raises(BurnerError) as caught:
        yaml_document.parse(text, "a.yaml", CODE)
    assert caught.value.code == CODE
    assert caught.value.findings


def test_the_name_of_an_alias_is_not_repeated() -> None:
    assert "hush" not in str(findings("version: *hush"))


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(BurnerError) as caught:
            yaml_schema.load_model(path, Drawing, CODE)
        assert caught.value.code == CODE
        assert caught.value.findings[0].place == str(path)


def test_an_empty_file_is_a_file_without_fields() -> None:
    (found,) = findings("")
    assert found.endswith("found nothing; a mapping: `key: value`")


def test_lines_are_known_for_later_checks(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("version: a\nshapes:\n  - kind: round\n    radius: 1\n")
    place = yaml_document.parse(path.read_text(), "a.yaml", CODE).place
    assert place("shapes", 0, "radius") == "a.yaml:4 shapes[0].radius"
    assert place("shapes", 0, "missing") == "a.yaml:3 shapes[0].missing"
    assert place("other") == "a.yaml:1 other"


@pytest.mark.parametrize(
    ("text", "size"),
    [("4MB", 4 << 20), ("24K", 24576), ("0x6000", 0x6000), ("1m", 1 << 20), (512, 512), ("0", 0)],
)
def test_sizes_are_read_in_every_usual_form(text: object, size: int) -> None:
    assert yaml_schema.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4G", "1.5M", "-1", "0x", "4 M B", True, None, 1 << 32, -1])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="bytes"):
        yaml_schema.parse_size(text)


@given(st.text(max_size=200))
def test_no_text_brings_anything_but_findings(text: str) -> None:
    findings(text)


@given(st.text(alphabet="a: \n-[]{}&*!'\"#|>?%@`,0x1.~", max_size=60))
def test_no_mixture_of_yaml_signs_brings_anything_but_findings(text: str) -> None:
    findings(text)


@pytest.mark.parametrize("text", ['version: "\\ud800"', '"\\udfff": 1', '[{"a": ["\\uDC00"]}]'])
def test_half_a_character_is_no_text(text: str) -> None:
    with pytest.raises(BurnerError) as caught:
        yaml_document.parse(text, "x.yaml", CODE)
    str(caught.value.findings).encode()


@pytest.mark.parametrize("written", ["1.10", ".5", "1e3", "0.1000000000000000055511151231"])
def test_a_decimal_keeps_the_text_of_its_author(written: str) -> None:
    value = yaml_document.parse(f"a: {written}", "a.yaml", CODE).data["a"]
    copies = (value, copy.deepcopy(value), pickle.loads(pickle.dumps(value)))
    assert [(copied, copied.text) for copied in copies] == [(float(written), written)] * 3
