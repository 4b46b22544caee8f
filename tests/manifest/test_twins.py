"""An IMEI or a serial number is one unit's, in the whole manifest, imported units included."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.canonical import loads
from burner.manifest.checks.verify import verify
from burner.manifest.desk import Correction
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.manifest.tables import records
from burner.model import Attempt, Outcome
from tests.manifest.postgres import Server
from tests.manifest.records import Ticking, a_result, an_attempt, open_batch, unit_mac

IMEI = "490154203237518"
OTHER_IMEI = "861234567890123"


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def with_ids(unit: int, station: str = "line1", product: str = "S3EUVBRJLB", **ids: str) -> Attempt:
    attempt = an_attempt(unit, station=station, product_id=product)
    return replace(attempt, ids={**attempt.ids, **ids})


def ends(ledger: Ledger, attempt: Attempt, outcome: Outcome = Outcome.PASS) -> None:
    ledger.begin(attempt)
    ledger.finish(attempt, a_result(outcome))


@pytest.fixture
def agreeing(ledger: Ledger, path: Path) -> Iterator[Ledger]:
    """A manifest that must agree with itself after the test."""
    yield ledger
    with Reader.open(path) as reader:
        assert verify(reader).flaw is None


@pytest.mark.parametrize(("source", "code"), [("imei", "E426"), ("serial", "E433")])
def test_an_id_of_a_passed_unit_stops_another(agreeing: Ledger, source: str, code: str) -> None:
    ends(agreeing, replace(with_ids(1, **{source: IMEI}), slot="7"))
    with refused(code) as caught:
        agreeing.begin(with_ids(2, **{source: IMEI}))
    for part in (IMEI, "7c:df:a1:00:00:01", "2025-01-31", "line1 #7"):
        assert part in caught.value.detail


def test_an_id_of_an_open_unit_stops_another(agreeing: Ledger) -> None:
    agreeing.begin(with_ids(1, imei=IMEI))
    with refused("E426"):
        agreeing.begin(with_ids(2, imei=IMEI))


def test_a_unit_may_be_burned_again_with_its_own_ids(agreeing: Ledger) -> None:
    ends(agreeing, with_ids(1, imei=IMEI, serial="SN-1"))
    ends(agreeing, with_ids(1, imei=IMEI, serial="SN-1"))


def test_a_unit_that_never_passed_keeps_no_id(agreeing: Ledger) -> None:
    ends(agreeing, with_ids(1, imei=IMEI), Outcome.FAIL)
    ends(agreeing, with_ids(2, imei=IMEI))


@pytest.mark.parametrize("what", [Correction.SCRAP, Correction.VOID])
def test_a_scrapped_or_voided_unit_frees_its_ids(agreeing: Ledger, what: Correction) -> None:
    ends(agreeing, with_ids(1, imei=IMEI))
    said = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "dropped"}
    desk.correct(agreeing.writer, what, str(unit_mac(1)), **said)
    ends(agreeing, with_ids(2, imei=IMEI))


def test_a_modem_that_was_replaced_frees_its_imei(agreeing: Ledger) -> None:
    ends(agreeing, with_ids(1, imei=IMEI))
    ends(agreeing, with_ids(1, imei=OTHER_IMEI))
    ends(agreeing, with_ids(2, imei=IMEI))
    with refused("E426"):
        agreeing.begin(with_ids(3, imei=OTHER_IMEI))


def test_serial_numbers_count_in_their_product_and_imeis_everywhere(agreeing: Ledger) -> None:
    ends(agreeing, with_ids(1, imei=IMEI, serial="1"))
    ends(agreeing, with_ids(2, product="OTHERPROD1", serial="1"))
    with refused("E426"):
        agreeing.begin(with_ids(3, product="OTHERPROD1", imei=IMEI))


def test_a_label_that_reads_like_a_serial_number_is_no_twin(agreeing: Ledger) -> None:
    ends(agreeing, with_ids(1, label="SN-1"))
    ends(agreeing, with_ids(2, serial="SN-1"))


def test_an_id_that_the_boot_told_is_claimed_beside_an_early_name(
    agreeing: Ledger, path: Path
) -> None:
    attempt = an_attempt(1, name="plug-1")
    agreeing.begin(attempt)
    attempt = replace(attempt, ids={**attempt.ids, "imei": IMEI})
    agreeing.bind(attempt)
    agreeing.finish(attempt, a_result())
    with Reader.open(path) as reader:
        assert reader.find(IMEI) == reader.find("plug-1") == (attempt.unit_id,)
        (element,) = reader.elements()
    assert (element["ids"], len(element["records"])) == (attempt.ids, 3)


def test_a_unit_of_an_imported_manifest_has_its_ids_too(agreeing: Ledger, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "there.db", "line9", Ticking()) as there:
        ends(there, with_ids(1, "line9", imei=IMEI))
        file = tmp_path / "there.chain.jsonl"
        file.write_text("".join(export_chain(there.reader)), encoding="utf-8")
    import_chain(agreeing.writer, file, "wang")
    with refused("E426") as caught:
        agreeing.begin(with_ids(2, imei=IMEI))
    assert "line9" in caught.value.detail


def test_an_import_tells_ids_that_units_here_have_and_records_it(
    agreeing: Ledger, path: Path, tmp_path: Path
) -> None:
    ends(agreeing, with_ids(1, imei=IMEI, serial="SN-1"))
    ends(agreeing, with_ids(2, imei=OTHER_IMEI, label="SN-2"))
    ends(agreeing, with_ids(3, serial="SN-2"), Outcome.FAIL)
    file, office = tmp_path / "line1.jsonl", tmp_path / "office.db"
    with Reader.open(path) as reader:
        file.write_text("".join(export_chain(reader)), encoding="utf-8")
    with Ledger.open(office, "desk", Ticking()) as desk_ledger:
        open_batch(desk_ledger)
        ends(desk_ledger, with_ids(77, "desk", imei=IMEI))
        ends(desk_ledger, with_ids(78, "desk", serial="SN-2"))
        ends(desk_ledger, with_ids(79, "desk", product="OTHER00000", serial="SN-1"))
        (double,) = import_chain(desk_ledger.writer, file, "wang").doubled_ids
        assert (double["source"], double["value"]) == ("imei", IMEI)
        assert (double["unit_id"], double["station"], double["seq"]) == (
            str(unit_mac(1)),
            "line1",
            2,
        )
        here = (double["holder"], double["holder_station"], double["holder_seq"])
        assert here == (str(unit_mac(77)), "desk", 2)
        with desk_ledger.reader.connection() as connection:
            query = select(records.c.body).where(records.c.kind == "imported")
            body = loads(connection.execute(query).scalar_one())
        assert body["data"]["doubled_ids"] == [double]
        assert import_chain(desk_ledger.writer, file, "wang").doubled_ids == []
        assert verify(desk_ledger.reader).flaw is None


def test_a_late_twin_is_stopped_and_the_attempt_can_still_end(agreeing: Ledger, path: Path) -> None:
    first, second = an_attempt(1), an_attempt(2)
    for attempt in (first, second):
        agreeing.begin(attempt)
    first, second = (replace(each, ids={**each.ids, "imei": IMEI}) for each in (first, second))
    agreeing.bind(first)
    agreeing.finish(first, a_result())
    with refused("E426"):
        agreeing.bind(second)
    agreeing.finish(second, a_result(Outcome.FAIL, code="E426"))
    with Reader.open(path) as reader:
        assert reader.find(IMEI) == (first.unit_id,)


def test_a_name_that_stands_is_not_changed_late(agreeing: Ledger) -> None:
    attempt = an_attempt(1, name="plug-1")
    agreeing.begin(attempt)
    with refused("E716"):
        agreeing.bind(replace(attempt, device_name="plug-2"))


def test_two_stations_that_read_one_imei_at_once_do_not_both_begin(server: Server) -> None:
    url = server.database()
    numbers = range(20)

    def work(station: int) -> set[int]:
        name, begun = f"line{station}", set()
        with Ledger.open(url, name) as ledger:
            for number in numbers:
                try:
                    ledger.begin(with_ids(100 * station + number, name, imei=f"{number:015}"))
                    begun.add(number)
                except BurnerError as error:
                    codes.add(error.code)
        return begun

    codes: set[str] = set()
    with ThreadPoolExecutor(2) as stations:
        first, second = stations.map(work, (1, 2))
    assert codes == {"E426"}
    assert not first & second
    assert first | second == set(numbers)
