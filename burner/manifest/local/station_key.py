"""The key by which a station signs the heads of a log, and its enrolment."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from burner.manifest.entries.kinds import AnyEntry, Head, KeyEnrolled, LogBegun
from burner.manifest.fold.keys import RUN, STATION, enrolment, may_enrol
from burner.manifest.fold.rows import KeyRow
from burner.manifest.local.token import RunSigner
from burner.manifest.log.note import NoteSigner

MakeSigner = Callable[[str], NoteSigner]
"""Gives the station's key under the name of a log; makes one when it has none."""
Stamp = Callable[[], dict[str, str]]
"""Gives `at`, `nonce` and `station` of a new record."""
Sponsors = Callable[[str], Iterable[NoteSigner]]
"""Gives other keys of this computer, which may enrol the station's key."""


def long_term_key(signer: NoteSigner) -> NoteSigner:
    """The key that a person enrols: for a run key, the key in the token."""
    return signer.sponsor if isinstance(signer, RunSigner) else signer


class Beginning(NamedTuple):
    """What the first record of a new log says."""

    continues: tuple[Head, ...] = ()
    """The last known heads of the logs that it replaces."""
    operator: str = ""
    reason: str = ""


class StationKey:
    """The key of one station in one log."""

    def __init__(self, station: str, make: MakeSigner, sponsors: Sponsors, stamp: Stamp) -> None:
        self._station, self._make, self._sponsors, self._stamp = station, make, sponsors, stamp
        self._signer: NoteSigner | None = None

    @property
    def signer(self) -> NoteSigner:
        """Signs the heads, after `use_log` or `begin`."""
        assert self._signer is not None  # noqa: S101 - see above
        return self._signer

    def sign_with(self, signer: NoteSigner) -> None:
        """Sign the next heads with another key."""
        self._signer = signer

    def begin(self, begins: Beginning) -> tuple[str, str, list[AnyEntry]]:
        """The beginning of a new log. Call it before the transaction: a token may be used.

        Returns:
            Its origin, its origin key, and its first records.
        """
        origin = f"burner/{token_hex(8)}"
        signer = self._signer = self._make(origin)
        root = str(long_term_key(signer).key)
        facts = {**self._stamp(), **begins._asdict()}
        entries: list[AnyEntry] = [LogBegun(**facts, origin=origin, key=root)]
        if isinstance(signer, RunSigner):
            entries.append(self._enrolment(origin, signer.sponsor))
        return origin, root, entries

    def use_log(self, origin: str) -> None:
        """Sign under the name of a log that exists."""
        if self._signer is None or self._signer.key.name != origin:
            self._signer = self._make(origin)

    def renew(self, origin: str, now: datetime) -> bool:
        """Make the next run key where the present one ends soon; whether it did."""
        if not isinstance(self._signer, RunSigner) or not self._signer.ends_soon(now):
            return False
        self._signer = self._make(origin)
        return True

    def enrolment(self, origin: str, rows: Mapping[str, KeyRow]) -> KeyEnrolled | None:
        """The record that enrols this key, by an enrolled key at hand; None: there is none, or this
        key is enrolled already.
        """
        signer = self.signer
        if signer.key.id.hex() in rows:
            return None
        own = [signer.sponsor] if isinstance(signer, RunSigner) else []
        for sponsor in (*own, *self._sponsors(origin)):
            if may_enrol(rows.get(sponsor.key.id.hex())):
                return self._enrolment(origin, sponsor)
        return None

    def _enrolment(self, origin: str, sponsor: NoteSigner) -> KeyEnrolled:
        signer = self.signer
        until = ""
        if isinstance(signer, RunSigner) and sponsor == signer.sponsor:
            until = signer.until
        return enrolment(
            origin,
            sponsor,
            key=signer.key,
            role=RUN if until else STATION,
            until=until,
            owner=self._station,
            reason="" if until else "by another key of this computer",
            **self._stamp(),
        )
