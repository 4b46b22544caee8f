"""Read an export line by line. Read its parts in their order, each to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import open_plain
from burner.manifest.exchange.log_file import HEADER
from burner.manifest.log.checkpoint import parse_decimal
from burner.manifest.log.note import NoteError, SignedNote, decode_base64
from burner.manifest.log.tree import HASH_SIZE

BytesRead = Callable[[int], None]

LONGEST_LINE = 64 * 1024 + 32
"""Bytes of a line: a number and a body."""


@contextmanager
def lines_of(path: Path, progress: BytesRead) -> Iterator[Iterator[str]]:
    """The lines of a file without their ends.

    Args:
        path: of the file.
        progress: gets the number of further bytes that were read.

    Raises:
        BurnerError: E724 it cannot be read, is not UTF-8, or a line is too long.
    """
    try:
        with open_plain(path) as file:
            yield _lines(file, path, progress)
    except OSError as error:
        raise BurnerError(Code.EXPORT_INVALID, f"{path}: {error.strerror}") from None


def read_header(lines: Iterator[str]) -> str:
    """The batch of an export; empty: it is of the whole log.

    Raises:
        BurnerError: E724.
    """
    if next(lines, "") != HEADER:
        raise BurnerError(Code.EXPORT_INVALID, f"its first line is not {HEADER}")
    word, space, batch = next(lines, "").partition(" ")
    if word != "batch" or bool(space) != bool(batch):
        raise BurnerError(Code.EXPORT_INVALID, "its second line does not say of what it is")
    return batch


def read_records(lines: Iterator[str]) -> Iterator[tuple[int, bytes]]:
    """Number and body of each record.

    Raises:
        BurnerError: E724.
    """
    last = -1
    for line in lines:
        if not line:
            return
        number, _, body = line.partition(" ")
        try:
            value = parse_decimal(number)
        except NoteError:
            detail = f"behind record {last}: a line without a number"
            raise BurnerError(Code.EXPORT_INVALID, detail) from None
        if value <= last:
            raise BurnerError(Code.EXPORT_INVALID, f"record {value} stands behind record {last}")
        last = value
        yield value, body.encode()
    raise BurnerError(Code.EXPORT_INVALID, "it ends before its head")


def read_hashes(lines: Iterator[str]) -> Iterator[bytes]:
    """Hashes of the hidden subtrees.

    Raises:
        BurnerError: E724.
    """
    for line in lines:
        if not line:
            return
        try:
            value = decode_base64(line)
        except NoteError as error:
            raise BurnerError(Code.EXPORT_INVALID, f"a hash: {error}") from None
        if len(value) != HASH_SIZE:
            raise BurnerError(Code.EXPORT_INVALID, "a hash does not have 32 bytes")
        yield value
    raise BurnerError(Code.EXPORT_INVALID, "it ends before its head")


def read_checkpoint(lines: Iterator[str]) -> SignedNote:
    """The checkpoint with its signatures.

    Raises:
        BurnerError: E724.
    """
    text = "".join(f"{line}\n" for line in lines)
    try:
        return SignedNote.parse(text.encode())
    except NoteError as error:
        raise BurnerError(Code.EXPORT_INVALID, f"its head: {error}") from None


def _lines(file: BinaryIO, path: Path, progress: BytesRead) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE + 1):
        progress(len(line))
        if not line.endswith(b"\n"):
            detail = f"{path}: a line is too long, or the last one is cut off"
            raise BurnerError(Code.EXPORT_INVALID, detail)
        try:
            yield line[:-1].decode()
        except UnicodeDecodeError:
            raise BurnerError(Code.EXPORT_INVALID, f"{path}: not UTF-8") from None
