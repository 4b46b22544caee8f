"""An export against whoever made it: needs nothing but the file, and a key from outside it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.kinds import KEY_KINDS, AnyEntry, BatchClosed, LogBegun
from burner.manifest.exchange.log_lines import (
    BytesRead,
    lines_of,
    read_checkpoint,
    read_hashes,
    read_header,
    read_records,
)
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import AttemptRow, KeyRow
from burner.manifest.log.checkpoint import Checkpoint, Cosignature, check_cosignatures
from burner.manifest.log.note import NoteError, SignedNote, VerifierKey
from burner.manifest.log.tree import leaf_hash, root_of_shown
from burner.manifest.verify.replay import Replay


@dataclass
class FileCheck:
    """What an export proves."""

    origin: str = ""
    batch: str = ""
    """Empty: it shows the whole log."""
    size: int = 0
    """Records in the log."""
    root: str = ""
    roots: dict[int, str] = field(default_factory=dict)
    """By size: of its head, and of the sizes that were asked for; empty: it cannot be computed."""
    shown: int = 0
    """Of these, in the file."""
    closed: int | None = None
    """Records of the batch that its close counted, all of them shown; None: not proven."""
    behind_close: int = 0
    """Records of the batch behind its close: how many there are, nothing proves."""
    note: str = ""
    """The head with its signatures, as the file has it."""
    signed_by: str = ""
    """Who signed the head: owner and key id."""
    cosignatures: tuple[Cosignature, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is no fault, and yet to be looked at."""
    state: MemoryState = field(default_factory=MemoryState)
    """What follows from the records that are shown."""
    code: str = ""
    """Empty: it holds."""
    place: str = ""
    """The first bad place."""

    @property
    def keys(self) -> list[KeyRow]:
        """Keys of the log, as the records say."""
        return sorted(self.state.rows(KeyRow), key=lambda row: row.enrolled)


def check_file(
    path: Path,
    origin: str,
    key: VerifierKey,
    *,
    witnesses: Sequence[VerifierKey] = (),
    sizes: Collection[int] = (),
    progress: BytesRead = lambda _: None,
    ended: Callable[[AttemptRow], None] | None = None,
    on_record: Callable[[int, AnyEntry], None] = lambda _number, _entry: None,
) -> FileCheck:
    """Check an export.

    Args:
        path: the file.
        origin: name of the log, from whoever is trusted; never from the file.
        key: its origin key, likewise.
        witnesses: keys of witnesses whose cosignatures count; false ones are refused.
        sizes: of heads that are going to be compared.
        progress: told how many more bytes were read.
        ended: told of each attempt that ended; None: `state` keeps them.
        on_record: told of each record that holds.

    Returns:
        What it proves; `code` says whether it holds.
    """
    found = FileCheck(roots=dict.fromkeys(sizes, ""))
    try:
        with lines_of(path, progress) as lines:
            found.batch = read_header(lines)
            found.state = MemoryState(ended=ended, whole=not found.batch)
            note = _replayed(found, lines, origin, key, on_record)
            found.cosignatures = check_cosignatures(note, tuple(witnesses))
    except BurnerError as error:
        found.code, found.place = error.code, error.detail
    except NoteError as error:
        found.code, found.place = Code.MANIFEST_NOT_AS_SIGNED, str(error)
    return found


def _replayed(
    found: FileCheck,
    lines: Iterator[str],
    origin: str,
    key: VerifierKey,
    on_record: Callable[[int, AnyEntry], None],
) -> SignedNote:
    replay, leaves = Replay(found.state), dict[int, bytes]()
    for number, body in read_records(lines):
        leaf = leaf_hash(body)
        entry = replay.take(number, body, leaf)
        found.shown += 1
        on_record(number, entry)
        if replay.frontier.size in found.roots:
            found.roots[replay.frontier.size] = replay.frontier.root.hex()
        if isinstance(entry, LogBegun) and (entry.origin, entry.key) != (origin, str(key)):
            raise BurnerError(Code.LOG_IS_ANOTHER, f"it is of {entry.origin}, key {entry.key}")
        if found.batch:
            leaves[number] = leaf
            _of_batch(found, number, entry)
        elif replay.frontier.size != number + 1:
            raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"record {replay.frontier.size} is gone")
    if not found.shown:
        raise BurnerError(Code.EXPORT_INVALID, "it contains no record")
    hashes = list(read_hashes(lines))
    note = read_checkpoint(lines)
    checkpoint = Checkpoint.parse(note.text)
    found.origin, found.size = checkpoint.origin, checkpoint.size
    if checkpoint.origin != origin:
        raise BurnerError(Code.LOG_IS_ANOTHER, f"its head is of {checkpoint.origin}")
    root = _root(replay, leaves, hashes, checkpoint.size) if found.batch else replay.frontier.root
    size = checkpoint.size if found.batch else replay.frontier.size
    if hashes and not found.batch:
        raise BurnerError(Code.EXPORT_INVALID, "a whole log has no hidden subtrees")
    signer = replay.check_head(note, size, root)
    found.root, found.signed_by = root.hex(), f"{signer.owner} {signer.id}"
    found.note = str(note)
    found.roots[size], found.warnings = found.root, tuple(replay.clocks.values())
    return note


def _of_batch(found: FileCheck, number: int, entry: AnyEntry) -> None:
    if entry.batch == found.batch:
        found.behind_close += found.closed is not None
        if isinstance(entry, BatchClosed):
            found.closed = entry.records + 1
    elif not isinstance(entry, KEY_KINDS):
        raise BurnerError(Code.EXPORT_INVALID, f"record {number} is not of batch {found.batch}")


def _root(replay: Replay, leaves: dict[int, bytes], hashes: Sequence[bytes], size: int) -> bytes:
    try:
        return root_of_shown(leaves, iter(hashes), size)
    except ValueError as error:
        raise BurnerError(
            Code.MANIFEST_NOT_AS_SIGNED, f"behind {counted(replay.shown, 'record')}: {error}"
        ) from None
