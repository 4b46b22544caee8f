"""SLIP framing (RFC 1055), as ROM and stub use it: END at both ends of every frame."""

END = b"\xc0"
ESCAPE = b"\xdb"
ESCAPED_END = b"\xdb\xdc"
ESCAPED_ESCAPE = b"\xdb\xdd"

LONGEST_FRAME = 0x8000
"""More bytes between two ENDs are noise: twice a stub's block."""


def encode(payload: bytes) -> bytes:
    """One payload as a frame."""
    escaped = payload.replace(ESCAPE, ESCAPED_ESCAPE).replace(END, ESCAPED_END)
    return END + escaped + END


def decode(body: bytes) -> bytes | None:
    """The payload between two ENDs; None where an escape is broken."""
    pairs = body.count(ESCAPED_END) + body.count(ESCAPED_ESCAPE)
    if body.count(ESCAPE) != pairs:
        return None
    return body.replace(ESCAPED_END, END).replace(ESCAPED_ESCAPE, ESCAPE)


class SlipReader:
    """Collects bytes as they come and gives whole payloads."""

    def __init__(self) -> None:
        self._partial = bytearray()
        self._inside = False

    def feed(self, data: bytes) -> list[bytes]:
        """Every payload that `data` completes, in order; noise between frames is dropped."""
        *ended, rest = data.split(END)
        payloads = [payload for body in ended if (payload := self._end(body))]
        if self._inside:
            self._partial += rest
            if len(self._partial) > LONGEST_FRAME:
                self.clear()
        return payloads

    def _end(self, body: bytes) -> bytes | None:
        """An END came after `body`: it ends a frame that holds something, else opens one."""
        whole = bytes(self._partial) + body if self._inside else b""
        self._partial.clear()
        # Two ENDs side by side: the second one opens the next frame.
        self._inside = not whole
        return decode(whole) if whole else None

    def clear(self) -> None:
        """Drop a partial frame."""
        self._partial.clear()
        self._inside = False
