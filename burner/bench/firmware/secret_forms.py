"""The forms in which a firmware may print its product secret: the fault `prints-secret`. Pure."""

import base64
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

SecretForm = Callable[[bytes], bytes]
ByteOrder = Literal["little", "big"]


def _each(form: str, between: str = "") -> SecretForm:
    """Every byte as its number."""
    return lambda secret: between.join(form.format(byte) for byte in secret).encode()


def _in_base64(lead: bytes, encode: SecretForm = base64.b64encode) -> SecretForm:
    """In base64, as part of a longer text."""
    return lambda secret: encode(lead + secret + b"\0")


def _dump(secret: bytes) -> bytes:
    """As ESP-IDF's ESP_LOG_BUFFER_HEX_LEVEL prints it within a structure."""
    data = b"\1" * 11 + secret + b"\0" * (33 - len(secret))
    rows = (data[start : start + 16].hex(" ") for start in range(0, len(data), 16))
    return "\r\n".join(f"I (312) app: {row}" for row in rows).encode()


def _stack(secret: bytes) -> bytes:
    """As ESP-IDF's panic handler prints a stack that holds it, on RISC-V."""
    data = (b"\1" * 6 + secret).ljust(64, b"\0")
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    rows = (" ".join(f"0x{word:08x}" for word in words[at : at + 8]) for at in (0, 8))
    return b"\r\n".join(f"3fc9{n:02x}00: {row}".encode() for n, row in enumerate(rows))


def _numbers(form: str, size: int, order: ByteOrder = "little") -> SecretForm:
    """As numbers of `size` bytes; the last one is filled up with zeros."""

    def printed(secret: bytes) -> bytes:
        words = (secret[at : at + size].ljust(size, b"\0") for at in range(0, len(secret), size))
        return " ".join(form.format(int.from_bytes(word, order)) for word in words).encode()

    return printed


def _offset_dump(offset: str, form: str) -> SecretForm:
    """As `hexdump` and `od` print a file: words of 16 bits after their offset."""
    words = _numbers(form, 2)

    def printed(secret: bytes) -> bytes:
        rows = range(0, len(secret), 16)
        return b"\r\n".join(
            f"{offset.format(at)} ".encode() + words(secret[at : at + 16]) for at in rows
        )

    return printed


def _indexed(form: str, between: str = " ") -> SecretForm:
    """Every byte with its place: `{0}` the place, `{1}` the byte, `{2}` the character."""
    return lambda secret: between.join(
        form.format(place, byte, chr(byte)) for place, byte in enumerate(secret)
    ).encode("latin-1")


def _swapped(size: int) -> SecretForm:
    """With the bytes of each word in reverse order."""
    return lambda secret: b"".join(
        secret[at : at + size][::-1] for at in range(0, len(secret), size)
    )


def _log_lines(secret: bytes) -> bytes:
    """Four characters a line, as a logger with times prints them."""
    pieces = (secret[at : at + 4] for at in range(0, len(secret), 4))
    return b"".join(b"\r\n[12:00:01] " + piece for piece in pieces)


FORMS: Mapping[str, SecretForm] = MappingProxyType(
    {
        "plain": bytes,
        "lower": bytes.lower,
        "upper": bytes.upper,
        "first-16": lambda secret: secret[:16],
        "middle-12": lambda secret: secret[6:18],
        "two-lines": lambda secret: secret[:12] + b"\r\n" + secret[12:],
        "three-lines": lambda secret: b"\r\n".join((secret[:7], secret[7:14], secret[14:])),
        "log-lines": _log_lines,
        "spaced": lambda secret: b" ".join(secret[at : at + 1] for at in range(len(secret))),
        "hex": _each("{:02x}"),
        "hex-upper": _each("{:02X}"),
        "hex-colons": _each("{:02x}", ":"),
        "hex-dashes": _each("{:02X}", "-"),
        "hex-blanks": _each("{:02x}", " "),
        "hex-array": _each("0x{:02x}", ", "),
        "hex-dump": _dump,
        "stack": _stack,
        "decimal": _each("{}", ", "),
        "decimal-zeros": _each("{:03}", " "),
        "decimal-casts": _each("(uint8_t){}", " "),
        "octal": _each("{:o}", " "),
        "octal-c": _each("0{:o}", ", "),
        "octal-0o": _each("0o{:o}", " "),
        "binary": _each("{:08b}", " "),
        "binary-0b": _each("0b{:b}", ", "),
        "words-16": _numbers("0x{:04x}", 2),
        "words-64": _numbers("0x{:016x}", 8),
        "words-64-big": _numbers("{:016x}", 8, "big"),
        "words-16-decimal": _numbers("{}", 2),
        "words-32-decimal": _numbers("{}", 4),
        "words-64-decimal": _numbers("{}", 8),
        "hexdump": _offset_dump("{:07x}", "{:04x}"),
        "od": _offset_dump("{:07o}", "{:06o}"),
        "indexed": _indexed("[{0}]={2}"),
        "indexed-hex": _indexed("[{0}]=0x{1:02x}"),
        "indexed-decimal": _indexed("s[{0}]={1}"),
        "indexed-names": _indexed("b{0}={1:02x}"),
        "indexed-pairs": _indexed("{0}:{2}", ", "),
        "reversed": lambda secret: secret[::-1],
        "swapped-2": _swapped(2),
        "swapped-4": _swapped(4),
        "base32": base64.b32encode,
        "base32-hex": lambda secret: base64.b32hexencode(b"k" + secret),
        "base64": _in_base64(b""),
        "base64-1": _in_base64(b"k"),
        "base64-2": _in_base64(b"k="),
        "base64-url": _in_base64(b"??>", base64.urlsafe_b64encode),
        "utf-16le": lambda secret: secret.decode("latin-1").encode("utf-16-le"),
        "utf-16be": lambda secret: secret.decode("latin-1").encode("utf-16-be"),
        "c-escapes": _each("\\x{:02x}"),
        "perl-escapes": _each("\\x{{{:x}}}"),
        "octal-escapes": _each("\\{:03o}"),
        "json-escapes": _each("\\u{:04x}"),
        "percent": _each("%{:02X}"),
    }
)
"""Name in a bench file → how it is printed."""


def printed(secret: bytes, form: str = "") -> Iterator[bytes]:
    """Lines with the secret in this form, or in every form there is."""
    for name in (form,) if form else FORMS:
        yield f"D (310) app: {name}: ".encode() + FORMS[name](secret)
