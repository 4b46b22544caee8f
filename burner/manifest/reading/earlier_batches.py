"""Earlier batches of a version whose units are other ones."""

from collections.abc import Sequence

from burner.core.errors import Finding
from burner.manifest.reading.reader import ManifestReader
from burner.profile.profile import Profile
from burner.release.diff import Made
from burner.release.lint.accepted_warnings import accepted
from burner.release.lint.reused_version import same_version_made_otherwise


def warn_of_reused_version(
    reader: ManifestReader, profile: Profile, made: Made
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
    warnings = same_version_made_otherwise(profile.title, made, earlier, at)
    return accepted(warnings, profile.accept)
