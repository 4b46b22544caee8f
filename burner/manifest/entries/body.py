"""The canonical body of a record: JSON that is the same, byte for byte, wherever it is made.

`write` makes it; `read` is the one parser, of our own and of foreign bytes.
"""

import msgspec

from burner.manifest.entries.kinds import AnyEntry, Entry, Outcome
from burner.manifest.entries.values import is_plain

MAX_BODY = 60_000
"""Bytes. An entry of tlog-tiles is shorter than 64 KiB; long evidence goes by its digest."""

_DECODER = msgspec.json.Decoder(AnyEntry)
_ENCODER = msgspec.json.Encoder(order="sorted")


class EntryError(ValueError):
    """Bytes that are no record of burner, or not in their one form."""


def canonical_json(value: object) -> str:
    """Plain values as the one JSON text that bodies have."""
    return _ENCODER.encode(value).decode()


def write(entry: Entry) -> bytes:
    """The canonical body.

    Raises:
        EntryError: it is longer than `MAX_BODY`.
    """
    body = _ENCODER.encode(entry)
    if len(body) > MAX_BODY:
        raise EntryError(f"a record of {len(body)} bytes; at most {MAX_BODY}")
    return body


def read(body: bytes) -> AnyEntry:
    """A record from its body.

    Raises:
        EntryError: with what is wrong.
    """
    if len(body) > MAX_BODY:
        raise EntryError(f"a record of {len(body)} bytes; at most {MAX_BODY}")
    try:
        entry: AnyEntry = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EntryError(str(error)) from None
    if _ENCODER.encode(entry) != body:
        raise EntryError("the body is not in its canonical form, or lacks a field")
    free: object = getattr(entry, "plan", None)
    if isinstance(entry, Outcome):
        free = entry.result.evidence
    if free is not None and not is_plain(free):
        raise EntryError("the body holds a number that is no exact integer")
    return entry
