"""Where a manifest is: a path (SQLite) or a URL (`postgresql+psycopg://…`, `sqlite:///…`)."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import is_plain
from burner.manifest.local.places import log_at


@dataclass(frozen=True)
class ManifestPlace:
    """A manifest's place: a file of SQLite, or a server's URL."""

    url: str
    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else make_url(self.url).render_as_string()

    @property
    def name(self) -> str:
        """What it is remembered by: a file on this computer, or a database without its user."""
        if self.path:
            return f"{platform.node()}:{os.path.normcase(self.path.absolute())}"
        url = make_url(self.url)
        plain = URL.create(
            url.drivername, host=url.host, port=url.port, database=url.database, query=url.query
        )
        return plain.render_as_string()


def manifest_place(url_or_path: str | Path) -> ManifestPlace:
    """Read a path or URL.

    Raises:
        BurnerError: E720 for a URL of a database that burner does not speak.
    """
    text = str(url_or_path)
    if "://" not in text:
        path = Path(text)
        return ManifestPlace(f"sqlite:///{path}", path)
    try:
        url = make_url(text)
    except exc.ArgumentError as error:
        raise BurnerError(Code.DATABASE_KIND_UNKNOWN, str(error)) from error
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return ManifestPlace(text, Path(url.database))
    if url.get_backend_name() == "postgresql":
        return ManifestPlace(url.set(drivername="postgresql+psycopg").render_as_string(False), None)
    raise BurnerError(Code.DATABASE_KIND_UNKNOWN, url.render_as_string())


def place_exists(where: ManifestPlace) -> bool:
    """Whether the file is there; a server's database is taken to be.

    What is no file is refused: SQLite would wait for a pipe, and make its journal beside a device.

    Raises:
        BurnerError: E702 it is no file, E706 this account may not look.
    """
    try:
        return where.path is None or is_plain(where.path)
    except PermissionError as error:
        raise BurnerError(Code.MANIFEST_WRITE_DENIED, f"{where}: {error.strerror}") from error
    except OSError as error:
        raise BurnerError(Code.NOT_A_MANIFEST, f"{where}: {error.strerror}") from error


def refuse_missing_log(where: ManifestPlace) -> None:
    """A manifest that is not there, although this computer wrote one, is not made anew.

    Raises:
        BurnerError: E710.
    """
    if gone := log_at(where.name):
        raise BurnerError(
            Code.MANIFEST_REPLACED, f"{where}: the log {gone} was here; now there is none"
        )


def require_existing(where: ManifestPlace) -> None:
    """What is no reason to make a manifest: whoever corrects, signs or withdraws means one.

    Raises:
        BurnerError: E701 there is none, E702 it is no file, E710 there was one that this
            computer wrote.
    """
    if not place_exists(where):
        refuse_missing_log(where)
        raise BurnerError(Code.MANIFEST_MISSING, str(where))
