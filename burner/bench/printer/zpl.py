"""Reads labels in ZPL as a strict printer: what is unknown, wrong or off the label is an error.

It is written against the ZPL II manual, not against what burner sends.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_COMMAND = re.compile(r"\^(A@|A[A-Z0-9]|[A-Z]{2})([^^~]*)")
_LARGEST = 32000


class ZplError(Exception):
    """What a printer would print wrongly, or not at all."""


@dataclass(frozen=True)
class PrintedField:
    """One field of a label, as the printer understood it."""

    kind: str
    """`text`, `qr`, `datamatrix`, `code128`."""
    text: str
    left: int
    top: int
    dots: int
    """Height of letters; dots of a module of a code."""


@dataclass(frozen=True)
class PrintedLabel:
    """One label that came out."""

    width: int
    height: int
    fields: tuple[PrintedField, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """What a scanner reads from it."""
        return tuple(one.text for one in self.fields if one.kind != "text")


@dataclass
class _Field:
    """A field while it is read."""

    origin: tuple[int, int] | None = None
    kind: str = ""
    dots: int = 0
    escape: str = ""
    control: str = ""
    data: str | None = None


@dataclass
class _Reader:
    """Reads the commands of one label in their order."""

    width: int = 0
    height: int = 0
    is_utf8: bool = False
    module: int = 2
    quantity: int = 1
    fields: list[PrintedField] = field(default_factory=list)
    current: _Field = field(default_factory=_Field)

    def take(self, name: str, text: str) -> None:
        if name.startswith("A"):
            self._font(name, text)
            return
        handler = _HANDLERS.get(name)
        if handler is None:
            raise ZplError(f"^{name} is not known")
        if name != "FD":
            text = text.rstrip("\r\n")
        handler(self, text)

    def finish(self) -> PrintedLabel:
        if self.current != _Field():
            raise ZplError("a field has no ^FS")
        if not (self.width and self.height and self.fields):
            raise ZplError("no ^PW, no ^LL, or no field")
        return PrintedLabel(self.width, self.height, tuple(self.fields))

    # -- of the label ----------------------------------------------------------------------------

    def _encoding(self, text: str) -> None:
        if text != "28":
            raise ZplError(f"^CI{text}: not UTF-8")
        self.is_utf8 = True

    def _print_width(self, text: str) -> None:
        self.width = _number("PW", text, 2, _LARGEST)

    def _label_length(self, text: str) -> None:
        self.height = _number("LL", text, 1, _LARGEST)

    def _home(self, text: str) -> None:
        if text != "0,0":
            raise ZplError(f"^LH{text}: another home than 0,0")

    def _quantity(self, text: str) -> None:
        if text.split(",", maxsplit=1)[0] != "1":
            raise ZplError(f"^PQ{text}: not one label")

    # -- of a field ------------------------------------------------------------------------------

    def _origin(self, text: str) -> None:
        left, top = _numbers("FO", text, 2)
        if not (0 <= left < self.width and 0 <= top < self.height):
            raise ZplError(f"^FO{text}: off the label")
        if self.current != _Field():
            raise ZplError("^FO in a field")
        self.current.origin = (left, top)

    def _font(self, name: str, text: str) -> None:
        parts = text.split(",")
        if parts[0] != "N" or len(parts) != (4 if name == "A@" else 3):
            raise ZplError(f"^{name}{text}: orientation, height, width expected")
        self._begin("text", _number(name, parts[1], 10, _LARGEST))

    def _bar_default(self, text: str) -> None:
        self.module = _number("BY", text, 1, 10)

    def _code128(self, text: str) -> None:
        orientation, height, line, above, check, mode = _exactly("BC", text, 6)
        if (orientation, line, above, check, mode) != ("N", "N", "N", "N", "A"):
            raise ZplError(f"^BC{text}")
        _number("BC", height, 1, _LARGEST)
        self._begin("code128", self.module)

    def _qr(self, text: str) -> None:
        orientation, model, magnification = _exactly("BQ", text, 3)
        if (orientation, model) != ("N", "2"):
            raise ZplError(f"^BQ{text}")
        self._begin("qr", _number("BQ", magnification, 1, 100))

    def _datamatrix(self, text: str) -> None:
        orientation, height, quality, *rest = text.split(",")
        if (orientation, quality) != ("N", "200") or rest[:3] != ["", "", ""] or len(rest) != 4:
            raise ZplError(f"^BX{text}")
        self._begin("datamatrix", _number("BX", height, 1, _LARGEST))
        self.current.control = rest[3]

    def _begin(self, kind: str, dots: int) -> None:
        if self.current.origin is None or self.current.kind:
            raise ZplError(f"a {kind} without ^FO, or two in a field")
        self.current.kind, self.current.dots = kind, dots

    def _hexadecimal(self, text: str) -> None:
        self.current.escape = text or "_"
        if len(self.current.escape) != 1:
            raise ZplError(f"^FH{text}")

    def _data(self, text: str) -> None:
        if self.current.data is not None or not self.current.kind:
            raise ZplError("^FD twice, or without a kind of field")
        self.current.data = _decoded(text, self.current.escape)
        if not self.current.data.isascii() and not self.is_utf8:
            raise ZplError("UTF-8 without ^CI28")

    def _separator(self, text: str) -> None:
        if text:
            raise ZplError(f"^FS{text}")
        current, self.current = self.current, _Field()
        if current.origin is None or not current.data:
            raise ZplError("a field without origin or data")
        data = _content(current)
        self.fields.append(PrintedField(current.kind, data, *current.origin, current.dots))


_HANDLERS: dict[str, Callable[[_Reader, str], None]] = {
    "CI": _Reader._encoding,
    "PW": _Reader._print_width,
    "LL": _Reader._label_length,
    "LH": _Reader._home,
    "PQ": _Reader._quantity,
    "FO": _Reader._origin,
    "BY": _Reader._bar_default,
    "BC": _Reader._code128,
    "BQ": _Reader._qr,
    "BX": _Reader._datamatrix,
    "FH": _Reader._hexadecimal,
    "FD": _Reader._data,
    "FS": _Reader._separator,
}


def read_labels(data: bytes) -> tuple[PrintedLabel, ...]:
    """The labels in what a printer got.

    Raises:
        ZplError: it is no whole label, or another printer might print something else.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise ZplError("bytes that are no ASCII, and not escaped") from None
    return tuple(_labels(text))


