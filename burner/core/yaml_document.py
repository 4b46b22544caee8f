"""YAML written by people → plain values, and the line of each.

Values mean what they look like (the rules of YAML 1.2, not 1.1): `no` is text, `0123` is text,
`12:30` is text, only `true` and `false` are booleans. A decimal such as `1.10` is a number, so a
field that wants text asks for quotes; it keeps its text (`WrittenFloat`), so a field that wants all
of its digits has them. Size, depth and the number of values behind aliases are limited, because the
files come from other people.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from burner.core.errors import BurnerError, Finding, refuse
from burner.core.plain_file import read_plain

MAX_FILE_BYTES = 256 * 1024
MAX_VALUES = 10_000
MAX_DEPTH = 20

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file as plain values, and the line of each of them."""

    name: str
    """The path as given, so that a terminal can open it."""
    data: Any
    lines: Mapping[FieldPath, int] = field(repr=False)
    texts: Mapping[FieldPath, str] = field(repr=False)
    """Scalars as written."""
    flaws: tuple[Finding, ...] = ()
    """What is wrong with the YAML itself, where it could be read all the same."""

    def place(self, *path: str | int) -> str:
        """`file:line field` of a field; the line of the nearest parent where it is missing."""
        return f"{self.name}:{self.line(*path)} {dotted(path)}".rstrip()

    def line(self, *path: str | int) -> int:
        """The line of a field, or of its nearest parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: FieldPath) -> str:
    """`images[0].file`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read(path: Path, code: str, *, flawed: bool = False) -> Document:
    """Read a YAML file; `flawed` as in `parse`.

    Raises:
        BurnerError: `code`, with a finding for everything wrong with the file itself.
    """
    try:
        text = read_plain(path, MAX_FILE_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise _one(code, str(path), f"cannot be read: {error.strerror}", "a file") from None
    except UnicodeDecodeError:
        raise _one(code, str(path), "is not UTF-8 text", "YAML in UTF-8") from None
    return parse(text, str(path), code, flawed=flawed)


def parse(text: str, name: str, code: str, *, flawed: bool = False) -> Document:
    """Read YAML text.

    Args:
        text: of the whole file.
        name: stands for the file in findings.
        code: of the findings.
        flawed: return a document also where a key occurs twice and the like, with its `flaws`.

    Raises:
        BurnerError: `code`, with a finding for everything wrong with the text itself.
    """
    if len(text) > MAX_FILE_BYTES:
        raise _one(code, name, "is too large", f"at most {MAX_FILE_BYTES} bytes")
    reader = _NodeReader(name, code)
    try:
        root = yaml.compose(text, _Loader)
        data = reader.value(root, (), 0) if root is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        # A composer's complaint repeats the text after `*` or `!`, which might be a secret.
        what = "an alias" if isinstance(error, yaml.composer.ComposerError) else error.problem
        raise _one(code, f"{name}:{line}", f"is not YAML: {what}", "") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _one(code, name, "is not YAML", "printable text, moderately nested") from None
    if not flawed:
        refuse(reader.findings)
    return Document(name, data, reader.lines, reader.texts, tuple(reader.findings))


class WrittenFloat(float):
    """A decimal of a YAML file, with the text that its author wrote: a float loses digits."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Of the text in the file."""
        number = super().__new__(cls, text)
        number.text = str(text)
        return number


class _Loader(yaml.SafeLoader):
    """Composes nodes only; resolves plain scalars by the YAML 1.2 core rules."""


_DIGITS = list("-+0123456789.")
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", _DIGITS),
    ("float", _FLOAT, _DIGITS),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


class _NodeReader:
    """Turns composed nodes into values, and remembers the line of each."""

    def __init__(self, name: str, code: str) -> None:
        self.name = name
        self.code = code
        self.findings: list[Finding] = []
        self.lines: dict[FieldPath, int] = {}
        self.texts: dict[FieldPath, str] = {}
        self._values = 0

    def value(self, node: yaml.Node, path: FieldPath, depth: int) -> Any:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise ValueError("too deep or too much behind aliases")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: FieldPath, depth: int) -> dict[Hashable, Any]:
        entries: dict[Hashable, Any] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or not _is_text(key.value):
                self._complain(path, line, "a key is not text", "plain names as keys")
                continue
            here = (*path, key.value)
            if key.value in entries:
                before = self.lines[here]
                self._complain(here, line, f"occurs twice, first in line {before}", "each key once")
                continue
            self.lines[here] = line
            entries[key.value] = self.value(item, here, depth + 1)
        return entries

    def _scalar(self, node: yaml.Node, path: FieldPath) -> Any:
        text = str(node.value)
        self.texts[path] = text
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 16 if text.startswith("0x") else 10)
            case "float":
                return WrittenFloat(text)
            case "str" if _is_text(text):
                return text
            case "str":
                self._complain(
                    path, node.start_mark.line + 1, "is not Unicode text", "valid Unicode"
                )
                return None
        self._complain(path, node.start_mark.line + 1, "has a tag (`!…`)", "plain values")
        return None

    def _complain(self, path: FieldPath, line: int, found: str, allowed: str) -> None:
        place = f"{self.name}:{line} {dotted(path)}".rstrip()
        self.findings.append(Finding(self.code, place, found, allowed))


def _is_text(text: str) -> bool:
    r"""Whether the text has a UTF-8 form. An escape such as `\ud800` makes half a character."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _one(code: str, place: str, found: str, allowed: str) -> BurnerError:
    return BurnerError(code, f"{place}: {found}", (Finding(code, place, found, allowed),))
