"""Every key of a profile is described, in the schema and on the page that is made from it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burner.cli.commands.profile import profile
from burner.core import yaml_document, yaml_schema
from burner.profile.json_schema import definitions, schema
from burner.profile.profile import Profile
from burner.profile.reference_page import COMMAND, INTRODUCTION, anchor, page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "profile.md"


def fields(node: Any) -> Iterator[dict[str, Any]]:
    """Every key of every mapping in a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).values()
        for inner in node.values():
            yield from fields(inner)


def test_every_key_is_described() -> None:
    hint = f"write a text under the field in the source, then: {COMMAND}"
    undescribed = [
        f"{name}.{key}"
        for name, about in definitions(schema()).items()
        for key, field in about.get("properties", {}).items()
        if not field.get("description")
    ]
    assert undescribed == [], hint


def test_the_page_is_made_from_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), COMMAND


def test_the_command_prints_the_page_and_the_schema() -> None:
    assert CliRunner().invoke(profile, ["schema", "--markdown"]).output == page()
    assert json.loads(CliRunner().invoke(profile, ["schema"]).output) == schema()
    assert f"burner profile schema --markdown > {PAGE.relative_to(ROOT).as_posix()}" == COMMAND


def test_every_regular_expression_names_its_dialect() -> None:
    patterns = [field for field in fields(schema()) if '"format": "re2"' in json.dumps(field)]
    assert len(patterns) >= 6
    for field in patterns:
        assert "RE2" in field["description"]


def test_every_key_of_every_mapping_has_a_row_and_every_link_a_section() -> None:
    text = page()
    whole = schema()
    for about in (*whole["$defs"].values(), whole):
        for key in about.get("properties", {}):
            assert f"\n| `{key}` | " in text
    sections = {anchor(heading) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links
    assert links <= sections


def test_rows_are_whole_whatever_stands_in_a_pattern() -> None:
    for row in page().splitlines():
        if row.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", row)) == 5, row


def test_the_example_is_a_profile() -> None:
    (example,) = re.findall(r"```yaml\n(.+?)```", INTRODUCTION, re.DOTALL)
    document = yaml_document.parse(example, "docs/profile.md", "E101")
    assert yaml_schema.validate(document, Profile, "E101")[1] == ()


@pytest.mark.parametrize("path", sorted(ROOT.glob("profiles/*.yaml")), ids=lambda path: path.stem)
def test_an_editor_with_the_schema_takes_a_bundled_profile(path: Path) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    data = yaml_document.read(path, "E101").data
    assert validator.is_valid(data)
    assert not validator.is_valid({**data, "colour": "red"})
