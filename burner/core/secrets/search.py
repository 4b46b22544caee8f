"""Removes product secrets from what a device prints, in every form that a person could read. Pure.

A firmware may print its secret plainly, in another case, as numbers of any base and size, in base64
or base32, escaped, as UTF-16, backwards or with the bytes of its words swapped, and it may break it
over lines and reads. A text is looked at in several views (`text_views`), and each view is searched
in the same way for every form of the secret. Only letters and digits count, in lower case:
separators, quotes, line ends and the NULs of UTF-16 are ignored. A secret that is hidden on purpose
(encrypted, compressed) is not found.
"""

from base64 import b32encode, b32hexencode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress, count
from typing import Final, Never, final

from burner.core.secrets.secret import Secret
from burner.core.secrets.text_views import Span, TextView, views

REMOVED: Final = "[product secret removed]"
"""Stands where the secret stood."""
RUN: Final = 8
"""So many characters of a secret in a row are taken out. Its first 16 bytes are an AES key, so what
may stay must be too little to guess the rest.
"""
WORDS: Final = range(2, 9)
"""Bytes of a word; ESP chips have the lowest one first."""
TAIL: Final = 512
"""Characters that a stream looks back: RUN characters in their longest form, each on a line of its
own behind the head of a log.
"""


def broken_where_removed(text: str) -> str:
    """Cleaned text for a search of IDs: each REMOVED becomes a line end, so that it is part of no
    ID.
    """
    return text.replace(REMOVED, "\n")


_PRINTABLE: Final = bytes(range(0x21, 0x7F))
_ALNUM: Final = bytes(byte for byte in _PRINTABLE if chr(byte).isalnum())
_SAMPLE: Final = 4
"""Characters by which a form is recognised."""
_STEP: Final = RUN - _SAMPLE + 1
"""From one sample of a text to the next: wherever a find begins, it holds one of them whole."""


@final
class SecretSearch:
    """Finds the secrets that it knows. Its text forms do not show them."""

    __slots__ = ("_alphabets", "_removed", "_secrets")

    def __init__(self, *secrets: Secret, removed: str = REMOVED) -> None:
        """Find secrets; `removed` stands where one stood."""
        self._removed = removed
        self._secrets: tuple[Secret, ...] = ()
        self._alphabets: tuple[_Alphabet, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Look for this secret too, from now on; from any thread."""
        if secret in self._secrets:
            return
        secrets = (*self._secrets, secret)
        plain = [secret.reveal() for secret in secrets]
        alphabets = [_Alphabet(_ALNUM, (form for value in plain for form in _forms(value)))]
        if marked := [value for value in plain if not value.isalnum()]:
            orders = (text for value in marked for text in _orders(value))
            alphabets.append(_Alphabet(_PRINTABLE, (_Form(text, RUN) for text in orders)))
        self._secrets, self._alphabets = secrets, tuple(alphabets)

    def __repr__(self) -> str:
        return "SecretSearch(…)"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a SecretSearch is not serialised")

    def clean(self, text: str) -> str:
        """The text, with REMOVED, or what is in its place, wherever a secret stood."""
        return _without(text, self.spans(text), self._removed)

    def spans(self, text: str) -> list[Span]:
        """Where secrets are, ascending; two spans never touch."""
        if not self._secrets:
            return []
        return _joined(span for view in views(text, RUN) for span in self._spans_in(view))

    def stream(self) -> "SecretStream":
        """A cleaner for a text that comes in pieces."""
        return SecretStream(self)

    def _spans_in(self, view: TextView) -> Iterator[Span]:
        for alphabet in self._alphabets:
            for start, end in alphabet.runs(view.text):
                yield view.origin(start)[0], view.origin(end - 1)[1]


@final
class SecretStream:
    """Cleans a text that comes in pieces. A secret that is spread over several pieces is found too.

    A piece is returned at once. So of a secret in several pieces, fewer than RUN characters may
    have passed before it is recognised.
    """

    __slots__ = ("_echoes", "_search", "_tail", "found")

    def __init__(self, search: SecretSearch) -> None:
        self._search = search
        self._tail = ""
        self._echoes = False
        self.found = False
        """Whether a secret has been in it that is no echo."""

    def expect_echo(self, sent: bytes) -> None:
        """Announce bytes that are sent to the device: a secret in them may come back as an echo."""
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
        """The next line, without its end."""
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


def _orders(secret: bytes) -> Iterator[bytes]:
    """Forwards, backwards, and with the bytes of its words swapped, wherever a word begins."""
    yield secret
    yield secret[::-1]
    for size in WORDS:
        for start in range(size):
            words = (secret[at : at + size] for at in range(start, len(secret), size))
            yield b"".join(word[::-1] for word in (secret[:start], *words))


def _forms(secret: bytes) -> Iterator[_Form]:
    for text in _orders(secret):
        yield _Form(text, RUN)
        yield _Form(text.hex().encode(), 2 * RUN)
    for number, least in (("{}", 2), ("{:03}", 3), ("{:03o}", 3)):
        yield _Form("".join(number.format(byte) for byte in secret).encode(), least * RUN)
    for encode, bits, cycle in ((b64encode, 6, 3), (b32encode, 5, 5), (b32hexencode, 5, 5)):
        for lead in range(cycle):
            # characters that share bits with a neighbour of the secret are left out
            text = encode(bytes(lead) + secret)[: 8 * (lead + len(secret)) // bits]
            yield _Form(text[-(-8 * lead // bits) :], 8 * RUN // bits)


class _Alphabet:
    """The characters that count in a group of forms, and these forms.

    A sample of a form is looked up first. The text around it shows how far the form goes.
    """

    def __init__(self, kept: bytes, forms: Iterable[_Form]) -> None:
        self._kept = frozenset(kept.decode())
        self._dropped = bytes(set(range(256)) - set(kept))
        self._places: dict[tuple[int, ...], list[tuple[_Form, int]]] = {}
        for form in forms:
            self._add(_Form(self._fold(form.text), form.least))

    def _add(self, form: _Form) -> None:
        for offset in range(len(form.text) - _SAMPLE + 1):
            sample = tuple(form.text[offset : offset + _SAMPLE])
            self._places.setdefault(sample, []).append((form, offset))

    def _fold(self, data: bytes) -> bytes:
        return data.translate(None, self._dropped).lower()

    def runs(self, text: str) -> Iterator[Span]:
        """The stretches of a text that are parts of a form."""
        runs = list(self._runs(self._fold(text.encode("ascii", "ignore"))))
        if runs:
            places = [place for place, char in enumerate(text) if char in self._kept]
            yield from ((places[start], places[end - 1] + 1) for start, end in runs)

    def _runs(self, text: bytes) -> Iterator[Span]:
        places, done = self._places, 0
        samples = zip(*(text[offset::_STEP] for offset in range(_SAMPLE)), strict=False)
        for at in compress(count(0, _STEP), map(places.__contains__, samples)):
            if at + _SAMPLE <= done:
                continue
            for form, offset in places[tuple(text[at : at + _SAMPLE])]:
                start, end = form.around(text, at, offset)
                if end - start >= form.least:
                    yield start, end
                    done = max(done, end)


# -- spans ----------------------------------------------------------------------------------------


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _without(text: str, spans: Iterable[Span], removed: str = REMOVED) -> str:
    parts, done = list[str](), 0
    for start, end in spans:
        parts += (text[done:start], removed)
        done = end
    return "".join((*parts, text[done:]))
