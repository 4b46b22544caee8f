"""The JSON Schema of profiles, with every key described.

The description of a key is the text under its field, in the source. It is read from there only for
the schema, so that no burn has to wait for it.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from burner.core.yaml_schema import StrictModel
from burner.profile.profile import Profile

SchemaNode = Mapping[str, Any]


# -- the schema ----------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema of a profile."""
    whole = Profile.model_json_schema()
    models = {model.__name__: model for model in _subclasses(StrictModel)}
    for name, about in definitions(whole).items():
        for key, text in _descriptions(models[name]).items() if name in models else ():
            about["properties"][key]["description"] = text
    return whole


def definitions(whole: SchemaNode) -> dict[str, Any]:
    """The schema of each kind of mapping, by the name of its model."""
    return {**whole["$defs"], "Profile": whole}


def _descriptions(model: type[StrictModel]) -> dict[str, str]:
    """The text under each field of a class and of its bases, by the key in the file."""
    bases = [base for base in reversed(model.__mro__) if issubclass(base, StrictModel)]
    texts = {field: text for base in bases for field, text in _in_source(base)}
    return {model.model_fields[field].alias or field: text for field, text in texts.items()}


def _in_source(model: type) -> Iterator[tuple[str, str]]:
    try:
        (definition,) = ast.parse(inspect.getsource(model)).body
    except OSError:  # an installation without sources
        return
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - the source of a class
    for field, text in pairwise(definition.body):
        target = field.target if isinstance(field, ast.AnnAssign) else None
        value = text.value if isinstance(text, ast.Expr) else None
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and value.value:
            yield target.id, " ".join(str(value.value).split())


def _subclasses(model: type[StrictModel]) -> Iterator[type[StrictModel]]:
    for subclass in model.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
