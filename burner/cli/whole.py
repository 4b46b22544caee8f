"""A file is there whole, or as it was before."""

from contextlib import suppress
from pathlib import Path


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, then put it in its place.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
