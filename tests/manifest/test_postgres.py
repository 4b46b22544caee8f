"""The same manifest on a real PostgreSQL: a factory of stations on one server."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.entries.release_kinds import FirstArticle
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.cloud_records import burned_devices, name_holders
from burner.manifest.reading.first_burns import first_burns
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.tested_attempts import attempts_with_tests
from burner.manifest.reading.unit_overview import unit_overviews
from burner.manifest.reading.unit_search import unit_ids_matching
from burner.manifest.store import engine
from burner.manifest.writing.approve_first_article import approve_first_article
from burner.manifest.writing.ledger import Ledger
from tests.manifest.postgres import Server
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    flaws,
    open_batch,
    unit_mac,
)
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power
from tests.manifest.writing.test_cloud_records import confirm, open_with, preflight
from tests.release.envelope.signers import signer


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


@pytest.fixture
def url(server: Server) -> str:
    return server.database()


def agrees(url: str) -> bool:
    with ManifestReader.open(url) as reader:
        assert flaws(reader) == []
    return True


def hostile(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def test_a_batch_waits_for_the_cloud_platform_as_in_a_file(url: str) -> None:
    with Ledger.open(url, "line1", Ticking()) as ledger:
        release = open_with(ledger, names="created-before", preflight="required")
        unit: dict[str, Any] = {"batch": "WO1", "release_digest": release}
        with refused("E816"):
            burned(ledger, 1, **unit)
        preflight(ledger)
        with refused("E818"):
            burned(ledger, 1, **unit)
        names = [unit_mac(number).octets.hex() for number in range(1, 2351)]
        assert confirm(ledger, *names) == 2350
        burned(ledger, 1, **unit)
        assert batch_status(ledger.reader, "WO1").names_not_confirmed == 0
        (device,) = burned_devices(ledger.reader, "S3EUVBRJLB", "WO1")
        first = first_burns(ledger.reader, "S3EUVBRJLB")
        assert first[device.unit_id, device.name] == (START, "WO1")
        holder = (device.unit_id, "PASS", True)
        assert name_holders(ledger.reader, "S3EUVBRJLB") == {device.name: holder}
        with ledger.reader.connection() as connection:
            (life,) = unit_overviews(connection, device.unit_id)
        assert life["confirmed_names"] == [device.name]
    assert agrees(url)


def test_the_way_of_a_unit_is_the_same(url: str) -> None:
    with Ledger.open(url, "line1", Ticking()) as ledger:
        open_batch(ledger, quantity=2)
        record = burned(ledger, 1, batch="WO1")
        burned(ledger, 2, Outcome.FAIL, batch="WO1")
        late = an_attempt(3, name=None, batch="WO1")
        ledger.begin(late)
        late = replace(late, device_name="plug-3", ids={**late.ids, "imei": "861234567890123"})
        ledger.bind(late)
        with refused("E452"):
            ledger.begin(an_attempt(4, batch="WO1"))
        ledger.finish(late, a_result())
        with refused("E451"):
            ledger.begin(an_attempt(4, batch="WO1"))
        with refused("E450"):
            ledger.begin(an_attempt(5, name="plug-3"))
        assert ledger.unit(record.attempt.unit_id, "S3EUVBRJLB").passed == record
    with ManifestReader.open(url) as reader:
        with reader.connection() as connection:
            assert unit_ids_matching(connection, "861234567890123") == (late.unit_id,)
        outcomes = [e["outcome"] for e in reader.attempts_json(AttemptFilter(batch="WO1"))]
        assert outcomes == ["PASS", "FAIL", "PASS"]
    assert agrees(url)


def test_what_tests_measured_is_read_unit_by_unit_and_in_the_order_of_the_log(url: str) -> None:
    with Ledger.open(url, "line1", Ticking()) as ledger:
        open_batch(ledger)
        burned_with_tests(ledger, 2, rf_test(tx_power("12.30")))
        burned_with_tests(ledger, 1, rf_test(tx_power("9.10", good=False)))
        burned_with_tests(ledger, 2, rf_test(tx_power("12.40")), rework="repaired")
        burned(ledger, 3, batch="WO1")

        def values(*, by_unit: bool) -> list[str]:
            attempts = attempts_with_tests(ledger.reader, by_unit=by_unit)
            return [attempt.tests[0].measurements[0].value for attempt in attempts]

        assert values(by_unit=False) == ["12.30", "9.10", "12.40"]
        assert values(by_unit=True) == ["9.10", "12.30", "12.40"]
    assert agrees(url)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET kind = 'void'",
        "DELETE FROM records",
        "TRUNCATE records",
        "DELETE FROM checkpoints",
    ],
)
def test_the_server_refuses_to_change_records(url: str, statement: str) -> None:
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
    with (
        psycopg.connect(url.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.Error, match=r"append-only|referenced in a foreign key"),
    ):
        connection.execute(statement.encode())


def test_an_edit_by_the_servers_master_is_found(url: str) -> None:
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
        burned(ledger, 2)
    hostile(url, "UPDATE records SET body = replace(body, '\"3\"', '\"4\"') WHERE number = 3")
    with ManifestReader.open(url) as reader:
        assert flaws(reader) == ["E713 records: record 3 is not the one that was signed"]


def test_one_writer_per_station_on_the_server(url: str) -> None:
    with Ledger.open(url, "line1"):
        with refused("E704"):
            Ledger.open(url, "line1")
        Ledger.open(url, "line2").close()
    Ledger.open(url, "line1").close()


def test_one_writer_per_station_by_whatever_url_the_server_is_reached(url: str) -> None:
    with Ledger.open(url, "line1"), refused("E704"):
        Ledger.open(f"{url}&application_name=again", "line1")


def test_stations_that_start_together_make_one_manifest(url: str) -> None:
    def start(number: int) -> str:
        with Ledger.open(url, f"line{number}") as ledger:
            open_batch(ledger, quantity=4)
            burned(ledger, number, batch="WO1")
            return ledger.origin

    with ThreadPoolExecutor(4) as stations:
        assert len(set(stations.map(start, range(4)))) == 1
    assert agrees(url)


def test_four_stations_never_double_a_name_nor_pass_the_quantity(url: str) -> None:
    refusals: set[str] = set()

    def work(station: int) -> int:
        passed = 0
        with Ledger.open(url, f"line{station}") as ledger:
            open_batch(ledger, quantity=30)
            for unit in range(station, 60, 4):
                attempt = an_attempt(
                    unit, name=f"plug-{unit // 2 * 2}", batch="WO1", station=f"line{station}"
                )
                try:
                    ledger.begin(attempt)
                except BurnerError as error:
                    refusals.add(error.code)
                    ledger.finish(attempt, a_result(Outcome.FAIL, code=error.code))
                    continue
                failed = unit % 7 == 0
                ledger.finish(attempt, a_result(Outcome.FAIL if failed else Outcome.PASS))
                passed += not failed
        return passed

    with ThreadPoolExecutor(4) as stations:
        passed = sum(stations.map(work, range(4)))
    assert refusals <= {"E450", "E451", "E452"}
    with ManifestReader.open(url) as reader:
        elements = list(reader.attempts_json(AttemptFilter(outcome="PASS")))
        names = [e["device_name"] for e in elements]
        assert passed == len(names) == len(set(names)) <= 30
        row = reader.batch("WO1")
        assert row is not None
        assert row.taken == passed
    assert agrees(url)


def test_four_stations_never_make_more_than_the_first_article_before_its_approval(
    url: str,
) -> None:
    article = FirstArticle(units=3, approvers={"alice": signer("alice").key.base64})

    def work(station: int) -> int:
        begun = 0
        name = f"line{station}"
        with Ledger.open(url, name) as ledger:
            open_batch(ledger, quantity=30, first_article=article)
            for unit in range(station, 24, 4):
                attempt = an_attempt(unit, batch="WO1", station=name)
                with suppress(BurnerError):
                    ledger.begin(attempt)
                    begun += 1
                    ledger.finish(attempt, a_result())
        return begun

    with ThreadPoolExecutor(4) as stations:
        assert sum(stations.map(work, range(4))) == 3
        with Ledger.open(url, "desk") as desk:
            approve_first_article(desk, "WO1", lambda: signer("alice"), note="good")
        assert sum(stations.map(work, range(4))) > 3
    assert agrees(url)


def test_a_station_that_loses_the_server_says_so_and_goes_on_when_it_is_back(
    server: Server, url: str
) -> None:
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
        attempt = an_attempt(2)
        ledger.begin(attempt)
        server.stop()
        try:
            with refused("E711"):
                ledger.finish(attempt, a_result())
            with refused("E711"):
                ledger.begin(an_attempt(3))
        finally:
            server.start()
        ledger.finish(attempt, a_result())
        burned(ledger, 3)
        with refused("E711"):
            ledger.unit(attempt.unit_id, attempt.product_id)  # on the connection that was lost
        assert ledger.unit(attempt.unit_id, attempt.product_id).passed is not None
        with refused("E704"):
            Ledger.open(url, "line1")
    assert agrees(url)


def test_a_server_that_is_not_there_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CONNECT_TIMEOUT_S", 1)
    nowhere = f"postgresql+psycopg://postgres@/x?host={tmp_path}"
    for opening in (lambda: Ledger.open(nowhere, "line1"), lambda: ManifestReader.open(nowhere)):
        with refused("E711"):
            opening()


def test_a_password_in_the_url_is_never_reported(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://postgres:hunter2@/x?host={tmp_path}"
    with pytest.raises(BurnerError) as caught:
        Ledger.open(url, "line1")
    assert "hunter2" not in str(caught.value)


def test_another_database_by_url_is_refused() -> None:
    with refused("E720"):
        Ledger.open("mysql://root@localhost/x", "line1")
    with refused("E720"):
        Ledger.open("://", "line1")


def test_an_empty_server_has_no_manifest_to_read(url: str) -> None:
    with refused("E702"):
        ManifestReader.open(url)


FACTORY = """
import os, sys, time
from burner.core.errors import BurnerError
from burner.manifest.writing.ledger import Ledger
from burner.core.attempt import Outcome
from tests.manifest.records import a_result, an_attempt, open_batch

