"""A document with mistakes, checked as far as possible: a stand-in replaces what is wrong.

One mistake, or a value that is still to be filled in, must not hide the others. So the rules that
come later are checked too. Findings about a stand-in are left out, and so are findings about the
part that it lies in.
"""

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import ValidationError

from burner.core.errors import Finding
from burner.core.validation_findings import findings_of, place_in
from burner.core.yaml_document import Document, FieldPath
from burner.core.yaml_schema import M

MAX_ROUNDS = 20
ANY = "*"
"""Any index of a list, in the path of a stand-in."""

StandIns = Mapping[tuple[str, ...], Any]
"""Path → a value that is allowed there. Where a path has none, what can be left out is."""


@dataclass(frozen=True)
class FilledDocument(Generic[M]):
    """A document as a model, with stand-ins for its mistakes."""

    value: M | None
    """None where no stand-ins could help."""
    findings: tuple[Finding, ...]
    stand_ins: frozenset[FieldPath]
    """Where one stands, or something was left out."""

    def holds(self, *path: str | int) -> bool:
        """Whether a field is the document's own."""
        return not is_under(path, self.stand_ins)


def fill_in(
    document: Document, model: type[M], code: str, stand_ins: StandIns
) -> FilledDocument[M]:
    """Validate a document, and find as much as possible."""
    data = deepcopy(document.data)
    changed: set[FieldPath] = set()
    findings: list[Finding] = []
    for _ in range(MAX_ROUNDS):
        try:
            value = model.model_validate(data)
        except ValidationError as error:
            errors = [
                (place_in(data, detail), detail) for detail in error.errors(include_url=False)
            ]
        else:
            return FilledDocument(value, tuple(findings), frozenset(changed))
        errors.sort(key=lambda placed: document.line(*placed[0]))
        for path, detail in errors:
            if not _follows(path, changed):
                findings += findings_of(document, model, detail, code)
        now: set[FieldPath] = set()
        for path, _ in errors:
            if not is_under(path, now):
                now |= _put_right(data, path, changed, stand_ins)
        if not now:
            break
        changed |= now
    return FilledDocument(None, tuple(findings), frozenset(changed))


def is_under(path: FieldPath, others: Iterable[FieldPath]) -> bool:
    """Whether a path is one of the others, or lies in one of them."""
    return any(path[: len(other)] == other for other in others)


def _follows(path: FieldPath, stand_ins: Iterable[FieldPath]) -> bool:
    """Whether an error is about a stand-in, or about the part that it lies in."""
    return is_under(path, stand_ins) or any(stand_in[:-1] == path for stand_in in stand_ins)


def _put_right(
    data: Any, path: FieldPath, changed: Collection[FieldPath], stand_ins: StandIns
) -> set[FieldPath]:
    """Put a stand-in at a path, or leave out what lies there, or around it; the path that was
    changed.
    """
    while path:
        parent, key = _at(data, path[:-1]), path[-1]
        wanted = tuple(ANY if isinstance(part, int) else part for part in path)
        if isinstance(parent, dict | list) and wanted in stand_ins and path not in changed:
            parent[key] = deepcopy(stand_ins[wanted])  # type: ignore[index]
            return {path}
        if isinstance(parent, dict) and key in parent:
            del parent[key]
            return {path}
        path = path[:-1]
    return set()


def _at(data: Any, path: FieldPath) -> Any:
    for part in path:
        data = data[part]
    return data