def _labels(text: str) -> Iterator[PrintedLabel]:
    place, reader = 0, None
    while place < len(text):
        match = _COMMAND.match(text, place)
        if match is None:
            raise ZplError(f"no command at byte {place}: {text[place : place + 12]!r}")
        place = match.end()
        name, rest = match[1], match[2]
        if name == "XA":
            if reader is not None or rest.strip():
                raise ZplError("^XA in a label")
            reader = _Reader()
        elif reader is None:
            raise ZplError(f"^{name} outside of a label")
        elif name == "XZ":
            if rest.strip():
                raise ZplError("text after ^XZ")
            yield reader.finish()
            reader = None
        else:
            reader.take(name, rest)
    if reader is not None:
        raise ZplError("a label without ^XZ")


def _content(current: _Field) -> str:
    """What the code or the text holds."""
    data = current.data or ""
    if current.kind == "qr":
        match = re.fullmatch(r"[HQML]A,(.+)", data)
        if match is None:
            raise ZplError(f"{data!r}: a QR code begins with its error correction, A and a comma")
        return match[1]
    if current.kind == "code128" and (">" in data or not data.isascii()):
        raise ZplError(f"{data!r}: a command or no ASCII in a Code 128")
    if current.kind == "datamatrix" and (current.control in data or not data.isascii()):
        raise ZplError(f"{data!r}: a control sequence or no ASCII in a Data Matrix")
    return data


def _decoded(text: str, escape: str) -> str:
    """Field data with its escapes as bytes of UTF-8."""
    if not escape:
        return text
    first, *rest = text.split(escape)
    raw = bytearray(first.encode())
    for part in rest:
        if not re.match("[0-9A-Fa-f]{2}", part):
            raise ZplError(f"{escape}{part[:2]}: two hex digits expected")
        raw += bytes.fromhex(part[:2]) + part[2:].encode()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ZplError("escapes that are no UTF-8") from None


def _number(name: str, text: str, low: int, high: int) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not low <= int(text) <= high:
        raise ZplError(f"^{name}: {text!r} is no number from {low} to {high}")
    return int(text)


def _numbers(name: str, text: str, count: int) -> list[int]:
    return [_number(name, part, 0, _LARGEST) for part in _exactly(name, text, count)]


def _exactly(name: str, text: str, count: int) -> list[str]:
    parts = text.split(",")
    if len(parts) != count:
        raise ZplError(f"^{name}{text}: {count} parameters expected")
    return parts
