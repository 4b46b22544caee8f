"""The base of every model that is read from YAML, and the check of a document against a model."""

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from burner.core.errors import Finding, refuse
from burner.core.validation_findings import findings_of, place_in
from burner.core.yaml_document import Document, read

MAX_UINT32 = 0xFFFF_FFFF

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def _at_least_one(entries: tuple[T, ...]) -> tuple[T, ...]:
    # Not min_length: that complains of too few where one is wrong.
    if not entries:
        raise ValueError("at least one")
    return entries


AtLeastOne = Annotated[
    tuple[T, ...], AfterValidator(_at_least_one), Field(json_schema_extra={"minItems": 1})
]
"""A list that is not empty."""


class StrictModel(BaseModel):
    """Base of every model read from a file: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Problem = tuple[str, str, str]
"""Code, what was found, what is allowed."""


def value_refusal(found: str, allowed: str) -> PydanticCustomError:
    """A refusal of a whole mapping, with the code of its file."""
    return PydanticCustomError("refused", "{found}", {"found": found, "allowed": allowed})


def refusal(code: str, found: str, allowed: str) -> PydanticCustomError:
    """The error that a validator raises to give its finding a code of its own."""
    return PydanticCustomError(code, "{found}", {"found": found, "allowed": allowed})


def refuse_problems(problems: Iterable[Problem]) -> None:
    """Raise one error for all problems that a validator found; nothing where there is none."""
    first, *others = (*problems, None)
    if first:
        code, found, allowed = first
        context = {"found": found, "allowed": allowed, "others": others[:-1]}
        raise PydanticCustomError(code, "{found}", context)


_SIZE = re.compile(r"(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})\s*([kKmM]?)[bB]?")
SIZE_FORMS = "a number of bytes such as 24576, 0x6000, 24K or 4MB"


def parse_size(value: object) -> int:
    """Bytes from `4MB`, `24K`, `0x6000` or a number.

    Raises:
        ValueError: for anything else, and for more than 32 bits.
    """
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        value = int(match[1], 0 if match[1][:2] in ("0x", "0X") else 10)
        value *= {"": 1, "K": 1024, "M": 1024 * 1024}[match[2].upper()]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_UINT32:
        raise ValueError(SIZE_FORMS)
    return value


SIZE_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": MAX_UINT32},
        {"type": "string", "pattern": rf"^{_SIZE.pattern}$"},
    ]
}
Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema(SIZE_SCHEMA)]
"""A length in bytes."""
Offset = Annotated[int, BeforeValidator(parse_size), WithJsonSchema(SIZE_SCHEMA)]
"""A place in flash, in bytes from its start."""


def validate(document: Document, model: type[M], code: str) -> tuple[M | None, tuple[Finding, ...]]:
    """Validate a document; None where it has errors."""
    try:
        return model.model_validate(document.data), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        details.sort(key=lambda detail: document.line(*place_in(document.data, detail)))
        findings = (findings_of(document, model, detail, code) for detail in details)
        return None, tuple(chain.from_iterable(findings))


def load_model(path: Path, model: type[M], code: str) -> M:
    """YAML file → model.

    Raises:
        BurnerError: `code` (or a validator's own), with every finding.
    """
    value, findings = validate(read(path, code), model, code)
    refuse(list(findings))
    assert value is not None  # noqa: S101 - no errors, so there is a value
    return value
