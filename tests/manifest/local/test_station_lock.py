"""One station, two processes: the second is told E704, whatever became of the lock file."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.local.state_folder import state_folder
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.verify.database import verify
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import burned
from tests.runs import burn, start

WAIT_S = 60


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def _burn_on_demand(path: Path, state: str, pipe: Connection) -> None:
    """A station of its own process: burns the unit it is told, answers how that went."""
    os.environ["BURNER_STATE"] = state
    with Ledger.open(path, "line1") as ledger:
        pipe.send("open")
        while unit := pipe.recv():
            try:
                burned(ledger, unit)
                pipe.send("recorded")
            except BurnerError as error:
                pipe.send(error.code)


class Station:
    """Station line1 in a process of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def reply(self) -> str:
        assert self._pipe.poll(WAIT_S)
        return str(self._pipe.recv())

    def burn(self, unit: int) -> str:
        self._pipe.send(unit)
        return self.reply()


@contextmanager
def at_work(path: Path, state: Path) -> Iterator[Station]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_burn_on_demand, args=(path, str(state), theirs))
    child.start()
    try:
        station = Station(ours)
        assert station.reply() == "open"
        yield station
        ours.send(0)
        child.join(WAIT_S)
    finally:
        child.kill()
        child.join()
        for pipe in (ours, theirs):
            pipe.close()


def lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.line1.lock")


def test_a_lock_file_that_somebody_removed_still_locks(path: Path) -> None:
    with at_work(path, state_folder()) as first:
        assert first.burn(1) == "recorded"
        if os.name == "posix":  # elsewhere an open file cannot be removed
            lock_of(path).unlink()
        with refused("E704"):
            Ledger.open(path, "line1")
        Ledger.open(path, "line2").close()
        assert first.burn(2) == "recorded"
    Ledger.open(path, "line1").close()


@pytest.mark.parametrize("kind", ["symbolic", "folder", "roundabout"])
def test_another_path_to_the_manifest_is_the_same_lock(
    path: Path, tmp_path: Path, kind: str
) -> None:
    other = tmp_path / "other.db"
    with at_work(path, state_folder()) as first:
        if kind == "symbolic":
            other.symlink_to(path.name)
        elif kind == "folder":
            (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
            other = tmp_path / "link" / path.name
        else:
            other = tmp_path / "." / "x" / ".." / path.name
            (tmp_path / "x").mkdir()
        with refused("E704"):
            Ledger.open(other, "line1")
        if kind == "symbolic":
            assert not lock_of(other).exists()
        assert first.burn(1) == "recorded"


def test_a_manifest_behind_a_link_is_read_with_what_was_written_last(
    path: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path.name)
    with Ledger.open(link, "line1") as ledger:
        burned(ledger, 1)
        with ManifestReader.open(link) as reader:
            assert reader.count_attempts() == 1
    assert not [file.name for file in tmp_path.iterdir() if file.name.startswith("link.db-")]


def test_another_account_has_a_key_of_its_own_and_does_not_write_for_the_station(
    path: Path, tmp_path: Path
) -> None:
    """Nothing is left that could lock; then the other account's key is not let in."""
    with at_work(path, tmp_path / "state1") as first:
        assert first.burn(1) == "recorded"
        lock_of(path).unlink()
        with at_work(path, tmp_path / "state2") as second:
            assert second.burn(2) == "E757"
            assert first.burn(3) == "recorded"
    with ManifestReader.open(path) as reader, reader.connection() as connection:
        assert verify(connection).agrees


@pytest.mark.skipif(os.name != "posix", reason="an open lock file cannot be removed elsewhere")
def test_a_second_burn_of_this_station_is_told_whatever_became_of_the_lock_file(
    tmp_path: Path,
) -> None:
    first = start(tmp_path, "--bench", "sim:1,baud=921600", "--count", "50")
    first.until(lambda line: line.get("state") == "BURNING")
    for lock in tmp_path.glob("*.lock"):
        lock.unlink()
    (tmp_path / "link.db").symlink_to("manifest.db")
    for manifest in ("manifest.db", "link.db"):
        second = burn(tmp_path, "--bench", "sim:1,seed=2", "--manifest", manifest)
        assert (second.status, "E704" in second.errors) == (4, True), second.errors
    first.signal(signal.SIGINT)
    ran = first.end()
    assert {unit["outcome"] for unit in ran.units} == {"PASS"}


@pytest.mark.skipif(os.name != "posix" or not os.geteuid(), reason="root may look everywhere")
def test_a_folder_that_nobody_may_look_into_is_reported(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    for opening in (lambda path: Ledger.open(path, "line1"), ManifestReader.open):
        with refused("E706"):
            opening(closed / "manifest.db")
    closed.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX's")
def test_what_is_no_file_is_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    before = sorted(file.name for file in tmp_path.iterdir())
    for name, words in (
        ("pipe", "a pipe"),
        ("folder", "a folder"),
        ("zero", "a device"),
        ("loop", "symbolic links"),
    ):
        for opening in (
            lambda path: Ledger.open(path, "line1"),
            ManifestReader.open,
        ):
            with pytest.raises(BurnerError, match=f"^E702: .*{words}"):
                opening(tmp_path / name)
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_a_state_folder_that_cannot_be_written_is_reported(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    Ledger.open(path, "line1").close()
    shutil.rmtree(tmp_path / "state" / "locks")
    (tmp_path / "state" / "locks").write_text("")
    with refused("E717"):
        Ledger.open(path, "line1")
