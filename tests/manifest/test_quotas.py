"""A release makes no more units than it may, in however many batches and stations."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.batches import status
from burner.manifest.checks.verify import verify
from burner.manifest.desk import Correction
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.postgres import Server
from tests.manifest.records import Ticking, a_result, an_attempt, burned, unit_mac

RELEASE = "ab" * 32


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def opened(
    ledger: Ledger, batch: str, quantity: int | None = 2, planned: int | None = None
) -> None:
    ledger.open_batch(
        batch,
        profile="plug-c3 1.2.0",
        release_digest=RELEASE,
        product_id="S3EUVBRJLB",
        planned=planned,
        quantity=quantity,
    )


def counted(where: Path | str) -> tuple[int, int] | None:
    """(made, allowed) of the release in a manifest that agrees with itself."""
    with Reader.open(where) as reader:
        found = verify(reader)
        assert found.flaw is None, str(found.flaw)
        quota = reader.quota(RELEASE)
    return (quota.taken, quota.allowed) if quota else None


@pytest.fixture
def factory(path: Path) -> Ledger:
    """Two batches of a release that may make two units."""
    ledger = Ledger.open(path, "line1", Ticking())
    opened(ledger, "A")
    opened(ledger, "B")
    return ledger


def test_a_release_is_full_over_all_its_batches(factory: Ledger, path: Path) -> None:
    with factory as ledger:
        burned(ledger, 1, batch="A")
        burned(ledger, 2, batch="B")
        for batch in ("A", "B"):
            with refused("E460"):
                ledger.begin(an_attempt(3, batch=batch))
        found = status(ledger.reader, "A")
        assert (found.release_made, found.release_allowed) == (2, 2)
    assert counted(path) == (2, 2)


def test_the_smaller_limit_counts(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        opened(ledger, "A", quantity=2, planned=1)
        burned(ledger, 1, batch="A")
        with refused("E451"):
            ledger.begin(an_attempt(2, batch="A"))
    assert counted(path) == (1, 2)


def test_units_that_fail_or_are_scrapped_give_their_count_back(factory: Ledger, path: Path) -> None:
    with factory as ledger:
        burned(ledger, 1, batch="A")
        waiting = an_attempt(2, batch="B")
        ledger.begin(waiting)
        with refused("E461") as caught:
            ledger.begin(an_attempt(3, batch="A"))
        assert waiting.unit_id in caught.value.detail
        ledger.finish(waiting, a_result(Outcome.FAIL))
        burned(ledger, 3, batch="A")
        said = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "dropped"}
        desk.correct(ledger.writer, Correction.SCRAP, str(unit_mac(1)), batch="A", **said)
        burned(ledger, 4, batch="B")
    assert counted(path) == (2, 2)


def test_a_unit_reworked_in_another_batch_is_counted_once(factory: Ledger, path: Path) -> None:
    with factory as ledger:
        burned(ledger, 1, batch="A")
        burned(ledger, 2, batch="A")
        burned(ledger, 1, batch="B", rework="new plastic")
        burned(ledger, 2, Outcome.FAIL, batch="B", rework="new plastic")
    assert counted(path) == (2, 2)


def test_a_limit_may_come_after_the_first_units(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        opened(ledger, "A", quantity=None)
        burned(ledger, 1, batch="A")
        opened(ledger, "A", quantity=2)
        opened(ledger, "A", quantity=2)
        burned(ledger, 2, batch="A")
        with refused("E460"):
            ledger.begin(an_attempt(3, batch="A"))
        with refused("E730"):
            opened(ledger, "A", quantity=3)
    assert counted(path) == (2, 2)


def test_a_limit_below_what_was_made_is_refused(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        opened(ledger, "A", quantity=None)
        burned(ledger, 1, batch="A")
        burned(ledger, 2, batch="A")
        with refused("E460"):
            opened(ledger, "A", quantity=1)
        with refused("E460"):
            opened(ledger, "B", quantity=1)
    assert counted(path) is None


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("UPDATE quotas SET taken = 1", "counts 1 units, 2 hold places"),
        ("UPDATE quotas SET allowed = 9", "may make 2 units, not 9"),
        ("DELETE FROM quotas", "has lost its limit"),
        ("INSERT INTO quotas VALUES ('cd', 1, 0)", "a limit that no station set"),
    ],
)
def test_an_edited_quota_is_found(factory: Ledger, path: Path, edit: str, told: str) -> None:
    with factory as ledger:
        burned(ledger, 1, batch="A")
        burned(ledger, 2, batch="B")
    database = sqlite3.connect(path)
    with database:
        database.execute(edit)
    database.close()
    with Reader.open(path) as reader:
        assert told in str(verify(reader).flaw)


def test_the_database_itself_refuses_one_too_many(factory: Ledger, path: Path) -> None:
    factory.close()
    database = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="quota_is_kept"):
        database.execute("UPDATE quotas SET taken = 3")
    database.close()


def test_a_manifest_from_before_quotas_is_brought_up_to_date(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        opened(ledger, "A", quantity=None)
        burned(ledger, 1, batch="A")
    database = sqlite3.connect(path)
    with database:
        database.execute("DROP TABLE quotas")
        database.execute("DROP INDEX batches_of_release")
        database.execute("DROP INDEX batches_of_record")
        database.execute("UPDATE about SET value = '1' WHERE key = 'schema'")
    database.close()
    with refused("E719"):
        Reader.open(path)
    with Ledger.open(path, "line1", clock) as ledger:
        opened(ledger, "A", quantity=2)
    assert counted(path) == (1, 2)
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None, "every table and index is there again"


def test_four_stations_with_four_batches_never_pass_the_quantity(server: Server) -> None:
    url = server.database()
    refusals: set[str] = set()

    def work(station: int) -> int:
        name, passed = f"line{station}", 0
        with Ledger.open(url, name) as ledger:
            opened(ledger, f"WO{station}", quantity=25)
            for unit in range(station, 60, 4):
                attempt = an_attempt(unit, batch=f"WO{station}", station=name)
                try:
                    ledger.begin(attempt)
                except BurnerError as error:
                    refusals.add(error.code)
                    continue
                outcome = Outcome.FAIL if unit % 7 == 0 else Outcome.PASS
                ledger.finish(attempt, a_result(outcome))
                passed += outcome is Outcome.PASS
        return passed

    with ThreadPoolExecutor(4) as stations:
        passed = sum(stations.map(work, range(4)))
    assert passed <= 25
    assert refusals <= {"E460", "E461"}
    assert counted(url) == (passed, 25)


def test_one_unit_begun_at_four_stations_at_once_is_counted_once(server: Server) -> None:
    url = server.database()

    def work(station: int) -> None:
        name = f"line{station}"
        with Ledger.open(url, name) as ledger:
            opened(ledger, f"WO{station}", quantity=25)
            for unit in range(20):
                ledger.begin(an_attempt(unit, batch=f"WO{station}", station=name))

    with ThreadPoolExecutor(4) as stations:
        list(stations.map(work, range(4)))
    assert counted(url) == (20, 25)
