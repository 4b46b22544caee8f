"""Which manifest this computer has written at a place, kept in the user's state folder.

A manifest that is gone would be replaced by a new, empty one that knows no name: a disk that is
not mounted, a folder that was cleaned up. So whoever opens a manifest to write leaves its identity
under the name of its place, and the next one compares.
"""

import json
import os
import platform
from hashlib import sha256
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from burner.errors import BurnerError
from burner.manifest.canonical import dumps
from burner.manifest.database import Place, is_there
from burner.manifest.local.marks import marks_of
from burner.manifest.local.state import state_folder, write_durably


class Remembered:
    """What this computer remembers of one place."""

    def __init__(self, where: Place) -> None:
        self._where, self._name = where, _name(where)

    def manifest(self) -> str:
        """Which manifest was written here; empty: none, or nothing was ever recorded in it."""
        kept = self._kept()
        return kept if kept and marks_of(kept) else ""

    def keep(self, manifest: str) -> None:
        """Remember which manifest is here.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        if self._kept() == manifest:
            return
        text = dumps({"manifest": manifest, "place": self._name})
        try:
            write_durably(self._path, text.encode())
        except OSError as error:
            # Another station of this computer may be leaving the same note; Windows refuses then.
            if self._kept() != manifest:
                raise BurnerError("E717", f"{self._path}: {error.strerror}") from error

    def expect(self, there: str) -> None:
        """Refuse another manifest, or none (empty), where this computer has written one.

        Raises:
            BurnerError: E710.
        """
        if self.manifest() not in ("", there):
            raise self.refusal(there)

    def refusal(self, there: str) -> BurnerError:
        """E710: another manifest, or none, where one was written.

        Args:
            there: which one is there; empty = none.
        """
        gone = self.manifest()
        marks = marks_of(gone).items()
        ends = ", ".join(f"{station} up to record {mark.seq}" for station, mark in marks)
        now = f"now there is {there}" if there else "now there is none"
        detail = f"{self._where}: this computer has written manifest {gone} here ({ends}); {now}"
        begin = "to begin anew on purpose: burner manifest acknowledge new"
        return BurnerError("E710", f"{detail}; {begin}")

    @property
    def _path(self) -> Path:
        return state_folder() / "places" / f"{sha256(self._name.encode()).hexdigest()[:32]}.json"

    def _kept(self) -> str:
        try:
            return str(json.loads(self._path.read_text(encoding="utf-8"))["manifest"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""


def must_exist(where: Place) -> None:
    """What is no reason to make a manifest: whoever corrects, signs or withdraws means one.

    Raises:
        BurnerError: E701 there is none, E702 no file, E706 not to be looked at, E710 there was one
            that this computer wrote.
    """
    if is_there(where):
        return
    Remembered(where).expect("")
    raise BurnerError("E701", str(where))


def _name(where: Place) -> str:
    """A file on this computer (the state folder may be copied to others), or a database."""
    if where.path:
        return f"{platform.node()}:{os.path.normcase(where.path.absolute())}"
    url = make_url(where.url)
    plain = URL.create(
        url.drivername, host=url.host, port=url.port, database=url.database, query=url.query
    )
    return plain.render_as_string()