url, station = sys.argv[1], int(sys.argv[2])


def through(step):
    while True:
        try:
            return step()
        except BurnerError as error:
            if error.code != "E711":
                raise
            time.sleep(0.05)


with through(lambda: Ledger.open(url, f"line{station}")) as ledger:
    through(lambda: open_batch(ledger, quantity=300))
    for unit in range(station, 400, 4):
        name = f"plug-{unit - 4 if unit % 40 == station + 4 else unit}"
        for number in range(1, 20):
            attempt = an_attempt(
                unit, name=name, batch="WO1", station=f"line{station}", try_number=number
            )
            try:
                ledger.begin(attempt)
                result = a_result(Outcome.FAIL if (unit + number) % 11 == 0 else Outcome.PASS)
                through(lambda: ledger.finish(attempt, result))
                break
            except BurnerError as error:
                if error.code in ("E450", "E451"):
                    break
                assert error.code in ("E452", "E711"), error
                time.sleep(0.02)
"""


def test_four_stations_four_hundred_units_three_hundred_places_and_a_restart(
    server: Server, url: str
) -> None:
    root = Path(__file__).parents[2]
    stations = [
        subprocess.Popen([sys.executable, "-c", FACTORY, url, str(n)], cwd=root) for n in range(4)
    ]
    time.sleep(2)
    server.stop()
    time.sleep(0.5)
    server.start()
    assert [station.wait(100) for station in stations] == [0, 0, 0, 0]
    with ManifestReader.open(url) as reader:
        passed = list(reader.attempts_json(AttemptFilter(outcome="PASS")))
        row = reader.batch("WO1")
    units = {e["unit_id"] for e in passed}
    names = {e["device_name"]: e["unit_id"] for e in passed}
    assert row is not None
    assert len(units) == len(names) == row.taken == 300
    assert agrees(url)
