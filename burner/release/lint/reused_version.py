"""A version that an earlier batch has already used for other units. Pure."""

from collections.abc import Iterable

from burner.core.code import Code
from burner.core.errors import Finding
from burner.release.diff import UnitRecipe, first_differences, recipe_differences


def check_reused_version(
    title: str, now: UnitRecipe, earlier: Iterable[UnitRecipe], at: str
) -> list[Finding]:
    """A warning for each batch of the same product and version whose units are other ones.

    Args:
        title: name and version, `plug-c3 1.2.0`.
        now: how its units are made now.
        earlier: how they were made in each earlier batch.
        at: the place of the version.
    """
    findings = []
    for made in earlier:
        if changes := first_differences(recipe_differences(made, now)):
            differs = f"batch {made.batch} of {title} had another {', '.join(changes)}"
            findings.append(
                Finding(
                    Code.VERSION_MADE_OTHERWISE, at, differs, "a new version for other units", True
                )
            )
    return findings
