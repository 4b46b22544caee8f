"""Proofs that a record is in the log (C2SP tlog-proof@v1): one text file, checked offline."""

import base64
from dataclasses import dataclass
from typing import Self

from burner.manifest.log.checkpoint import Checkpoint, parse_decimal
from burner.manifest.log.note import NoteError, SignedNote, decode_base64
from burner.manifest.log.tree import HASH_SIZE, leaf_hash, root_from_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_BYTES = 256 * 1024
MAX_HASHES = 63


@dataclass(frozen=True)
class TlogProof:
    """The content of a `.tlog-proof` file. Trust it only after `check`."""

    index: int
    hashes: tuple[bytes, ...]
    """From the leaf's sibling up to the root's child."""
    note: SignedNote
    """The checkpoint with its signatures."""
    extra: bytes = b""
    """Its first line is the canonical body of the record. Only `check` authenticates it."""

    def __str__(self) -> str:
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(value).decode() for value in self.hashes]
        return "\n".join(lines) + f"\n\n{self.note}"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof.

        Raises:
            NoteError: with what is wrong.
        """
        if len(data) > MAX_BYTES:
            raise NoteError(f"a proof of more than {MAX_BYTES} bytes")
        head, separator, note = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise NoteError("a proof begins with ASCII lines") from None
        if not separator or lines.pop(0) != HEADER:
            raise NoteError(f"not a proof: its first line is not {HEADER}")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise NoteError("a proof without an index line")
        index = parse_decimal(lines.pop(0).removeprefix("index "))
        hashes = tuple(map(decode_base64, lines))
        if len(hashes) > MAX_HASHES or any(len(value) != HASH_SIZE for value in hashes):
            raise NoteError("the hashes of a proof have 32 bytes each, and are at most 63")
        return cls(index, hashes, SignedNote.parse(note), extra)

    @property
    def body(self) -> bytes:
        """The record: the first line of `extra`. The other lines belong to the application."""
        return self.extra.partition(b"\n")[0]

    def check(self) -> Checkpoint:
        """Check that the record is in the tree of the head. The signer of the head is not checked.

        Returns:
            The head.

        Raises:
            NoteError: with what is wrong.
        """
        checkpoint = Checkpoint.parse(self.note.text)
        leaf = leaf_hash(self.body)
        try:
            root = root_from_inclusion(leaf, self.index, checkpoint.size, self.hashes)
        except ValueError as error:
            raise NoteError(str(error)) from None
        if root != checkpoint.root:
            raise NoteError(f"the record is not number {self.index} of the log")
        return checkpoint
