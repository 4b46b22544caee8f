"""Takes product secrets out of what a device prints, in whatever form they are written. Pure.

A firmware may print its secret plainly, in another case, as hex, as the words of a stack dump, in
base64, as a list of numbers, escaped or as UTF-16, and it may break it over lines and reads. A text
is looked at in several views (`text_views`): as it stands, without what stands between the parts of
a dump or before the words of a log, with its escapes undone. Only letters and digits count, in
lower case: separators, quotes, line ends and the NULs of UTF-16 fall away. What is left is searched
for every form of the secret.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, Never, final

from burner.secrets import Secret
from burner.text_views import Span, View, views

REMOVED: Final = "[product secret removed]"
"""Stands where the secret stood."""
RUN: Final = 8
"""So many characters of a secret in a row are taken out. Its first 16 bytes are an AES key, so what
may stay must be too little to guess the rest.
"""
WORD: Final = 4
"""Bytes of a word; ESP chips have the lowest one first."""
TAIL: Final = 512
"""Characters that a stream looks back: RUN characters in their longest form, each on a line of its
own behind the head of a log.
"""


def broken_where_removed(text: str) -> str:
    """Cleaned text for a search of IDs: with a line end in place of each REMOVED, which is none."""
    return text.replace(REMOVED, "\n")


_PRINTABLE: Final = bytes(range(0x21, 0x7F))
_ALNUM: Final = bytes(byte for byte in _PRINTABLE if chr(byte).isalnum())


@final
class SecretSearch:
    """Finds the secrets it knows, and shows them as little as they do themselves."""

    __slots__ = ("_alphabets", "_secrets")

    def __init__(self, *secrets: Secret) -> None:
        self._secrets: tuple[Secret, ...] = ()
        self._alphabets: tuple[_Alphabet, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Look for this one too, from now on; from any thread."""
        if secret in self._secrets:
            return
        secrets = (*self._secrets, secret)
        plain = [each.reveal() for each in secrets]
        forms = [form for each in plain for form in _forms(each)]
        alphabets = [_Alphabet(_ALNUM, forms)]
        if marked := [each for each in plain if not each.isalnum()]:
            alphabets.append(_Alphabet(_PRINTABLE, [_Form(each, RUN) for each in marked]))
        self._secrets, self._alphabets = secrets, tuple(alphabets)

    def __repr__(self) -> str:
        return "SecretSearch(…)"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a SecretSearch is not serialised")

    def clean(self, text: str) -> str:
        """The text, with REMOVED wherever a secret stood."""
        return _without(text, self.spans(text))

    def spans(self, text: str) -> list[Span]:
        """Where secrets stand, ascending, none touching the next."""
        if not self._secrets:
            return []
        return _joined(span for view in views(text) for span in self._spans_in(view))

    def stream(self) -> "SecretStream":
        """What cleans a text that comes in pieces."""
        return SecretStream(self)

    def _spans_in(self, view: View) -> Iterator[Span]:
        for alphabet in self._alphabets:
            for start, end in alphabet.runs(view.text):
                yield view.origin(start)[0], view.origin(end - 1)[1]


@final
class SecretStream:
    """Cleans a text that comes in pieces; a secret that is broken by their borders is found too.

    A piece is given back at once. Of a secret that spans several of them, fewer than RUN
    characters may have passed before it is known for one.
    """

    __slots__ = ("_echoes", "_search", "_tail", "found")

    def __init__(self, search: SecretSearch) -> None:
        self._search = search
        self._tail = ""
        self._echoes = False
        self.found = False
        """Whether a secret has been in it that is no echo."""

    def expect_echo(self, sent: bytes) -> None:
        """What is being sent to where the text comes from: a secret in it may come back."""
        self._echoes = self._echoes or bool(self._search.spans(sent.decode("latin-1")))

    def clean(self, piece: str) -> str:
        """The next piece, with REMOVED where a secret stood."""
        before, text = len(self._tail), self._tail + piece
        spans = [(max(start - before, 0), end - before) for start, end in self._search.spans(text)]
        spans = [span for span in spans if span[1] > 0]
        self.found = self.found or (bool(spans) and not self._echoes)
        self._tail = text[-TAIL:]
        return _without(piece, spans)

    def clean_line(self, line: str) -> str:
        """The next line, given without its end."""
        return self.clean(f"{line}\n").removesuffix("\n")

    def clean_bytes(self, piece: bytes) -> bytes:
        """The next bytes of a dialogue."""
        return self.clean(piece.decode("latin-1")).encode("latin-1")


