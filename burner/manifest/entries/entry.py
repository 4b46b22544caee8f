"""What all kinds of records have in common: their fields, and the forms of values."""

import secrets
from typing import Annotated

from msgspec import Meta, Struct

VERSION = 1

_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}"
UtcTime = Annotated[str, Meta(pattern=rf"^{_DAY}T{_TIME}Z\Z")]
OptionalUtcTime = Annotated[str, Meta(pattern=rf"^(?:{_DAY}T{_TIME}Z)?\Z")]
Hex = Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{2})*\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
RecordNumber = Annotated[int, Meta(ge=0)]
"""Of a record in its log, from 0: its leaf index."""
NonNegative = Annotated[int, Meta(ge=0)]
MAX_TEXT = 1000
"""Characters that people type: operator, reason and the like."""
ShortText = Annotated[str, Meta(max_length=MAX_TEXT)]


class Data(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a record: every field is always there."""


class Entry(Data, tag_field="kind", frozen=True, kw_only=True):
    """The fields of every record. A text that does not apply is empty."""

    at: UtcTime
    """When the station wrote it, by the station's clock. The log has the order."""
    batch: str = ""
    nonce: Nonce
    """128 random bits: nobody can guess a record from its hash."""
    product_id: str = ""
    station: str
    unit_id: str = ""
    """Base MAC."""
    v: Annotated[int, Meta(ge=VERSION, le=VERSION)] = VERSION


def new_nonce() -> str:
    """The nonce of a new record."""
    return secrets.token_hex(16)
