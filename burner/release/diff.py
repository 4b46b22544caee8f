"""What changed from one release to another: settings and parts. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from burner.core.segments import Region, Segment

SEAL, DOCUMENTS = "seal", "documents"
NOT_OF_A_UNIT = (
    *("quantity", "quantity_of", "limits", "registration", "reburn", "tests", "route"),
    *(SEAL, DOCUMENTS),
)
"""Settings that make no unit another one, by their name in an index."""
NOT_IN_INDEX: Mapping[str, set[str] | bool] = {
    "product": {"secret"},
    "flash": {"baud", "early_baud"},
    "accept": True,
    "rework": True,
}
"""Settings of a profile that make no unit another one, and that no index holds; true: all of the
section."""


@dataclass(frozen=True)
class Difference:
    """One difference; an empty text where the thing is missing."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        """`part app (sha256 12…; now 34…)`: of several values those that differ."""
        before, after = (text.split(", ") for text in (self.before, self.after))
        if len(before) == len(after):
            pairs = [(b, a) for b, a in zip(before, after, strict=True) if b != a]
            before, after = [b for b, _ in pairs], [a for _, a in pairs]
        return (
            f"{self.what} ({', '.join(before) or 'nothing'}; now {', '.join(after) or 'nothing'})"
        )


MOST_SHOWN = 8
"""Differences that one message names; `burner release diff` shows all."""


def first_differences(changes: Iterable[Difference]) -> list[str]:
    """The first differences as text, and how many more there are."""
    texts = list(map(str, changes))
    more = len(texts) - MOST_SHOWN
    return [*texts[:MOST_SHOWN], f"and {more} more"] if more > 0 else texts


@dataclass(frozen=True)
class UnitRecipe:
    """How the units of a batch were made, or will be, as far as that is on record."""

    release_digest: str
    index: Mapping[str, Any] | None
    """Of the release; None where the record of the batch does not hold it."""
    regions: tuple[Region, ...]
    """Of one unit; without a digest where a region holds the key."""
    key: str
    """Fingerprint of the product secret; empty where it is not known."""
    batch: str = ""


def keyless_regions(segments: Iterable[Segment]) -> tuple[Region, ...]:
    """The regions of a unit, without a digest where they hold the key."""
    return tuple(replace(s.region(), sha256="") if s.confidential else s.region() for s in segments)


def recipe_differences(before: UnitRecipe, now: UnitRecipe) -> list[Difference]:
    """What is not the same in units made now: settings, parts, and the product key."""
    changes: list[Difference] = []
    if before.release_digest != now.release_digest:
        if before.index is not None and now.index is not None:
            changes = [d for d in differences(before.index, now.index) if is_of_a_unit(d.what)]
        else:
            changes = _by_regions(before, now)
    if before.key and now.key and before.key != now.key:
        changes.append(Difference("product key", f"fingerprint {before.key}", now.key))
    return changes


def is_of_a_unit(setting: str) -> bool:
    """Whether another value makes another unit; of the seal it is not known."""
    return re.split(r"[. ]", setting, maxsplit=1)[0] not in NOT_OF_A_UNIT


def _by_regions(before: UnitRecipe, now: UnitRecipe) -> list[Difference]:
    """Of a batch whose record does not hold the index: what one of its units held."""
    keys = {region.name for made in (before, now) for region in made.regions if not region.sha256}
    old, new = (
        {r.name: _shown(_part(r, with_digest=r.name not in keys)) for r in made.regions}
        for made in (before, now)
    )
    changes = [Difference(f"part {d.what}", d.before, d.after) for d in compared(old, new)]
    digests = (f"release {made.release_digest[:16]}…" for made in (before, now))
    return changes or [Difference("setting that is not on record", *digests)]


def _part(region: Region, with_digest: bool) -> Mapping[str, Any]:
    digest = region.sha256 if with_digest else ""
    place = {"offset": region.offset, "size": region.size}
    return {**place, "class": region.kind.value, "sha256": digest}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference of two indexes: settings first, then parts by name, then the seal
    and the documents.
    """
    old, new = (dict(_leaves(index["profile"], "")) for index in (before, after))
    changes = compared(old, new)
    for parts, what in (("parts", "part"), ("route", "route part")):
        old, new = ({p["name"]: _shown(p) for p in i.get(parts, ())} for i in (before, after))
        changes += [Difference(f"{what} {d.what}", d.before, d.after) for d in compared(old, new)]
    old, new = (
        {SEAL: f"with product key {i['sealed']['key']}"} if "sealed" in i else {}
        for i in (before, after)
    )
    changes += compared(old, new)
    old, new = (_document_digests(index) for index in (before, after))
    return changes + compared(old, new)


def _document_digests(index: Mapping[str, Any]) -> dict[str, str]:
    documents = index.get(DOCUMENTS, {})
    return {f"{DOCUMENTS}.{kind}": f"sha256 {sha256[:16]}…" for kind, sha256 in documents.items()}


def settings_of_no_unit(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Of two whole profiles: what differs in the settings that make no unit another one."""
    old, new = (dict(_leaves(_of_no_unit(profile), "")) for profile in (before, after))
    return compared(old, new)


def _of_no_unit(profile: Mapping[str, Any]) -> dict[str, Any]:
    settings = {}
    for section, names in NOT_IN_INDEX.items():
        held = profile.get(section, {})
        settings[section] = (
            {name: held[name] for name in names if name in held} if isinstance(names, set) else held
        )
    return settings


def compared(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """What is not the same, by name."""
    names = sorted(old.keys() | new.keys())
    pairs = ((name, old.get(name, ""), new.get(name, "")) for name in names)
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """`carrier.partition` → text, for every value in a tree of settings.

    What has a name is called by it, wherever it stands in its list: `tests.rf.run`.
    """
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(child, Mapping | list) for child in value):
        names = [child.get("name") if isinstance(child, Mapping) else None for child in value]
        if None not in names and len(set(names)) == len(names):
            yield path, ", ".join(map(str, names))  # their order, and which there are
            for name, child in zip(names, value, strict=True):
                others = {key: value for key, value in child.items() if key != "name"}
                yield from _leaves(others, f"{path}.{name}")
            return
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}[{index}]")
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield path, text.replace("\r", r"\r").replace("\n", r"\n")


def _shown(part: Mapping[str, Any]) -> str:
    place = f"{part['offset']:#x}, {part['size']} bytes"
    digest = f", sha256 {part['sha256'][:16]}…" if part["sha256"] else ""
    confidential = ", confidential" if part.get("confidential") else ""
    return f"{place}, {part['class']}{digest}{confidential}"