# -- the forms of a secret ------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class _Form:
    """One way to write a secret."""

    text: bytes
    least: int
    """Characters of it in a row that are a find."""

    def around(self, text: bytes, at: int, offset: int) -> Span:
        """How far `text` agrees with this form, where its `at` is the form's `offset`."""
        start, first = at, offset
        while start and first and text[start - 1] == self.text[first - 1]:
            start, first = start - 1, first - 1
        end, last = at, offset
        while end < len(text) and last < len(self.text) and text[end] == self.text[last]:
            end, last = end + 1, last + 1
        return start, end


def _forms(secret: bytes) -> Iterator[_Form]:
    yield _Form(secret, RUN)
    yield _Form(secret.hex().encode(), 2 * RUN)
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        wide = b"".join(byte.to_bytes(2, order) for byte in secret)
        yield _Form(wide.hex().encode(), 4 * RUN)
    for start in range(WORD):
        words = (secret[at : at + WORD] for at in range(start, len(secret) - WORD + 1, WORD))
        yield _Form("".join(word[::-1].hex() for word in words).encode(), 2 * RUN)
    for lead in range(3):
        # 6 bits a character; those that share bits with a neighbour of the secret are left out
        text = b64encode(bytes(lead) + secret)[: 8 * (lead + len(secret)) // 6]
        yield _Form(text[-(-8 * lead // 6) :], RUN + 2)
    for number, least in (("{}", 2 * RUN), ("{:03o}", 3 * RUN), ("0{:03o}", 4 * RUN)):
        yield _Form("".join(number.format(byte) for byte in secret).encode(), least)


class _Alphabet:
    """The characters that count, and forms written in them alone.

    A text is searched for pieces of the forms, half as long as a find: wherever in a form a find
    begins, it holds one of them whole. What stands around a piece shows how far it goes.
    """

    def __init__(self, kept: bytes, forms: Iterable[_Form]) -> None:
        self._kept = frozenset(kept.decode())
        self._dropped = bytes(set(range(256)) - set(kept))
        self._places: dict[bytes, list[tuple[_Form, int]]] = {}
        for form in forms:
            self._add(_Form(self._fold(form.text), form.least))
        self._sizes = sorted({len(piece) for piece in self._places})
        self._begins = _beginning_of(self._places)

    def _add(self, form: _Form) -> None:
        size = form.least // 2
        for offset in range(0, len(form.text) - size + 1, size):
            self._places.setdefault(form.text[offset : offset + size], []).append((form, offset))

    def _fold(self, data: bytes) -> bytes:
        return data.translate(None, self._dropped).lower()

    def runs(self, text: str) -> Iterator[Span]:
        """Where a form stands."""
        runs = list(self._runs(self._fold(text.encode("ascii", "ignore"))))
        if runs:
            places = [place for place, char in enumerate(text) if char in self._kept]
            yield from ((places[start], places[end - 1] + 1) for start, end in runs)

    def _runs(self, text: bytes) -> Iterator[Span]:
        piece = self._begins.search(text)
        while piece:
            at = piece.start()
            beyond = at + 1
            for form, offset in self._at(text, at):
                start, end = form.around(text, at, offset)
                if end - start >= form.least:
                    yield start, end
                    beyond = max(beyond, end - self._sizes[0] + 1)
            piece = self._begins.search(text, beyond)

    def _at(self, text: bytes, at: int) -> Iterator[tuple[_Form, int]]:
        for size in self._sizes:
            yield from self._places.get(text[at : at + size], ())


def _beginning_of(pieces: Iterable[bytes]) -> re.Pattern[bytes]:
    """Where one of them begins. By their first bytes, which costs a third of trying each."""
    choices = [
        re.escape(first) + b"(?:" + b"|".join(re.escape(piece[1:]) for piece in group) + b")"
        for first, group in groupby(sorted(pieces), key=lambda piece: piece[:1])
    ]
    return re.compile(b"|".join(choices) if choices else b"(?!)")


# -- spans ----------------------------------------------------------------------------------------


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _without(text: str, spans: Iterable[Span]) -> str:
    parts, done = list[str](), 0
    for start, end in spans:
        parts += (text[done:start], REMOVED)
        done = end
    return "".join((*parts, text[done:]))
