"""The text that is signed: an in-toto statement, version 1, in one form of bytes. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from burner.core.canonical_json import canonical

TYPE = "https://in-toto.io/Statement/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PredicateType(StrEnum):
    """What a statement says about its subject. `.invalid` is a name that nobody can own."""

    RELEASE = "https://burner.invalid/release/v1"
    """The engineer: this is what is burned."""
    APPROVAL = "https://burner.invalid/approval/v1"
    """Somebody else: it was tested."""
    FIRST_ARTICLE = "https://burner.invalid/first-article/v1"
    STATION_POLICY = "https://burner.invalid/station-policy/v1"
    WITHDRAWAL = "https://burner.invalid/withdrawal/v1"


@dataclass(frozen=True)
class Statement:
    """One statement; the envelope names who makes it."""

    subject: str
    """What it is about, for people: `blinky-1.2.0`."""
    digest: str
    """SHA-256 (hex) of the subject; of a release: its digest."""
    type: PredicateType
    predicate: Mapping[str, Any]
    """What it says; without `by`."""


def encode(statement: Statement, by: Mapping[str, str]) -> bytes:
    """The bytes that are signed.

    Args:
        statement: what is said.
        by: `name` and `key` (base64 DER) of who says so.
    """
    return canonical(
        {
            "_type": TYPE,
            "subject": [{"name": statement.subject, "digest": {"sha256": statement.digest}}],
            "predicateType": statement.type.value,
            "predicate": {**statement.predicate, "by": dict(by)},
        }
    )


def decode(payload: bytes) -> tuple[Statement, dict[str, str]]:
    """A statement, and who makes it.

    Raises:
        ValueError: it is none, or not in its one form; the text says why.
    """
    match parse_canonical(payload):
        case {
            "_type": str(kind),
            "subject": [{"name": str(subject), "digest": {"sha256": str(digest)}}],
            "predicateType": str(predicate_type),
            "predicate": {"by": {"name": str(name), "key": str(key)}, **rest},
        } if kind == TYPE and _SHA256.fullmatch(digest):
            pass
        case _:
            raise ValueError("its payload is not a statement of burner")
    if predicate_type not in list(PredicateType):
        raise ValueError(f"it says something that burner does not know ({predicate_type[:80]!r})")
    predicate = {str(field): value for field, value in rest.items()}
    statement = Statement(subject, digest, PredicateType(predicate_type), predicate)
    by = {"name": name, "key": key}
    if encode(statement, by) != payload:
        raise ValueError("its payload has fields that burner does not write")
    return statement, by


def parse_canonical(data: bytes) -> Any:
    """JSON in the one form that is hashed.

    Raises:
        ValueError: it is not JSON, or in another form.
    """
    try:
        parsed = json.loads(data, parse_constant=_no_constant)
        same = isinstance(parsed, dict) and canonical(parsed) == data
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not same:
        raise ValueError("it is JSON in another form")
    return parsed


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
