"""The product secret, where this computer has it without asking anybody: then it is removed from
what a platform answers.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.core.secrets.secret import Secret
    from burner.profile.profile import Profile


def known_secret(source: Path, profile: "Profile") -> "Secret | None":
    """The secret to which the profile refers: a variable or a file; None: it is not to be had."""
    from burner.core.secrets.reference import SecretSource, parse_reference, resolve

    try:
        if parse_reference(profile.product.secret).source in (SecretSource.ENV, SecretSource.FILE):
            return resolve(profile.product.secret, source.parent)
    except BurnerError:  # the command does without it
        pass
    return None
