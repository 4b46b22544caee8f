"""Check an export with nothing but the file and an origin key that is not taken from it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.errors import not_as_signed
from burner.manifest.entries.kinds import (
    LOG_WIDE_KINDS,
    AnyEntry,
    BatchClosed,
    BatchOpened,
    LogBegun,
)
from burner.manifest.entries.release_kinds import PolicySet
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
    """The result of checking an export."""

    origin: str = ""
    batch: str = ""
    """Empty: it shows the whole log."""
    size: int = 0
    """Records in the log."""
    root: str = ""
    roots: dict[int, str] = field(default_factory=dict)
    """Size → root, of its head and of the requested sizes; empty: it cannot be computed."""
    shown: int = 0
    """Records in the file."""
    closed: int | None = None
    """Records of the batch before its close, proved to be complete; None: not proven."""
    behind_close: int = 0
    """Records of the batch after its close; nothing proves that these are all."""
    opened: BatchOpened | None = None
    """The record that opened the batch."""
    policies: dict[str, str] = field(default_factory=dict)
    """Digest → document of each station policy of the log."""
    note: str = ""
    """The head in the file, with its signatures."""
    signed_by: str = ""
    """Owner and key id of the signer of the head."""
    cosignatures: tuple[Cosignature, ...] = ()
    warnings: tuple[str, ...] = ()
    """No failures, but somebody should look at them."""
    state: MemoryState = field(default_factory=MemoryState)
    """What follows from the records in the file."""
    code: str = ""
    """Error code; empty: all checks passed."""
    place: str = ""
    """The first bad place."""

    @property
    def keys(self) -> list[KeyRow]:
        """Keys of the log, in the order of enrolment."""
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
        origin: name of the log, from a trusted source; never from the file.
        key: its origin key, likewise.
        witnesses: keys of witnesses whose cosignatures count; false ones are refused.
        sizes: sizes whose roots are wanted.
        progress: gets the number of further bytes that were read.
        ended: gets each attempt that ended; None: `state` keeps them.
        on_record: gets each record that was checked.

    Returns:
        The result; its `code` is empty if all checks passed.
    """
    result = FileCheck(roots=dict.fromkeys(sizes, ""))
    try:
        with lines_of(path, progress) as lines:
            result.batch = read_header(lines)
            result.state = MemoryState(ended=ended, whole=not result.batch)
            note = _replay(result, lines, origin, key, on_record)
            result.cosignatures = check_cosignatures(note, tuple(witnesses))
    except BurnerError as error:
        result.code, result.place = error.code, error.detail
    except NoteError as error:
        result.code, result.place = Code.MANIFEST_NOT_AS_SIGNED, str(error)
    return result


def _replay(
    result: FileCheck,
    lines: Iterator[str],
    origin: str,
    key: VerifierKey,
    on_record: Callable[[int, AnyEntry], None],
) -> SignedNote:
    replay, leaves = Replay(result.state), dict[int, bytes]()
    for number, body in read_records(lines):
        leaf = leaf_hash(body)
        entry = replay.take(number, body, leaf)
        result.shown += 1
        on_record(number, entry)
        if replay.frontier.size in result.roots:
            result.roots[replay.frontier.size] = replay.frontier.root.hex()
        if isinstance(entry, LogBegun) and (entry.origin, entry.key) != (origin, str(key)):
            raise BurnerError(Code.LOG_IS_ANOTHER, f"it is of {entry.origin}, key {entry.key}")
        if isinstance(entry, PolicySet):
            result.policies[entry.policy] = entry.document
        if result.batch:
            leaves[number] = leaf
            _check_batch_record(result, number, entry)
        elif replay.frontier.size != number + 1:
            raise not_as_signed(f"record {replay.frontier.size} is gone")
    if not result.shown:
        raise BurnerError(Code.EXPORT_INVALID, "it contains no record")
    hashes = list(read_hashes(lines))
    note = read_checkpoint(lines)
    checkpoint = Checkpoint.parse(note.text)
    result.origin, result.size = checkpoint.origin, checkpoint.size
    if checkpoint.origin != origin:
        raise BurnerError(Code.LOG_IS_ANOTHER, f"its head is of {checkpoint.origin}")
    root = (
        _compute_root(replay, leaves, hashes, checkpoint.size)
        if result.batch
        else replay.frontier.root
    )
    size = checkpoint.size if result.batch else replay.frontier.size
    if hashes and not result.batch:
        raise BurnerError(Code.EXPORT_INVALID, "a whole log has no hidden subtrees")
    signer = replay.check_head(note, size, root)
    result.root, result.signed_by = root.hex(), f"{signer.owner} {signer.id}"
    result.note = str(note)
    result.roots[size], result.warnings = result.root, tuple(replay.clocks.values())
    return note


def _check_batch_record(result: FileCheck, number: int, entry: AnyEntry) -> None:
    if entry.batch == result.batch:
        result.behind_close += result.closed is not None
        if isinstance(entry, BatchClosed):
            result.closed = entry.records + 1
        elif isinstance(entry, BatchOpened):
            result.opened = entry
    elif not isinstance(entry, LOG_WIDE_KINDS):
        raise BurnerError(Code.EXPORT_INVALID, f"record {number} is not of batch {result.batch}")


def _compute_root(
    replay: Replay, leaves: dict[int, bytes], hashes: Sequence[bytes], size: int
) -> bytes:
    try:
        return root_of_shown(leaves, iter(hashes), size)
    except ValueError as error:
        raise not_as_signed(f"behind {counted(replay.shown, 'record')}: {error}") from None
