"""Turns the errors of pydantic into findings, in the words of the person who wrote the file."""

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from burner.core.errors import Finding
from burner.core.yaml_document import Document, FieldPath

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails


_ALLOWED = {
    "model_type": "a mapping: `key: value`",
    "model_attributes_type": "a mapping: `key: value`",
    "dict_type": "a mapping: `key: value`",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_pattern_mismatch": "text of the form {pattern}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "union_tag_invalid": "one of {expected_tags}",
}
"""Type of a complaint → what is allowed, with pydantic's context filled in."""


def findings_of(
    document: Document, model: "type[BaseModel]", detail: "ErrorDetails", code: str
) -> tuple[Finding, ...]:
    """The findings of one error of pydantic: with `code`, or with the codes that our validators
    gave.
    """
    context, kind = detail.get("ctx", {}), detail["type"]
    if not re.fullmatch(r"E\d{3}", kind):
        return (_finding_of(document, model, detail, code),)
    at = document.place(*place_in(document.data, detail))
    problems = ((kind, context["found"], context["allowed"]), *context.get("others", ()))
    return tuple(Finding(own, at, found, allowed) for own, found, allowed in problems)


def _finding_of(
    document: Document, model: "type[BaseModel]", detail: "ErrorDetails", code: str
) -> Finding:
    path = place_in(document.data, detail)
    context, kind = detail.get("ctx", {}), detail["type"]
    if kind in _ALLOWED:
        allowed = _ALLOWED[kind].format(**context)
    else:
        allowed = detail["msg"].removeprefix("Value error, ")
    match kind:
        case "missing" | "union_tag_not_found":
            found, allowed = "is missing", "required"
        case "extra_forbidden" | "unexpected_keyword_argument":
            found = "is not a known key"
            allowed = _keys_allowed(model, detail["loc"])
        case "refused":
            found, allowed = context["found"], context["allowed"]
        case "string_type" if isinstance(detail["input"], int | float):
            what = "true or false" if isinstance(detail["input"], bool) else "a number"
            found = f"{_shown(document, path)} is read as {what}"
            allowed = "text: put quotes around it"
        case _:
            found = f"found {_shown(document, path)}"
    return Finding(code, document.place(*path), found, allowed)


def place_in(data: Any, detail: "ErrorDetails") -> FieldPath:
    """The path in the file. The path of pydantic also has names of union members and validators."""
    path: FieldPath = ()
    last = detail["loc"][-1:] if detail["type"] == "missing" else ()
    tagged = detail["type"] in ("union_tag_invalid", "union_tag_not_found")
    for part in detail["loc"]:
        child = _child(data, part)
        if child is not _NOTHING:
            data = child
            path = (*path, part)
    if tagged and isinstance(data, dict):
        last = (detail["ctx"]["discriminator"].strip("'"),)
    return path + last


_NOTHING = object()


def _child(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part, _NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return _NOTHING


def _shown(document: Document, path: FieldPath) -> str:
    """The value as written, but never one that may be a secret, nor a file that is one text: that
    may be a private key.
    """
    if not path and isinstance(document.data, str):
        return "text"
    if any("secret" in str(part).lower() for part in path):
        return "a value that is not shown here"
    if path in document.texts:
        return repr(document.texts[path][:80])
    value = document.data
    for part in path:
        value = value[part]
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "nothing"


def _keys_allowed(model: "type[BaseModel]", loc: FieldPath) -> str:
    """The keys that the model has at a place, with the likely one first."""
    root = model.model_json_schema()
    node = root
    for part in loc[:-1]:
        node = _step(_deref(node, root), part)
    keys = list(_deref(node, root).get("properties", {}))
    close = get_close_matches(str(loc[-1]), keys, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}keys here: {', '.join(keys)}" if keys else "no such key"


def _deref(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        node = options[0]
    if "$ref" in node:
        return _deref(root["$defs"][node["$ref"].rsplit("/", 1)[1]], root)
    return node


def _step(node: dict[str, Any], part: str | int) -> dict[str, Any]:
    """One part of pydantic's path further down a JSON Schema; {} where that is not known."""
    tagged = node.get("discriminator", {}).get("mapping", {})
    if part in tagged:
        return {"$ref": tagged[part]}
    child = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    child = child or node.get("additionalProperties")
    return child if isinstance(child, dict) else {}
