"""Looks for a secret in anything that was left behind, in every shape it may have leaked in."""

import base64
import re
from collections.abc import Iterator

LEAST = 12
"""Characters in a row that count as a leak."""


def shapes(secret: str) -> Iterator[tuple[str, bytes]]:
    """How a part of the secret looks in letters and digits, and what that shape is called."""
    for start in range(len(secret) - LEAST + 1):
        part = secret[start : start + LEAST].encode()
        yield "plain", part
        yield "hex", part.hex().encode()
        yield "hex of UTF-16", part.decode().encode("utf-16-le").hex().encode()
        words = (part[at : at + 4][::-1] for at in range(0, len(part), 4))
        yield "words", b"".join(words).hex().encode()
        yield "backwards", part[::-1]
        for size in (2, 4, 8):
            starts = range(0, len(part) - size + 1, size)
            yield "swapped", b"".join(part[at : at + size][::-1] for at in starts)
        yield "decimal", "".join(map(str, part)).encode()
        yield "octal", "".join(f"{byte:03o}" for byte in part).encode()
        for lead in range(5):
            coded = base64.b32encode(bytes(lead) + part), base64.b32hexencode(bytes(lead) + part)
            yield from (("base32", text[8 if lead else 0 : -8]) for text in coded)
        for lead in range(3):
            whole = base64.b64encode(bytes(lead) + part)
            yield "base64", whole[4 if lead else 0 : -4]


def views(data: bytes) -> Iterator[bytes]:
    """What was left, its escapes undone, without heads of lines, without `0x`; and each of these
    in letters and digits."""
    hexed = re.sub(rb"\\+(?:x|u00)\{?([0-9a-f]{2})\}?|%([0-9a-f]{2})", _byte, data, flags=re.I)
    octal = re.sub(rb"\\+([0-7]{3})", lambda m: bytes((int(m[1], 8) & 0xFF,)), data)
    words = re.sub(rb"[\r\n]+\[[^\]\n]*\] ", b"", data)
    for view in (data, hexed, octal, words, data.lower().replace(b"0x", b"")):
        yield view.lower()
        yield re.sub(rb"[^0-9A-Za-z]+", b"", view).lower()
    yield re.sub(rb"[a-z]*\[?\d+\]?[=:]|[^0-9a-z]", b"", data.lower())
    for base in (2, 8, 10, 16):
        yield b"".join(_number(word, base) for word in re.findall(rb"\w+", data)).lower()


def _number(word: bytes, base: int) -> bytes:
    """What a number is made of, but for the zeros and all else that no text has."""
    try:
        number = int(word.decode("ascii"), base)
    except ValueError:
        return b""
    whole = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes(byte for byte in whole if chr(byte).isalnum() and byte < 0x7F)


def _byte(escape: re.Match[bytes]) -> bytes:
    return bytes((int(escape[1] or escape[2], 16),))


def leaks(data: bytes, *secrets: str) -> list[str]:
    """The shapes in which at least twelve characters of a secret are in the data."""
    seen = list(views(data))
    every = (shape for secret in secrets for shape in shapes(secret))
    return sorted({name for name, shape in every if any(shape.lower() in view for view in seen)})
