"""What an engineer does with a manifest on a server: a new log in place of a lost one; grants."""

import re
from pathlib import Path
from shutil import rmtree

import psycopg
import pytest

from burner.manifest.entries.kinds import Head
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.local.station_key import Beginning
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import Loss
from burner.manifest.restore.files import stations_excluded
from burner.manifest.restore.restore import Restored, restore
from burner.manifest.store.place import manifest_place
from burner.manifest.store.session import CREATION_LOCK
from burner.manifest.writing.batch_close import record_close
from burner.manifest.writing.ledger import Ledger
from tests.manifest.postgres import Server
from tests.manifest.records import a_ledger, burned, flaws, open_batch
from tests.manifest.test_postgres import refused

DOCS = Path(__file__).parents[2] / "docs"


def restored(new: str, old: str) -> Restored:
    return restore(new, "line1", operator="qa", reason="disk died", old=old)


@pytest.fixture
def old(server: Server, own_state: Path) -> str:
    """The URL of a manifest whose keys are lost."""
    url = server.database()
    with Ledger.open(url, "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
    rmtree(own_state / "keys")
    return url


def holds_the_old_names(url: str) -> bool:
    with Ledger.open(url, "line1") as ledger:
        with refused("E450"):
            burned(ledger, 5, name="7cdfa1000001")
        burned(ledger, 6)
        return flaws(ledger.reader) == []


def test_a_new_log_in_an_empty_database_takes_the_old_one_in(server: Server, old: str) -> None:
    new = server.database()
    done = restored(new, old)
    assert (done.kept, done.lost) == (4, Loss())
    assert holds_the_old_names(new)
    with refused("E736"):
        restored(old, new)


def test_a_batch_is_closed_and_another_log_comes_in(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "other.log"
    with a_ledger(tmp_path, "line2") as other:
        burned(other, 7, name="theirs")
        key = VerifierKey.parse(other.writer.origin_key)
        file.write_text("".join(export_log(other.reader)), encoding="utf-8")
    with Ledger.open(server.database(), "line1") as ledger:
        open_batch(ledger, "WO2")
        burned(ledger, 2, batch="WO2")
        record_close(ledger, "WO2", "qa", with_open=False)
        import_log(ledger, file, key.name, key, operator="qa")
        with refused("E450"):
            burned(ledger, 8, name="theirs")
        assert flaws(ledger.reader) == []


def test_interrupted_before_the_old_log_came_in_it_is_run_again(server: Server, old: str) -> None:
    new = server.database()
    with ManifestReader.open(old) as reader:
        head = Head(origin=reader.origin, root="ab" * 32, size=4)
    Ledger.open(new, "line1", begins=Beginning((head,), "qa", "disk died")).close()
    assert restored(new, old).already
    assert holds_the_old_names(new)


def test_a_server_on_which_a_station_is_at_work_is_not_left_behind(
    server: Server, old: str
) -> None:
    new = server.database()
    with Ledger.open(old, "line2"), refused("E707"):
        restored(new, old)
    with refused("E702"):
        ManifestReader.open(new)


def test_no_station_comes_in_while_the_old_log_is_read(server: Server, old: str) -> None:
    take = "SELECT pg_try_advisory_lock(%s)"
    with psycopg.connect(old.replace("+psycopg", ""), autocommit=True) as connecting:
        with stations_excluded(manifest_place(old), is_moved=False):
            assert connecting.execute(take, (CREATION_LOCK,)).fetchone() == (False,)
        assert connecting.execute(take, (CREATION_LOCK,)).fetchone() == (True,)
        with refused("E707"):
            restored(server.database(), old)


def test_a_lock_that_another_program_holds_on_the_server_is_none_of_a_station(
    server: Server, old: str
) -> None:
    new = server.database()
    with psycopg.connect(old.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7), pg_advisory_lock(1, 2)")
        assert restored(new, old).kept == 4


def test_a_station_needs_no_more_than_the_grants_of_the_docs(server: Server) -> None:
    owners = server.database()
    with Ledger.open(owners, "line1"):
        pass
    (grants,) = re.findall(
        r"```sql\n(.*?)```", (DOCS / "manifest.md").read_text(encoding="utf-8"), re.S
    )
    with psycopg.connect(owners.replace("+psycopg", "")) as connection:
        connection.execute("CREATE ROLE station LOGIN")
        for statement in grants.split(";"):
            connection.execute(statement.strip().encode())
    stations = owners.replace("postgres@", "station@")
    with Ledger.open(stations, "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, name=None, bind="plug-2", batch="WO1")
    with psycopg.connect(stations.replace("+psycopg", "")) as connection:
        for statement in ("DROP TRIGGER records_keep_delete ON records", "DELETE FROM records"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement.encode())
    with ManifestReader.open(stations) as reader:
        assert flaws(reader) == []
