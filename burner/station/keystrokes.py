"""Characters as they come → whole texts. Pure: whoever reads says when each character came.

A scanner types fast and may end with Enter or not; a person types slowly. So a text ends with
Enter or Tab, with a pause after fast characters (a scan), or with a pause after a key that means
something alone (the number of a slot). Anything else waits for Enter.
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
KEY_S = 0.6
"""After so long, a key was meant alone: no more of a text comes."""
NEXT_DIGIT_S = 1.2
"""Where a further digit would mean another slot."""
FORGET_S = 20.0
"""What somebody began to type and left is dropped."""
SHORTEST_SCAN = 4
LONGEST = 1000
"""More than any code holds: noise."""


@dataclass
class Keystrokes:
    """The characters of one keyboard or scanner that are no whole text yet."""

    quiet_s: float = QUIET_S
    shortest: int = SHORTEST_SCAN
    """A text with fewer characters is not taken for a scan without Enter."""
    keys: Collection[str] = field(default=())
    """Texts that count without Enter."""
    _text: str = ""
    _last: float = 0.0
    _is_fast: bool = True

    @property
    def typed(self) -> str:
        """What somebody types and has not ended with Enter; empty while it may be a scan."""
        return "" if self._is_fast else self._text.strip(ESCAPE)

    def feed(self, characters: str, now: float) -> list[str]:
        """More characters came; the texts that are whole now."""
        whole = self.passed(now)
        for character in characters:
            if character in ENDS:
                whole += self._taken()
            elif character in BACKSPACE:
                self._text, self._is_fast = self._text[:-1], False
            elif character == CLEAR:
                self._taken()
            else:
                if not self._text:
                    self._is_fast = True
                elif now - self._last > self.quiet_s / 3:
                    self._is_fast = False
                self._text = (self._text + character)[:LONGEST]
                self._last = now
        return whole

    def passed(self, now: float) -> list[str]:
        """Time passed; the text that is whole by that."""
        quiet_s = now - self._last
        if not self._text or quiet_s < self._ends_after_s():
            return []
        text = self._taken()
        is_sequence = len(text[0]) > 1 and text[0].startswith(ESCAPE)  # an arrow key, or another
        return [] if is_sequence or quiet_s >= FORGET_S else text

    def _ends_after_s(self) -> float:
        text = self._text
        if text in self.keys:
            longer = any(key != text and key.startswith(text) for key in self.keys)
            return NEXT_DIGIT_S if longer else KEY_S
        if self._is_fast and (len(text) >= self.shortest or text.startswith(ESCAPE)):
            return self.quiet_s
        return FORGET_S

    def _taken(self) -> list[str]:
        text, self._text, self._is_fast = self._text, "", True
        return [text] if text else []
