"""`constraints.txt` names one version of every package that a station runs on."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
STATION_EXTRAS = ("board", "cloud", "emulator", "parquet", "postgres", "token")
HOW = "CONTRIBUTING.md says how constraints.txt is made"


def constraints() -> Iterator[Requirement]:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield Requirement(line)


def pins() -> dict[str, str]:
    """Version by package, of all systems."""
    return {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in constraints()}


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [
        Requirement(text)
        for text in (*project["dependencies"], *(t for e in STATION_EXTRAS for t in extras[e]))
    ]


def required() -> Iterator[tuple[str, Requirement]]:
    """Who requires what, on this system, down to the last package of the pinned versions."""
    waiting = [
        ("burner", requirement)
        for requirement in declared()
        if not requirement.marker or requirement.marker.evaluate()
    ]
    seen = set()
    while waiting:
        asker, requirement = waiting.pop()
        if (asker, str(requirement)) in seen:
            continue
        seen.add((asker, str(requirement)))
        yield asker, requirement
        name = canonicalize_name(requirement.name)
        there = distribution(name)
        if there.version != pins().get(name):
            continue  # another version may require other packages
        for inner in map(Requirement, there.requires or ()):
            extras = requirement.extras or {""}
            if not inner.marker or any(inner.marker.evaluate({"extra": e}) for e in extras):
                waiting.append((name, inner))


def test_a_constraint_is_one_exact_version() -> None:
    for pin in constraints():
        (only,) = pin.specifier
        assert only.operator == "==", pin
        assert not only.version.endswith("*"), pin
        assert not pin.url
        assert not pin.extras


def test_no_package_is_named_twice() -> None:
    names = [canonicalize_name(pin.name) for pin in constraints()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_a_station_can_have_what_the_project_asks_for(requirement: Requirement) -> None:
    pin = pins().get(canonicalize_name(requirement.name))
    assert pin, HOW
    assert requirement.specifier.contains(pin), HOW


def test_what_the_packages_require_is_pinned_too_and_fits() -> None:
    for asker, requirement in required():
        pin = pins().get(canonicalize_name(requirement.name))
        assert pin, f"{requirement.name}, which {asker} requires, is not pinned: {HOW}"
        assert requirement.specifier.contains(pin, prereleases=True), f"{asker}: {requirement}"
