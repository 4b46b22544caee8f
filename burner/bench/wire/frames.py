"""The wire format between a `sim://` port and the bench: frames in one order over one socket.

A frame is its kind (1 byte), the length of its payload (u32, little endian) and the payload.
The client opens with HELLO; the bench answers with a frame of kind ANSWER. Everything the client
does to its port travels in the same order as its bytes, so a reset pulse is never early or late.
"""

import struct
from enum import IntEnum

HELLO = b"burner-sim/1\n"
"""First bytes of a client; anything else is RFC 2217 or a plain byte stream."""

WINDOW = 32 * 1024
"""Bytes a client may have under way before write() blocks: the transmit buffer of an OS."""

MAX_PAYLOAD = 1 << 20
_HEADER = struct.Struct("<BI")


class FrameKind(IntEnum):
    """What a frame means."""

    DATA = 1
    """Both ways: bytes of the serial line."""
    LINES = 2
    """To the bench: bit 0 DTR, bit 1 RTS."""
    BAUD = 3
    """To the bench: u32, bits per second of the host's side."""
    PURGE = 4
    """To the bench: bit 0 what goes to the host, bit 1 what the host has sent."""
    FLUSH = 5
    """To the bench, and back when every byte before it is on the chip."""
    TAKEN = 6
    """To the client: u32, so many more bytes have left the transmit buffer."""
    ANSWER = 7
    """To the client, once: `ok`, `busy` or `absent`."""


class FrameError(ValueError):
    """The other side does not speak this format."""


def pack(kind: FrameKind, payload: bytes = b"") -> bytes:
    """One frame as bytes."""
    return _HEADER.pack(kind, len(payload)) + payload


def pack_number(kind: FrameKind, value: int) -> bytes:
    """One frame whose payload is a u32."""
    return pack(kind, value.to_bytes(4, "little"))


def number(payload: bytes) -> int:
    """The u32 of a payload."""
    return int.from_bytes(payload[:4], "little")


class FrameReader:
    """Collects bytes, gives whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[FrameKind, bytes]]:
        """Add received bytes; the frames that are complete now, in order.

        Raises:
            FrameError: for a kind or a length that no frame has.
        """
        buffer = self._buffer
        buffer += data
        frames: list[tuple[FrameKind, bytes]] = []
        at = 0
        while len(buffer) - at >= _HEADER.size:
            kind, size = _HEADER.unpack_from(buffer, at)
            if size > MAX_PAYLOAD or not FrameKind.DATA <= kind <= FrameKind.ANSWER:
                raise FrameError(f"kind {kind}, {size} bytes")
            end = at + _HEADER.size + size
            if len(buffer) < end:
                break
            frames.append((FrameKind(kind), bytes(buffer[at + _HEADER.size : end])))
            at = end
        del buffer[:at]
        return frames
