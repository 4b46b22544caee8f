"""A consistent copy of a manifest while stations write to it."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from burner.core.atomic_file import sync_folder
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.engine import read_only
from burner.manifest.store.place import ManifestPlace, manifest_place
from burner.manifest.verify.checks import Verification
from burner.manifest.verify.database import verify
from burner.manifest.verify.stored_log import RecordsChecked

PAGES = 1000
"""Pages that are copied at once; writers may write between."""


def backup(
    source: str | Path, target: Path, progress: RecordsChecked = lambda _: None
) -> Verification:
    """Copy a SQLite manifest as of one moment, and verify the copy.

    Raises:
        BurnerError: E701 there is none, E720 it is on a server, which has its own backup, E736 the
            target exists; other E7.
    """
    where = manifest_place(source)
    if where.path is None:
        detail = f"{where}: use the server's own backup, pg_dump"
        raise BurnerError(Code.DATABASE_KIND_UNKNOWN, detail)
    if target.exists():
        raise BurnerError(Code.TARGET_EXISTS, str(target))
    ManifestReader(where).close()
    part = target.with_name(target.name + ".part")
    try:
        # An error of writing names the copy, not the manifest.
        part.write_bytes(b"")
        _copy(where, part)
        with ManifestReader.open(part) as reader, reader.connection() as connection:
            verification = verify(connection, progress=progress)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{target}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return verification


def _copy(where: ManifestPlace, part: Path) -> None:
    """Copy all pages as of one moment."""
    assert where.path is not None  # noqa: S101 - asked by the caller
    with (
        translated_errors(where),
        closing(read_only(where.path)) as original,
        closing(sqlite3.connect(part)) as copy,
    ):
        original.backup(copy, pages=PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
