"""The release that a command names: with the product key where it can be had, else without."""

from pathlib import Path
from typing import TYPE_CHECKING

from burner.cli.questions import asks_product_secret
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.release.release import KeylessRelease


def open_source(source: Path, reference: str) -> "KeylessRelease":
    """Open a profile or release; without the key where nobody says where the secret is.

    Args:
        source: the file.
        reference: where this station keeps the secret: then it must be there, and a person may be
            asked for it. Empty: where the source says, without asking.

    Raises:
        BurnerError: E1xx with every finding; E2xx a release file that is not what was built.
    """
    from burner.core.secrets.reference import NO_SECRET
    from burner.release.opening import open_keyless, open_release

    if reference:
        return open_release(source, ask=asks_product_secret(source.name), reference=reference)
    try:
        return open_release(source)
    except BurnerError as error:
        if error.code not in NO_SECRET:
            raise
        return open_keyless(source)
