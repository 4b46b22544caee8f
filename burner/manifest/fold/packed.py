"""Rows of one type as bytes: what a manifest of millions of units is folded into, in memory.

A row takes about a quarter of what its tuple would. Texts of which there are few are numbered, a
MAC has 6 bytes, the rest is MessagePack.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from burner.manifest.fold.rows import KEY_FIELDS

R = TypeVar("R", bound=tuple[Any, ...])

MANIFOLD = ("device_name", "value", "declared_rework", "begun_rework")
"""Texts that are another one in almost every row."""

FRESH = 2048
"""Rows of a type that are not packed yet, at most."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


@lru_cache(maxsize=4 * FRESH)
def _mac(text: str) -> bytes:
    """The bytes of a MAC in its one form; empty: it is none."""
    try:
        raw = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return b""
    return raw if raw.hex(":") == text else b""


class PackedRows(Generic[R]):
    """A dictionary of rows by their keys."""

    def __init__(self, kind: type[R]) -> None:
        self._kind: Any = kind
        self._width = KEY_FIELDS[kind]
        texts = [
            at
            for at, (name, hint) in enumerate(kind.__annotations__.items())
            if hint is str and name not in MANIFOLD
        ]
        self._in_key = [at for at in texts if at < self._width]
        """Places of texts that are numbered."""
        self._in_value = [at - self._width for at in texts if at >= self._width]
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []
        self._rows: dict[bytes, bytes] = {}
        self._values: dict[bytes, bytes] = {}
        """Short values, each once."""
        self._fresh: dict[tuple[Any, ...], R] = {}
        """Rows as they are, until they are packed: most change again soon."""

    def __len__(self) -> int:
        self._settle()
        return len(self._rows)

    def get(self, key: tuple[Any, ...]) -> R | None:
        """The row with a key."""
        fresh = self._fresh.get(key)
        if fresh is not None:
            return fresh
        packed = self._rows.get(self._pack(key, self._in_key))
        if packed is None:
            return None
        row: R = self._kind(*key, *self._unpack(packed, self._in_value))
        return row

    def holds(self, row: R) -> bool:
        """Whether exactly this row is there."""
        fresh = self._fresh.get(row[: self._width])
        if fresh is not None:
            return fresh == row
        key, value = row[: self._width], row[self._width :]
        return self._rows.get(self._pack(key, self._in_key)) == self._pack(value, self._in_value)

    def put(self, row: R) -> None:
        """A row is there from now on."""
        self._fresh[row[: self._width]] = row
        if len(self._fresh) >= FRESH:
            self._settle()

    def drop(self, key: tuple[Any, ...]) -> None:
        """A row is there no more."""
        self._fresh.pop(key, None)
        if self._rows:
            self._rows.pop(self._pack(key, self._in_key), None)

    def __iter__(self) -> Iterator[R]:
        self._settle()
        for key, value in self._rows.items():
            yield self._kind(*self._unpack(key, self._in_key), *self._unpack(value, self._in_value))

    def _settle(self) -> None:
        """Pack what is fresh."""
        for key, row in self._fresh.items():
            value = self._pack(row[self._width :], self._in_value)
            if len(value) < 4:
                value = self._values.setdefault(value, value)
            self._rows[self._pack(key, self._in_key)] = value
        self._fresh.clear()

    def _pack(self, values: Sequence[Any], texts: Sequence[int]) -> bytes:
        packed = list(values)
        for at in texts:
            packed[at] = self._number(packed[at])
        return _encode(packed)

    def _number(self, text: str) -> int | bytes:
        number = self._numbers.get(text)
        if number is not None:
            return number
        if len(text) == 17 and (raw := _mac(text)):
            return raw
        number = self._numbers[text] = len(self._texts)
        self._texts.append(text)
        return number

    def _unpack(self, packed: bytes, texts: Sequence[int]) -> list[Any]:
        values = _decode(packed)
        for at in texts:
            value = values[at]
            values[at] = value.hex(":") if isinstance(value, bytes) else self._texts[value]
        return values
