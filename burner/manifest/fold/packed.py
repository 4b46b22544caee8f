"""Rows of one type as bytes: what a manifest of millions of units is folded into, in memory.

A row takes about a quarter of what its tuple would. Texts of which there are few are numbered, a
MAC has 6 bytes, the rest is MessagePack.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from burner.manifest.fold.rows import KEY_FIELDS

R = TypeVar("R", bound=tuple[Any, ...])

MANIFOLD = ("device_name", "value", "declared_rework", "begun_rework")
"""Texts that are another one in almost every row."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


class PackedRows(Generic[R]):
    """A dictionary of rows by their keys."""

    def __init__(self, kind: type[R]) -> None:
        self._kind: Any = kind
        self._width = KEY_FIELDS[kind]
        self._plain = [
            hint is not str or name in MANIFOLD for name, hint in kind.__annotations__.items()
        ]
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []
        self._rows: dict[bytes, bytes] = {}
        self._values: dict[bytes, bytes] = {}
        """Short values, each once."""

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: Sequence[Any]) -> R | None:
        """The row with a key."""
        packed = self._rows.get(self._pack(key, 0))
        if packed is None:
            return None
        row: R = self._kind(*key, *self._unpack(packed, self._width))
        return row

    def put(self, row: R) -> None:
        """A row is there from now on."""
        value = self._pack(row[self._width :], self._width)
        if len(value) < 4:
            value = self._values.setdefault(value, value)
        self._rows[self._pack(row[: self._width], 0)] = value

    def drop(self, key: Sequence[Any]) -> None:
        """A row is there no more."""
        self._rows.pop(self._pack(key, 0), None)

    def __iter__(self) -> Iterator[R]:
        for key, value in self._rows.items():
            yield self._kind(*self._unpack(key, 0), *self._unpack(value, self._width))

    def _pack(self, values: Sequence[Any], first: int) -> bytes:
        return _encode(
            [
                value if plain else self._number(value)
                for value, plain in zip(values, self._plain[first:], strict=False)
            ]
        )

    def _number(self, text: str) -> int | bytes:
        if len(text) == 17 and text[2] == ":":
            try:
                raw = bytes.fromhex(text.replace(":", ""))
            except ValueError:
                raw = b""
            if raw.hex(":") == text:
                return raw
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def _unpack(self, packed: bytes, first: int) -> Iterator[Any]:
        for value, plain in zip(_decode(packed), self._plain[first:], strict=False):
            if plain:
                yield value
            else:
                yield value.hex(":") if isinstance(value, bytes) else self._texts[value]
