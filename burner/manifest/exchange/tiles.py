"""The log as static files (C2SP tlog-tiles), for any web server."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.manifest.exchange.log_file import head_for_proof
from burner.manifest.exchange.new_folder import new_folder
from burner.manifest.log.tree import TILE_HEIGHT
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import body_of, stored_bodies
from burner.manifest.store.hashes import TableHashes

WIDTH = 1 << TILE_HEIGHT
"""Hashes, or entries, of a full tile."""


def tile_path(number: int, width: int = WIDTH) -> str:
    """`x001/x234/067`, and `.p/<width>` behind it for a partial tile."""
    digits = f"{number % 1000:03}"
    while number := number // 1000:
        digits = f"x{number % 1000:03}/{digits}"
    return digits if width == WIDTH else f"{digits}.p/{width}"


def export_tiles(
    reader: ManifestReader, folder: Path, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the log into a new folder.

    Args:
        reader: of the manifest.
        folder: must not exist, or be empty.
        progress: gets the number of further records that were written.

    Returns:
        Records in the log.

    Raises:
        BurnerError: E713 the manifest is damaged, E729 the folder cannot be written, E736 it holds
            something.
    """
    with (
        new_folder(folder, refused=Code.OUTPUT_FILE_UNWRITABLE) as part,
        reader.connection() as connection,
    ):
        head, note = head_for_proof(connection, None)
        for name, data, count in _files(connection, head.size):
            path = part / "tile" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            progress(count)
        (part / "checkpoint").write_text(note, encoding="utf-8", newline="\n")
        return head.size


def _files(connection: Connection, size: int) -> Iterator[tuple[str, bytes, int]]:
    """Name, bytes, and number of records of each file."""
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        rows = stored_bodies(connection, first, first + width)
        bodies = (body_of(*row) for row in rows)
        bundle = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
        yield f"entries/{tile_path(first // WIDTH, width)}", bundle, width
    hashes, level = TableHashes(connection), 0
    while count := size >> level:
        for first in range(0, count, WIDTH):
            width = min(WIDTH, count - first)
            tile = b"".join(hashes.hashes(level, first, first + width))
            yield f"{level // TILE_HEIGHT}/{tile_path(first // WIDTH, width)}", tile, 0
        level += TILE_HEIGHT
