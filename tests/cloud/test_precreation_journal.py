"""The journal of sent names, as a file: what it keeps, and what it refuses."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from burner.cloud.precreation import (
    ChunkSent,
    ChunkSettled,
    CreationEvent,
    CreationFinished,
    NamesAsked,
    SentChunk,
    TaskStarted,
)
from burner.cloud.precreation_journal import CreationTarget, open_journal, read_journal
from burner.core.errors import BurnerError

TARGET = CreationTarget("tencent-hub", "7QKX2MPD0C")
EVENTS: Sequence[CreationEvent] = (
    NamesAsked(("z",), ("y",)),
    ChunkSent(1, ("a", "b", "c", "d")),
    TaskStarted(1, "task-1"),
    ChunkSettled(1, existing=("a",), refused={"b": "E803"}, absent=("c",)),
    ChunkSent(2, ("c", "e")),
    TaskStarted(2, "task-2"),
)


def written(path: Path, *events: CreationEvent) -> bytes:
    with open_journal(path, TARGET) as journal:
        for event in events:
            journal.add(event)
    return path.read_bytes()


def test_the_next_run_knows_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    written(path, *EVENTS[:3])
    written(path, *EVENTS[3:])
    history = read_journal(path, TARGET)
    assert history.done == {"z", "d"}
    assert history.pending == {2: SentChunk(2, ("c", "e"), "task-2")}
    written(path, ChunkSettled(2), CreationFinished())
    history = read_journal(path, TARGET)
    assert (history.done, history.done_before) == (set(), {"z", "a", "d", "c", "e"})


def test_a_line_that_was_cut_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    whole = written(path, *EVENTS[:2])
    path.write_bytes(whole + b'{"event":"task","chunk":1,"ta')
    assert read_journal(path, TARGET).pending[1].task == ""
    assert written(path, EVENTS[2]).startswith(whole)
    assert read_journal(path, TARGET).pending[1].task == "task-1"


def test_many_names_are_asked_for_on_several_lines(tmp_path: Path) -> None:
    names = tuple(f"plug-{number}" for number in range(25_000))
    path = tmp_path / "names.jsonl"
    assert written(path, NamesAsked(names, ("x",))).count(b"\n") == 4
    assert read_journal(path, TARGET).done == set(names)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{}", "no event"),
        (b"[]", "no event"),
        (b"{", "no event"),
        (b"\xff", "no event"),
        (b'{"event":"moved"}', "does not know"),
        (b'{"event":"task","chunk":7,"task":"t"}', "chunk 7 was not sent"),
        (b'{"event":"sent","chunk":1,"names":"abc"}', "no event"),
    ],
)
def test_a_journal_that_is_damaged_is_refused_with_the_line(
    tmp_path: Path, line: bytes, words: str
) -> None:
    path = tmp_path / "names.jsonl"
    written(path)
    with path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(BurnerError, match=f"E863.*names.jsonl:2.*{words}"):
        read_journal(path, TARGET)


@pytest.mark.parametrize("content", [b"precious, no newline", b'{"a', b"precious\n", b"{}\n{"])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(BurnerError, match=r"E863.*notes.txt:1: no "):
        written(path)
    assert path.read_bytes() == content


def test_a_first_line_that_was_cut_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    whole = written(path)
    for end in (0, 1, 40, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert written(path) == whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_journal_is_for_the_eyes_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    written(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_of_another_product_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    written(path)
    before = path.read_bytes()
    for other in (
        CreationTarget("tencent-hub", "S3EUVBRJLB"),
        CreationTarget("tencent-hub", "7QKX2MPD0C", "127.0.0.1:8080"),
    ):
        with (
            pytest.raises(BurnerError, match=r"E863.*of another product"),
            open_journal(path, other),
        ):
            pass
    assert path.read_bytes() == before


def test_the_format_of_a_newer_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    written(path)
    newer = path.read_text(encoding="utf-8").replace('"format":1', '"format":2')
    path.write_text(newer, encoding="utf-8")
    with pytest.raises(BurnerError, match=r"names.jsonl:1: of format 2; this .* reads format 1"):
        read_journal(path, TARGET)


def test_a_journal_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match=r"E863.*a folder"):
        written(tmp_path)
    with pytest.raises(BurnerError, match=r"E863.*No such file"):
        written(tmp_path / "none" / "names.jsonl")
