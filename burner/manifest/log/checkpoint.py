"""Checkpoints (C2SP tlog-checkpoint@v1.0.0) and cosignatures (tlog-cosignature, Ed25519)."""

import base64
from dataclasses import dataclass
from typing import Self

from burner.manifest.log.note import (
    KeyType,
    NoteError,
    NoteSigner,
    Signature,
    SignedNote,
    VerifierKey,
    decode_base64,
)
from burner.manifest.log.tree import EMPTY_ROOT, HASH_SIZE

MAX_TIME = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: the text that its key signs."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note. Extension lines are refused: no log of ours writes them.

        Raises:
            NoteError: with what is wrong.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteError("a checkpoint has three lines: origin, size, root")
        root = decode_base64(lines[2])
        if len(root) != HASH_SIZE:
            raise NoteError("the root of a checkpoint has 32 bytes")
        checkpoint = cls(lines[0], parse_decimal(lines[1]), root)
        if checkpoint.size == 0 and root != EMPTY_ROOT:
            raise NoteError("an empty log has another root")
        return checkpoint


@dataclass(frozen=True)
class Cosignature:
    """A witness has checked that this head is consistent with all that it saw before."""

    witness: VerifierKey
    time: int
    """Seconds since 1970, UTC."""


def cosign(checkpoint: Checkpoint, witness: NoteSigner, time: int) -> Signature:
    """The signature line of a witness."""
    value = witness.sign(_cosigned(checkpoint.text, time))
    return Signature(witness.key.name, witness.key.id, time.to_bytes(8, "big") + value)


def check_cosignatures(
    note: SignedNote, witnesses: tuple[VerifierKey, ...]
) -> tuple[Cosignature, ...]:
    """The cosignatures of these witnesses. Lines by other keys are ignored.

    Raises:
        NoteError: a cosignature of one of the witnesses is false.
    """
    valid = []
    for key in witnesses:
        if key.type is not KeyType.COSIGNATURE:
            raise NoteError(f"{key.name} is not a key of a witness (type 4)")
        for signature in note.signatures:
            if not signature.is_of(key):
                continue
            time = int.from_bytes(signature.value[:8], "big")
            message = _cosigned(note.text, time)
            if time > MAX_TIME or not key.verifies(message, signature.value[8:]):
                raise NoteError(f"the cosignature of {key.name} is false")
            valid.append(Cosignature(key, time))
    return tuple(valid)


def parse_decimal(text: str) -> int:
    """A size or an index: ASCII digits without leading zeroes.

    Raises:
        NoteError: for anything else, and for more than 63 bits.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or str(int(text)) != text:
        raise NoteError("not a decimal number without leading zeroes")
    if (value := int(text)) > MAX_TIME:
        raise NoteError("a number of more than 63 bits")
    return value


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
