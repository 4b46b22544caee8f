"""An export: the records of the log, or of one batch, with the hashes that prove their places.

The same form for both; docs/manifest.md tells it to the byte.
"""

import base64
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.files import open_plain
from burner.manifest.fold.rows import BatchRow
from burner.manifest.log.checkpoint import Checkpoint, parse_decimal
from burner.manifest.log.note import Note, NoteError, decode_base64
from burner.manifest.log.tree import HASH_SIZE, hidden_subtrees, subtree_hash
from burner.manifest.reader import Reader
from burner.manifest.store.engine import stream
from burner.manifest.store.hashes import TableHashes, read_head
from burner.manifest.store.opening import KEY_KINDS, parse_checkpoint
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import OWN, RARE, checkpoints, cosignatures, records

HEADER = "burner log export v1"
CHUNK = 2000
LONGEST_LINE = 64 * 1024 + 32
"""Bytes of a line: a number and a body."""

_NEWEST_COSIGNED = (
    select(checkpoints.c.note)
    .join(cosignatures, cosignatures.c.size == checkpoints.c.size)
    .where(checkpoints.c.size > bindparam("last"))
    .order_by(checkpoints.c.size.desc())
    .limit(1)
)
_LAST_OF_BATCH = select(func.max(records.c.number)).where(
    records.c.log == OWN, records.c.batch == bindparam("of_batch")
)
_COSIGNED = (
    select(cosignatures.c.line)
    .where(cosignatures.c.size == bindparam("of_size"))
    .order_by(cosignatures.c.line)
)


def export_log(reader: Reader, batch: str = "") -> Generator[str, None, None]:
    """The lines of an export.

    Args:
        reader: of the manifest.
        batch: shows only the records of this batch of ours, and those of keys.

    Raises:
        BurnerError: E733 no batch of that id was opened here; E713 the manifest is damaged.
    """
    with reader.connection() as connection:
        if batch and TableState(connection).get(BatchRow, batch) is None:
            raise BurnerError("E733", batch)
        last = connection.execute(_LAST_OF_BATCH, {"of_batch": batch}).scalar() if batch else None
        head, note = evidence(connection, reader, last)
        yield f"{HEADER}\n"
        yield f"batch {batch}\n" if batch else "batch\n"
        shown: list[int] = []
        query = select(records.c.number, records.c.body).where(records.c.log == OWN)
        if batch:
            kinds = [kind.__struct_config__.tag for kind in KEY_KINDS]
            of_batch = or_(records.c.batch == batch, RARE & records.c.kind.in_(kinds))
            query = query.where(of_batch, records.c.number < head.size)
        for rows in stream(connection, query.order_by(records.c.number), CHUNK):
            for number, body in rows:
                if batch:
                    shown.append(number)
                yield f"{number} {body}\n"
        yield "\n"
        hashes = TableHashes(connection)
        for span in hidden_subtrees(shown, head.size) if batch else ():
            yield base64.b64encode(subtree_hash(hashes, *span)).decode() + "\n"
        yield "\n"
        yield note


def evidence(connection: Connection, reader: Reader, last: int | None) -> tuple[Checkpoint, str]:
    """The head that evidence is given with: the newest that a witness signed, if it covers what
    is to be shown, else the newest.

    Args:
        connection: to the manifest.
        reader: of it.
        last: number of the last record that is to be shown; None: all are.

    Returns:
        The head, and its note with all cosignatures.

    Raises:
        BurnerError: E713 the manifest is damaged, or empty.
    """
    stored = read_head(connection)
    if stored is None:
        raise BurnerError("E713", f"{reader.where}: it has no record")
    note = str(stored.note)
    if last is not None:
        found = connection.execute(_NEWEST_COSIGNED, {"last": last}).scalar()
        note = found or note
    head = parse_checkpoint(note)
    lines = connection.execute(_COSIGNED, {"of_size": head.size}).scalars()
    return head, note + "".join(lines)


@dataclass
class Export:
    """A file of the form above, read as it goes."""

    batch: str
    records: Iterator[tuple[int, bytes]]
    """Number and body of each shown record; read them all before `hashes` and `note`."""
    _lines: Iterator[str]

    def hashes(self) -> Iterator[bytes]:
        """Of the hidden subtrees.

        Raises:
            BurnerError: E724.
        """
        for line in self._lines:
            if not line:
                return
            try:
                value = decode_base64(line)
            except NoteError as error:
                raise BurnerError("E724", f"a hash: {error}") from None
            if len(value) != HASH_SIZE:
                raise BurnerError("E724", "a hash does not have 32 bytes")
            yield value
        raise BurnerError("E724", "it ends before its head")

    def note(self) -> Note:
        """The head.

        Raises:
            BurnerError: E724.
        """
        text = "".join(f"{line}\n" for line in self._lines)
        try:
            return Note.parse(text.encode())
        except NoteError as error:
            raise BurnerError("E724", f"its head: {error}") from None


def read_export(lines: Iterable[str]) -> Export:
    """Begin to read a file.

    Raises:
        BurnerError: E724, also while its parts are read.
    """
    all_lines = iter(lines)
    if next(all_lines, "") != HEADER:
        raise BurnerError("E724", f"its first line is not {HEADER}")
    word, _, batch = next(all_lines, "").partition(" ")
    if word != "batch":
        raise BurnerError("E724", "its second line does not say of what it is")
    return Export(batch, _records(all_lines), all_lines)


@contextmanager
def lines_of(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a file without their ends.

    Raises:
        BurnerError: E724 it cannot be read, is not UTF-8, or a line is too long.
    """
    try:
        with open_plain(path) as file:
            yield _lines(file.readline, path)
    except OSError as error:
        raise BurnerError("E724", f"{path}: {error.strerror}") from None


def _lines(readline: "object", path: Path) -> Iterator[str]:
    read = readline
    assert callable(read)  # noqa: S101 - the method of a file
    while line := read(LONGEST_LINE + 1):
        if not line.endswith(b"\n"):
            raise BurnerError("E724", f"{path}: a line is too long, or the last one is cut off")
        try:
            yield line[:-1].decode()
        except UnicodeDecodeError:
            raise BurnerError("E724", f"{path}: not UTF-8") from None


def _records(lines: Iterator[str]) -> Iterator[tuple[int, bytes]]:
    last = -1
    for line in lines:
        if not line:
            return
        number, _, body = line.partition(" ")
        try:
            value = parse_decimal(number)
        except NoteError:
            raise BurnerError("E724", f"behind record {last}: a line without a number") from None
        if value <= last:
            raise BurnerError("E724", f"record {value} stands behind record {last}")
        last = value
        yield value, body.encode()
    raise BurnerError("E724", "it ends before its head")
