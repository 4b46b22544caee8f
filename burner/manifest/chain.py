"""The chain of a station: heads, hashes, and the pure check of a sequence of records.

    digest = SHA-256(body)                hash = SHA-256(hash of the record before + digest)

both over lower-case hex text, and the first record's "hash before" is that of the chain's own
name (manifest id and station), so a chain cannot be passed off as another's. Two steps, so that
an export may withhold a body of somebody else's batch and still prove the order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import orjson

from burner.manifest.canonical import VERSION


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
    """`seq` of the attempt's first record; 0 for a record of no attempt."""
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


@dataclass(frozen=True)
class Flaw:
    """The first bad place of a chain."""

    station: str
    seq: int
    what: str

    def __str__(self) -> str:
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


def head_text(head: Head) -> str:
    """The head as it ends the body: the keys are sorted already."""
    return orjson.dumps(dict(zip(KEYS, (*head, VERSION), strict=True))).decode()


def ends_with(body: str, head: Head) -> bool:
    """Whether a body's head is exactly this one.

    `head` sorts behind `data`, so a canonical body ends with its head: comparing text compares
    every column at once, without parsing.
    """
    return body.endswith(f',"head":{head_text(head)}}}')


def check(rows: Iterable[Row], before: str, seq: int = 0) -> Iterator[Row | Flaw]:
    """Recompute a chain; yields each good row, and ends with a Flaw at the first bad one.

    Args:
        rows: the records of one station in their order.
        before: hash of the record before the first row (`genesis` at the start).
        seq: number of the record before the first row.
    """
    for row in rows:
        flaw = _flaw(row, before, seq)
        if flaw:
            yield Flaw(row.head.station, row.head.seq, flaw)
            return
        before, seq = row.hash, row.head.seq
        yield row


def _flaw(row: Row, before: str, seq: int) -> str:
    head = row.head
    if head.seq != seq + 1 and not (head.kind == Kind.RESTORED and head.seq > seq):
        return f"record {seq + 1} is missing" if head.seq > seq else "out of order"
    if link(before, digest(row.body)) != row.hash:
        return "body and hash do not fit the record before: edited, removed, inserted or moved"
    if not ends_with(row.body, head):
        return "a column says something else than the body"
    return ""


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()


KEYS = (*Head._fields, "v")
