"""Characters → whole texts. Pure: the caller gives the time of each character.

A scanner types fast and may end with Enter or not; a person types slowly. So a text ends with Enter
or Tab, with a pause after fast characters (a scan), or with a pause after a key that has a meaning
alone (the number of a slot). Everything else waits for Enter.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

ENDS = "\r\n\t"
ESCAPE = "\x1b"
BACKSPACE = "\x7f\b"
CLEAR = "\x15"
"""Ctrl-U, as in every shell."""
QUIET_S = 0.15
"""After so long without a character, a scan is over. Its characters come three times as fast."""
KEY_SHARE = 0.8
"""After this share of the time a key counts as pressed alone: nobody types faster."""
NEXT_DIGIT_S = 1.2
"""For so long a further digit makes it the key of another slot."""
FORGET_S = 20.0
"""Text that was begun and left is dropped after so long."""
SHORTEST_SCAN = 4
LONGEST = 1000
"""More than any code holds: noise."""


@dataclass
class Keystrokes:
    """The characters of one keyboard or scanner that are not yet a whole text."""

    quiet_s: float = QUIET_S
    shortest: int = SHORTEST_SCAN
    """A text with fewer characters is not taken for a scan without Enter."""
    keys: Collection[str] = field(default=())
    """Texts that count without Enter."""
    _held: str = ""
    """A key that was pressed alone and is not taken yet: a digit may make it a longer one."""
    _text: str = ""
    """What came after that."""
    _last: float = 0.0
    _is_fast: bool = True

    @property
    def typed(self) -> str:
        """What a person has typed so far without Enter; empty for what may be a scan."""
        return self._held + ("" if self._is_fast else self._text.strip(ESCAPE))

    def feed(self, characters: str, now: float) -> list[str]:
        """Take more characters; returns the texts that are whole now."""
        whole = self.passed(now)
        for character in characters:
            if character in ENDS:
                whole += self._taken()
            elif character in BACKSPACE:
                self._text, self._held = (self._held + self._text)[:-1], ""
                self._is_fast = False
            elif character == CLEAR:
                self._taken()
            else:
                whole += self._added(character, now)
        return whole

    def passed(self, now: float) -> list[str]:
        """Take the time; returns the texts that are whole by it."""
        quiet_s = now - self._last
        if not self._held + self._text or quiet_s < self._ends_after_s():
            return []
        first = self._letter_before_key()
        self._text = self._text.removeprefix(first)
        key = self._held + self._text
        if self._text and key in self.keys and self._begins_longer(key):
            self._held, self._text, self._is_fast = key, "", True
            if quiet_s < NEXT_DIGIT_S:
                return [first] if first else []
        text = self._taken()
        if text[0].startswith(ESCAPE) and len(text[0]) > 1:  # an arrow key, or another
            return []
        return [] if quiet_s >= FORGET_S else [*([first] if first else []), *text]

    def _added(self, character: str, now: float) -> list[str]:
        """Take one more character; returns the key before it, if that key was meant alone."""
        if not self._text:
            self._is_fast = True
        elif now - self._last > self.quiet_s / 3:
            self._is_fast = False
        self._text = (self._text + character)[:LONGEST]
        self._last = now
        together = self._held + self._text
        if not self._held or together in self.keys or self._begins_longer(together):
            return []
        key, self._held = self._held, ""
        return [key]

    def _ends_after_s(self) -> float:
        if not self._text:
            return NEXT_DIGIT_S
        if self._held + self._text in self.keys or self._letter_before_key():
            return self.quiet_s * KEY_SHARE
        is_long = len(self._text) >= self.shortest or self._text.startswith(ESCAPE)
        return self.quiet_s if self._is_fast and is_long else FORGET_S

    def _letter_before_key(self) -> str:
        """The R of `r2` that came so fast that time does not tell them apart; else empty."""
        letter, key = self._text[:1], self._text[1:]
        is_pair = letter.isalpha() and letter in self.keys and key in self.keys
        return letter if is_pair else ""

    def _begins_longer(self, text: str) -> bool:
        return any(key != text and key.startswith(text) for key in self.keys)

    def _taken(self) -> list[str]:
        text, self._held, self._text, self._is_fast = self._held + self._text, "", "", True
        return [text] if text else []
