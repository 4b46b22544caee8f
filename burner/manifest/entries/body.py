"""The canonical body of a record: one JSON text for each record, to the byte.

`write` makes it; `read` is the only parser, for our own and for foreign bytes.
"""

import msgspec

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.entry import Entry
from burner.manifest.entries.errors import not_as_signed
from burner.manifest.entries.kinds import AnyEntry, OutcomeEntry
from burner.manifest.entries.values import is_plain_value

MAX_BODY = 60_000
"""Bytes. An entry of tlog-tiles is shorter than 64 KiB; of long evidence the digest is recorded."""

_DECODER = msgspec.json.Decoder(AnyEntry)
_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical_json(value: object) -> str:
    """Plain values as canonical JSON."""
    return _ENCODER.encode(value).decode()


def write(entry: Entry) -> bytes:
    """The canonical body.

    Raises:
        BurnerError: E759 it is longer than `MAX_BODY`, or a text in it than `read` accepts.
    """
    body = _ENCODER.encode(entry)
    if len(body) > MAX_BODY:
        detail = f"a record of {len(body)} bytes; at most {MAX_BODY}"
        raise BurnerError(Code.RECORD_TOO_LONG, detail)
    try:
        _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise BurnerError(Code.RECORD_TOO_LONG, str(error)) from None
    return body


def read(body: bytes, number: int | None = None) -> AnyEntry:
    """A record from its body.

    Args:
        body: bytes of any origin.
        number: of the record in its log, for errors; None: not known.

    Raises:
        BurnerError: E713 it is no record of burner, or not canonical.
    """
    what = "the record" if number is None else f"record {number}"
    if len(body) > MAX_BODY:
        raise not_as_signed(f"{what}: a record of {len(body)} bytes; at most {MAX_BODY}")
    try:
        entry: AnyEntry = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise not_as_signed(f"{what}: {error}") from None
    if _ENCODER.encode(entry) != body:
        raise not_as_signed(f"{what}: the body is not in its canonical form, or lacks a field")
    free: object = getattr(entry, "plan", None)
    if isinstance(entry, OutcomeEntry):
        free = entry.result.evidence
    if free is not None and not is_plain_value(free):
        raise not_as_signed(f"{what}: the body holds a number that is not an exact integer")
    return entry
