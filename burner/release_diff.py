"""What changed from one release to another: settings and parts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; empty text where it is not there at all."""

    what: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference of two indexes of `release.index`: settings first, then parts by name."""
    old, new = (dict(_leaves(index["profile"], "")) for index in (before, after))
    found = _compared(old, new)
    old, new = ({part["name"]: _shown(part) for part in i["parts"]} for i in (before, after))
    return found + [Difference(f"part {d.what}", d.before, d.after) for d in _compared(old, new)]


def _compared(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    names = sorted(old.keys() | new.keys())
    pairs = ((name, old.get(name, ""), new.get(name, "")) for name in names)
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """`carrier.partition` → text, for every value in a tree of settings."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(child, Mapping | list) for child in value):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}[{index}]")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shown(part: Mapping[str, Any]) -> str:
    place = f"{part['offset']:#x}, {part['size']} bytes"
    return f"{place}, {part['class']}, sha256 {part['sha256'][:16]}…"
