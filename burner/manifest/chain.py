"""The chain of a station: heads, hashes, and the pure check of one record after another.

    digest = SHA-256(body)                hash = SHA-256(hash of the record before + digest)

both over lower-case hex text, and the first record's "hash before" is that of the chain's own
name (manifest id and station), so a chain cannot be passed off as another's. Two steps, so that
an export may withhold a body of somebody else's batch and still prove the order.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import orjson

from burner.manifest.canonical import VERSION, loads


class Kind(StrEnum):
    """What a record says."""

    INTENT = "intent"
    """A unit is about to be written; takes its name and its place in the batch."""
    CLAIM = "claim"
    """A name bound after the intent."""
    OUTCOME = "outcome"
    """How an attempt ended."""
    BATCH = "batch"
    """A batch was opened or closed."""
    CHECKPOINT = "checkpoint"
    """The head of the chain, signed."""
    KEY = "key"
    """A signing key was made, replaced or withdrawn."""
    CORRECTION = "correction"
    """A person's word on a unit: rework, scrap, void."""
    AUDIT = "audit"
    """The result of checking a unit against its record."""
    RESTORED = "restored"
    """A person acknowledged that an old copy of the manifest was restored."""
    CLOCK = "clock"
    """A person answered for a clock that had run ahead: the only record that may be earlier than
    the one before it, whose moment its data says again (`was`)."""
    BEGUN = "begun"
    """A person answered for a new manifest where this computer had written another."""
    IMPORTED = "imported"
    """The chain of another manifest was taken in."""


class Head(NamedTuple):
    """The part of a body that stands in columns too, in the order of its keys."""

    at: str
    batch: str
    claims: int
    """1 where this record took the name for its unit."""
    device_name: str
    intent: int
    """`seq` of the attempt's first record; of a record that stands alone, its own."""
    kind: str
    manifest: str
    outcome: str
    product_id: str
    seq: int
    station: str
    unit_id: str


class Row(NamedTuple):
    """A record as it is stored: its head in columns, its body, its hash."""

    head: Head
    body: str
    hash: str


Columns = tuple[str, str, int, str, int, str, str, str, int, str, str | bytes, str]
"""A stored record as one plain tuple: the head without manifest and station, body (as text or as
UTF-8), hash."""

COLUMNS = (
    *(field for field in Head._fields if field not in ("manifest", "station")),
    "body",
    "hash",
)


@dataclass(frozen=True)
class Flaw:
    """The first bad place of a chain."""

    station: str
    """Empty = no station's: the manifest as a whole."""
    seq: int
    what: str

    def __str__(self) -> str:
        if not self.station:
            return self.what
        return f"station {self.station}, record {self.seq}: {self.what}"


def genesis(manifest: str, station: str) -> str:
    """What stands before the first record of a chain."""
    return _hex(orjson.dumps([manifest, station]))


def digest(body: str) -> str:
    """SHA-256 of a body, as hex."""
    return _hex(body.encode())


def link(before: str, body_digest: str) -> str:
    """The hash of a record, from the hash before it and the digest of its body."""
    return _hex((before + body_digest).encode())


class ChainCheck:
    """The pure check of one chain, a record at a time. Made for millions of them."""

    def __init__(self, manifest: str, station: str, before: str = "", seq: int = 0) -> None:
        self.manifest, self.station = manifest, station
        self.hash = before or genesis(manifest, station)
        """Hash of the last good record."""
        self.seq = seq
        """Its number."""
        self.at = ""
        """When it was written; empty = not known."""

    def take(self, row: Columns) -> str:
        """Check the next record; empty when it is good, else what is wrong with it."""
        at, batch, claims, name, intent, kind, outcome, product, seq, unit, body, stored = row
        if seq != self.seq + 1 and not (kind == Kind.RESTORED and seq > self.seq):
            return f"record {self.seq + 1} is missing" if seq > self.seq else "out of order"
        text = body if isinstance(body, bytes) else body.encode()
        found = sha256((self.hash + sha256(text).hexdigest()).encode()).hexdigest()
        if found != stored:
            return "does not fit the record before it: edited, removed, inserted or moved"
        # `head` sorts behind `data`, so a canonical body ends with its head: comparing text
        # compares every column at once, without parsing.
        head = {
            "at": at,
            "batch": batch,
            "claims": claims,
            "device_name": name,
            "intent": intent,
            "kind": kind,
            "manifest": self.manifest,
            "outcome": outcome,
            "product_id": product,
            "seq": seq,
            "station": self.station,
            "unit_id": unit,
            "v": VERSION,
        }
        if not text.endswith(orjson.dumps({"head": head})[1:]):
            return "a column says something else than the body"
        if at < self.at and not (kind == Kind.CLOCK and self._answered(text)):
            return f"is dated {at}, before the record before it ({self.at})"
        self.hash, self.seq, self.at = found, seq, at
        return ""

    def _answered(self, text: bytes) -> bool:
        """Whether a `clock` says the moment that it goes back from."""
        return bool(loads(text)["data"].get("was") == self.at)


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()
