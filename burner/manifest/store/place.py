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
    """The place of a manifest: a file of SQLite, or the URL of a server."""

    url: str
    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else make_url(self.url).render_as_string()

    @property
    def name(self) -> str:
        """Its name in the state folder: a file on this computer, or a database without its user."""
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
        BurnerError: E720 for a database that burner does not support, or a URL that is none.
    """
    text = str(url_or_path)
    if "://" not in text:
        path = Path(text)
        return ManifestPlace(f"sqlite:///{path}", path)
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):  # its words may hold a part of the password
        detail = f"{text.partition('://')[0]}://…: not USER:PASSWORD@HOST:PORT/DATABASE"
        raise BurnerError(Code.DATABASE_KIND_UNKNOWN, detail) from None
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return ManifestPlace(text, Path(url.database))
    if url.get_backend_name() == "postgresql":
        return ManifestPlace(url.set(drivername="postgresql+psycopg").render_as_string(False), None)
    raise BurnerError(Code.DATABASE_KIND_UNKNOWN, url.render_as_string())


def place_exists(where: ManifestPlace) -> bool:
    """Whether the file exists; a database of a server is assumed to.

    Pipes and devices are refused: SQLite would wait for them, or make a journal beside them.

    Raises:
        BurnerError: E702 it is not a file, E706 no permission.
    """
    try:
        return where.path is None or is_plain(where.path)
    except PermissionError as error:
        raise BurnerError(Code.MANIFEST_WRITE_DENIED, f"{where}: {error.strerror}") from error
    except OSError as error:
        raise BurnerError(Code.NOT_A_MANIFEST, f"{where}: {error.strerror}") from error


def check_expected_log(where: ManifestPlace, present: str, expected: str = "") -> None:
    """Refuse another log (empty: none) than was here: `expected`, or what this computer knows.

    Raises:
        BurnerError: E710.
    """
    if (before := expected or log_at(where.name)) not in ("", present):
        now = f"now there is {present or 'none'}"
        raise BurnerError(Code.MANIFEST_REPLACED, f"{where}: the log {before} was here; {now}")


def require_existing(where: ManifestPlace) -> None:
    """Refuse a missing manifest, where a command must not make one.

    Raises:
        BurnerError: E701 there is none, E702 it is not a file, E710 the one that this computer
            wrote is gone.
    """
    if not place_exists(where):
        check_expected_log(where, "")
        raise BurnerError(Code.MANIFEST_MISSING, str(where))
