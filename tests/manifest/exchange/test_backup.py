"""A copy of a manifest: from any medium, under its own name when it cannot be written."""

import shutil
import sqlite3
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from burner.core.errors import BurnerError
from burner.manifest.exchange.backup import backup
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.engine import file_uri
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import burned, flaws


def refused(code: str, words: str = "") -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}: .*{words}")


@pytest.fixture
def on_a_read_only_medium(path: Path) -> Path:
    """A closed manifest where SQLite cannot make the -shm file that it wants."""
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    assert not path.with_name("manifest.db-wal").exists()
    shm = path.with_name("manifest.db-shm")
    shm.symlink_to(shm)
    plain = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError):
        plain.execute("SELECT count(*) FROM records")
    plain.close()
    return path


def test_a_manifest_on_a_read_only_medium_is_read_and_backed_up(
    on_a_read_only_medium: Path, tmp_path: Path
) -> None:
    with ManifestReader.open(on_a_read_only_medium) as reader:
        assert flaws(reader) == []
    assert backup(on_a_read_only_medium, tmp_path / "copy.db").size == 3
    with ManifestReader.open(tmp_path / "copy.db") as copy:
        assert flaws(copy) == []


def test_a_backup_that_cannot_be_written_names_itself_and_leaves_nothing(
    path: Path, tmp_path: Path
) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    with refused("E705", "nowhere"):
        backup(path, tmp_path / "nowhere" / "copy.db")
    (tmp_path / "copy.db.part").mkdir()
    with refused("E705", "copy.db"):
        backup(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_backup_put_back_is_gone_on_with_as_it_is(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    backup(path, tmp_path / "copy.db")
    shutil.move(tmp_path / "copy.db", path)
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 2)
        assert flaws(ledger.reader) == []
        assert ledger.writer.size == 5


def test_a_version_that_is_no_number_is_damage(path: Path) -> None:
    Ledger.open(path, "line1").close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE about SET value = 'x' WHERE key = 'schema'")
    other.close()
    with refused("E708", "'x'"):
        ManifestReader.open(path)
    with refused("E708", "'x'"):
        Ledger.open(path, "line1")


def test_a_path_on_a_server_stays_a_path_for_sqlite() -> None:
    assert file_uri(PurePosixPath("/data/m.db")) == "file:///data/m.db"
    assert file_uri(PurePosixPath("/a b/%25?#")) == "file:///a%20b/%2525%3F%23"
    assert file_uri(PureWindowsPath("C:\\data\\m.db")) == "file:///C:/data/m.db"
    assert file_uri(PureWindowsPath("\\\\nas\\line\\m.db")) == "file:////nas/line/m.db"
