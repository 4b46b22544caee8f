"""The journal of names that were sent to a platform: a line of JSON an event, each on the disk
before anything else happens.

The first line says of which product it is; a file with another one is never written. A last line
without its end is what a process left that was killed while it wrote: what it was about to do was
not done.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from burner.cloud.precreation import (
    ChunkSent,
    ChunkSettled,
    CreationEvent,
    CreationFinished,
    CreationHistory,
    NamesAsked,
    TaskStarted,
)
from burner.core.atomic_file import sync_folder
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import append_plain, is_plain, open_plain

_JOURNAL: Final = "burner precreation"
FORMAT: Final = 1
LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes: a line with the names that were asked for may be long."""
ASKED_A_LINE: Final = 10_000

_NO_JOURNAL: Final = "no journal of names; the file is left as it is"
_NO_EVENT = (
    *(json.JSONDecodeError, UnicodeDecodeError, RecursionError),
    *(KeyError, TypeError, AttributeError),
)


@dataclass(frozen=True)
class CreationTarget:
    """Where names are created."""

    cloud: str
    product_id: str
    endpoint: str = ""
    """Empty: the platform's own."""

    def line(self) -> dict[str, Any]:
        """The first line of a journal."""
        return {
            "journal": _JOURNAL,
            "format": FORMAT,
            "cloud": self.cloud,
            "product_id": self.product_id,
            "endpoint": self.endpoint,
        }


class CreationJournal:
    """A journal that is open for one run."""

    def __init__(self, path: Path, file: BinaryIO, history: CreationHistory) -> None:
        self.path, self.history = path, history
        self._file = file

    def add(self, event: CreationEvent) -> None:
        """Keep an event; it is on the disk when this returns.

        Raises:
            BurnerError: E863 it cannot be written.
        """
        for line in _lines(event):
            self._write(line)
        self.history.apply(event)

    def begin(self, target: CreationTarget) -> None:
        """Write the first line.

        Raises:
            BurnerError: E863.
        """
        self._write(target.line())

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(_bytes(line))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unusable(self.path, error) from None


@contextmanager
def open_journal(path: Path, target: CreationTarget) -> Iterator[CreationJournal]:
    """Open a journal to go on with it, or make it. The caller sees to it that no other run has it.

    Raises:
        BurnerError: E863 it is of another product, damaged, or cannot be read or written.
    """
    history, end = _read(path, target)
    with _opened(path, end) as file:
        journal = CreationJournal(path, file, history)
        if end == 0:
            journal.begin(target)
        yield journal


def _opened(path: Path, end: int) -> BinaryIO:
    """The file, cut to its whole lines."""
    try:
        file = append_plain(path, mode=0o600)
        try:
            file.truncate(end)
            sync_folder(path.parent)
        except OSError:
            file.close()
            raise
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from None
    return file


def read_journal(path: Path, target: CreationTarget) -> CreationHistory:
    """What a journal says; nothing where there is none.

    Raises:
        BurnerError: E863, as above.
    """
    return _read(path, target)[0]


def _read(path: Path, target: CreationTarget) -> tuple[CreationHistory, int]:
    """What a journal says, and where its last whole line ends."""
    history, end, number = CreationHistory(), 0, 0
    try:
        if not is_plain(path):
            return history, end
        with open_plain(path) as file:
            while (line := file.readline(LONGEST_LINE)).endswith(b"\n"):
                number += 1
                entry = json.loads(line)
                if number > 1:
                    history.apply(_event(entry))
                elif entry != target.line():
                    raise ValueError(_other_journal(entry))
                end += len(line)
            if len(line) == LONGEST_LINE:
                raise ValueError("a line is too long")
            if not number and not _bytes(target.line()).startswith(line):
                raise ValueError(_NO_JOURNAL)
    except OSError as error:
        raise _unusable(path, error) from None
    except _NO_EVENT as error:
        detail = f"{path}:{number}: no event ({type(error).__name__})"
        raise BurnerError(Code.CREATION_JOURNAL_UNUSABLE, detail) from None
    except ValueError as error:
        raise BurnerError(
            Code.CREATION_JOURNAL_UNUSABLE, f"{path}:{max(number, 1)}: {error}"
        ) from None
    return history, end


def _other_journal(first_line: Any) -> str:
    """Why a journal is of something else, by its first line."""
    if first_line.get("journal") != _JOURNAL:
        return _NO_JOURNAL
    found = first_line.get("format", FORMAT)
    if found != FORMAT:
        return f"of format {str(found)[:20]}; this version of burner reads format {FORMAT}"
    return "of another product, platform or endpoint"


def _unusable(path: Path, error: Exception) -> BurnerError:
    why = getattr(error, "strerror", None) or "not a path"
    return BurnerError(Code.CREATION_JOURNAL_UNUSABLE, f"{path}: {why}")


def _bytes(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _lines(event: CreationEvent) -> Iterator[dict[str, Any]]:
    match event:
        case ChunkSent(number, names):
            yield {"event": "sent", "chunk": number, "names": names}
        case TaskStarted(number, task):
            yield {"event": "task", "chunk": number, "task": task}
        case ChunkSettled(number, existing, refused, absent):
            rest = {"existing": existing, "refused": dict(refused), "absent": absent}
            yield {"event": "settled", "chunk": number, **rest}
        case NamesAsked(present, absent):
            for first in range(0, max(len(present), len(absent)), ASKED_A_LINE):
                part = slice(first, first + ASKED_A_LINE)
                yield {"event": "asked", "present": present[part], "absent": absent[part]}
        case CreationFinished():
            yield {"event": "finished"}


def _event(line: Mapping[str, Any]) -> CreationEvent:
    match line["event"]:
        case "sent":
            return ChunkSent(int(line["chunk"]), _names(line["names"]))
        case "task":
            return TaskStarted(int(line["chunk"]), str(line["task"]))
        case "settled":
            refused = {str(name): str(code) for name, code in line["refused"].items()}
            existing, absent = _names(line["existing"]), _names(line["absent"])
            return ChunkSettled(int(line["chunk"]), existing, refused, absent)
        case "asked":
            return NamesAsked(_names(line["present"]), _names(line["absent"]))
        case "finished":
            return CreationFinished()
    raise ValueError("an event that this version does not know")


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("names")
    return tuple(value)
