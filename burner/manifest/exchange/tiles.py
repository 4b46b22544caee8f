"""The log as static files (C2SP tlog-tiles): any web server, or none, can serve the folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.exchange.log_file import evidence
from burner.manifest.log.tree import TILE_HEIGHT
from burner.manifest.reader import Reader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.tables import OWN, records

WIDTH = 1 << TILE_HEIGHT
"""Hashes, or entries, of a full tile."""


def tile_path(number: int, width: int = WIDTH) -> str:
    """`x001/x234/067`, and `.p/<width>` behind it for a partial tile."""
    digits = f"{number % 1000:03}"
    while number := number // 1000:
        digits = f"x{number % 1000:03}/{digits}"
    return digits if width == WIDTH else f"{digits}.p/{width}"


def export_tiles(
    reader: Reader, folder: Path, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the log as it is into a new folder.

    Args:
        reader: of the manifest.
        folder: made here; must not exist, or be empty.
        progress: told how many more records were written.

    Returns:
        Records in the log.

    Raises:
        BurnerError: E713 the manifest is damaged, E729 the folder cannot be written, E736 it holds
            something.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise BurnerError("E736", str(folder))
        with reader.connection() as connection:
            head, note = evidence(connection, reader, None)
            size = head.size
            for name, data, count in _files(connection, size):
                path = folder / "tile" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                progress(count)
            (folder / "checkpoint").write_text(note, encoding="utf-8", newline="\n")
            return size
    except OSError as error:
        raise BurnerError("E729", f"{folder}: {error.strerror}") from None


def _files(connection: Connection, size: int) -> Iterator[tuple[str, bytes, int]]:
    """Name, bytes, and how many records a file holds."""
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        bodies = _bodies(connection, first, width)
        bundle = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
        yield f"entries/{tile_path(first // WIDTH, width)}", bundle, width
    hashes, level = TableHashes(connection), 0
    while count := size >> level:
        for first in range(0, count, WIDTH):
            width = min(WIDTH, count - first)
            tile = b"".join(hashes.hashes(level, first, first + width))
            yield f"{level // TILE_HEIGHT}/{tile_path(first // WIDTH, width)}", tile, 0
        level += TILE_HEIGHT


def _bodies(connection: Connection, first: int, width: int) -> list[bytes]:
    query = (
        select(records.c.body)
        .where(records.c.log == OWN)
        .where(records.c.number >= first, records.c.number < first + width)
        .order_by(records.c.number)
    )
    return [body.encode() for body in connection.execute(query).scalars()]
