"""A head as a short code on paper."""

import base64
from dataclasses import dataclass

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.log.checkpoint import Checkpoint

CODE_BYTES = 10
"""Of the root: 80 bits, 16 letters on paper."""


@dataclass(frozen=True)
class PaperHead:
    """A head as written on paper: `1234 ABCD-EFGH-IJKL-MNOP`."""

    size: int
    code: str

    @classmethod
    def of(cls, head: Checkpoint) -> "PaperHead":
        """The short code of a head."""
        letters = base64.b32encode(head.root[:CODE_BYTES]).decode()
        return cls(head.size, "-".join(letters[at : at + 4] for at in range(0, 16, 4)))

    @classmethod
    def parse(cls, text: str) -> "PaperHead":
        """Read a code. Case, dashes and spaces do not matter.

        Raises:
            BurnerError: E735 it is not such a code.
        """
        size, _, code = text.strip().partition(" ")
        letters = code.replace("-", "").replace(" ", "").upper()
        try:
            raw = base64.b32decode(letters)
            number = int(size)
        except ValueError:
            raise BurnerError(Code.HEAD_INVALID, text) from None
        if len(raw) != CODE_BYTES or number < 1:
            raise BurnerError(Code.HEAD_INVALID, text)
        return cls(number, "-".join(letters[at : at + 4] for at in range(0, 16, 4)))

    def __str__(self) -> str:
        return f"{self.size} {self.code}"
