"""Messages on the pipe between a station and its worker: a JSON header line, then raw bytes.

Both directions have the same form: `{"kind": …, "bytes": n, …}`, a newline, n bytes. A payload is
never part of the JSON text: a megabyte needs no encoding, and a secret shows in no header.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

HEADER_LIMIT = 1 << 16
"""Longest header line in bytes; a longer one means that something else wrote to the pipe."""


@dataclass(frozen=True)
class Message:
    """One message: what it is, its fields (JSON values only), its raw bytes."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes = field(default=b"", repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


def send(stream: BinaryIO, message: Message) -> None:
    """Write one message and flush it. Raises OSError when the other side is gone."""
    header = {"kind": message.kind, "bytes": len(message.payload), **message.fields}
    line = json.dumps(header, separators=(",", ":")).encode() + b"\n"
    stream.write(line + message.payload if len(message.payload) < HEADER_LIMIT else line)
    if len(message.payload) >= HEADER_LIMIT:
        stream.write(message.payload)
    stream.flush()


def receive(stream: BinaryIO) -> Message | None:
    """Read one message; None when the other side has closed, even in mid-message.

    Raises:
        ValueError: for a line that is not a header.
    """
    line = stream.readline(HEADER_LIMIT)
    if not line.endswith(b"\n"):
        if len(line) >= HEADER_LIMIT:
            raise ValueError("a header line without an end")
        return None
    header = json.loads(line)
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise ValueError("a line that is not a header")
    kind, size = header.pop("kind"), header.pop("bytes", 0)
    if not isinstance(size, int) or size < 0:
        raise ValueError("a header with an impossible length")
    payload = stream.read(size) if size else b""
    return Message(kind, header, payload) if len(payload) == size else None
