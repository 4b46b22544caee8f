"""All carriers together: what a profile may say, and what the docs say it may."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from burner.core import yaml_document
from burner.core.errors import BurnerError
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.carrier import bytes_of
from burner.provisioning.carriers import CarrierSettings, carrier_for
from tests.provisioning.layouts import NAMED, PLAIN, POSSIBLE

SETTINGS: TypeAdapter[Any] = TypeAdapter(CarrierSettings)
DOCS = (Path(__file__).parents[2] / "docs" / "carriers.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_docs_is_accepted(example: str) -> None:
    given = yaml_document.parse(example, "docs", "E101").data["carrier"]
    carrier_for(SETTINGS.validate_python(given), POSSIBLE)
    assert f"\n## {given['kind']}\n" in DOCS


def test_every_kind_has_an_example() -> None:
    kinds = re.findall(r"^## (\w+)$", DOCS, re.MULTILINE)
    assert kinds == ["nvs", "file", "patch", "raw", "at"]
    assert len(EXAMPLES) == len(kinds)


def test_an_editor_sees_that_short_forms_are_allowed() -> None:
    definitions = SETTINGS.json_schema()["$defs"]
    assert definitions["NvsSettings"]["required"] == ["kind"]
    assert "littlefs" in str(definitions["FileSettings"]["properties"]["filesystem"])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="kind"):
        SETTINGS.validate_python({"kind": "usb"})


def test_only_at_sends_the_name_without_bytes_for_it() -> None:
    at = carrier_for(SETTINGS.validate_python({"kind": "at"}), POSSIBLE)
    assert isinstance(at, AtCarrier)
    assert (at.needs_name(), at.holds_name()) == (False, True)


def test_a_key_shows_its_name_and_not_its_secret() -> None:
    assert PLAIN not in repr(NAMED)
    assert "240AC4A1B2C3" in repr(NAMED)


def test_a_place_that_was_not_read_back_is_named() -> None:
    with pytest.raises(BurnerError, match="fctry") as caught:
        bytes_of({}, "fctry")
    assert caught.value.code == "E606"
