"""Earlier batches of a version whose units are other ones."""

from collections.abc import Sequence

from burner.core.errors import Finding
from burner.manifest.reading.reader import ManifestReader
from burner.profile.profile import Profile
from burner.release.diff import UnitRecipe
from burner.release.lint.accepted_warnings import accepted
from burner.release.lint.reused_version import check_reused_version


def warn_of_reused_version(
    reader: ManifestReader, profile: Profile, made: UnitRecipe
) -> Sequence[Finding]:
    """A warning for each earlier batch of the same version whose units are other ones.

    Args:
        reader: of the manifest.
        profile: of the units that are made now.
        made: how they are made.

    Raises:
        BurnerError: E7.
    """
    earlier = reader.made_before(profile.title, profile.product.id)
    at = profile.place("product", "version")
    warnings = check_reused_version(profile.title, made, earlier, at)
    return accepted(warnings, profile.accept)
