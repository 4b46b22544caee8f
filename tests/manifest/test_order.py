"""Inside one manifest the order is that of the transactions, whatever two stations' clocks say."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from burner.manifest import desk
from burner.manifest.attempt_rows import attempt_rows
from burner.manifest.batches import status
from burner.manifest.canonical import loads
from burner.manifest.desk import Correction
from burner.manifest.ledger import Ledger
from burner.manifest.life import lives_of
from burner.manifest.reader import Filter, Reader
from burner.manifest.tables import records
from burner.model import Outcome
from tests.manifest.postgres import Server
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)

PRODUCT = "S3EUVBRJLB"
UNIT = str(unit_mac(1))


@pytest.fixture
def ahead(path: Path) -> Iterator[Ledger]:
    """Station line1, whose clock is five minutes ahead, with a batch of three."""
    with Ledger.open(path, "line1", Ticking(START + timedelta(minutes=5))) as ledger:
        open_batch(ledger, planned=3)
        yield ledger


@pytest.fixture
def right(ahead: Ledger, path: Path) -> Iterator[Ledger]:
    """Station line2, whose clock is right."""
    with Ledger.open(path, "line2", Ticking()) as ledger:
        yield ledger


def correct(ledger: Ledger, what: Correction, batch: str = "WO1") -> None:
    said = {"product_id": PRODUCT, "operator": "wang", "reason": "dropped"}
    desk.correct(ledger.writer, what, UNIT, **said, batch=batch)


def numbers(ledger: Ledger) -> list[tuple[str, int]]:
    """Kind and `nth` of every record of the unit, station by station."""
    rows = ledger.writer.look(
        select(records.c.kind, records.c.body)
        .where(records.c.unit_id == UNIT)
        .order_by(records.c.chain, records.c.seq)
    )
    return [(row.kind, loads(row.body)["data"]["nth"]) for row in rows]


def counted(ledger: Ledger) -> list[tuple[str, str, bool, bool]]:
    """What a report counts: station, outcome, whether tried before, whether scrapped since."""
    rows = attempt_rows(ledger.reader)
    return [(row.station, row.outcome, row.earlier, row.scrapped) for row in rows]


def test_a_unit_taken_over_by_a_station_with_a_slower_clock_is_what_came_last(
    ahead: Ledger, right: Ledger
) -> None:
    ahead.begin(an_attempt(batch="WO1"))
    burned(right, 1, Outcome.FAIL, batch="WO1", station="line2")
    found = status(right.reader, "WO1")
    assert (found.failed, found.open) == ((UNIT,), ())
    history = right.unit(UNIT, PRODUCT)
    assert history.open is None
    assert history.last is not None
    assert history.last.attempt.station == "line2"
    (life,) = lives_of(right.reader, UNIT)
    assert [each["station"] for each in life["attempts"]] == ["line1", "line2"]
    assert [each["nth"] for each in life["attempts"]] == [1, 2]
    assert counted(right) == [("line1", "OPEN", False, False), ("line2", "FAIL", True, False)]


def test_who_took_over_from_an_open_attempt_is_who_said_so(ahead: Ledger, right: Ledger) -> None:
    ahead.begin(an_attempt(batch="WO1"))
    burned(right, 1, Outcome.FAIL, batch="WO1", station="line2")
    elements = {each["station"]: each for each in right.reader.elements(Filter(unit=UNIT))}
    assert elements["line2"]["supersedes"] == [{"station": "line1", "seq": 2}]
    assert elements["line1"]["superseded_by"] == {"station": "line2", "seq": 1}


def test_a_unit_scrapped_by_a_desk_whose_clock_is_ahead_and_burned_again_has_passed(
    ahead: Ledger, right: Ledger
) -> None:
    burned(right, 1, batch="WO1", station="line2")
    correct(ahead, Correction.SCRAP)
    assert right.unit(UNIT, PRODUCT).passed is None
    assert status(right.reader, "WO1").scrapped == (UNIT,)
    burned(right, 1, batch="WO1", station="line2")
    assert right.unit(UNIT, PRODUCT).passed is not None
    assert status(right.reader, "WO1").passed == (UNIT,)
    assert counted(right)[1] == ("line2", "PASS", True, False)


def test_a_unit_scrapped_by_a_desk_whose_clock_is_behind_is_scrapped(
    ahead: Ledger, right: Ledger
) -> None:
    burned(ahead, 1, batch="WO1")
    correct(right, Correction.SCRAP)
    assert ahead.unit(UNIT, PRODUCT).passed is None
    assert status(ahead.reader, "WO1").scrapped == (UNIT,)
    assert counted(ahead) == [("line1", "PASS", False, True)]


def test_a_unit_scrapped_in_work_stays_scrapped_when_it_passes_then(
    ahead: Ledger, right: Ledger
) -> None:
    attempt = an_attempt(batch="WO1")
    ahead.begin(attempt)
    correct(right, Correction.SCRAP)
    ahead.finish(attempt, a_result())
    assert ahead.unit(UNIT, PRODUCT).passed is None
    assert status(ahead.reader, "WO1").scrapped == (UNIT,)


def test_attempts_are_counted_and_corrections_say_which_one_they_follow(
    ahead: Ledger, right: Ledger
) -> None:
    burned(ahead, 1, Outcome.FAIL, batch="WO1")
    burned(right, 1, Outcome.ERROR, batch="WO1", station="line2")
    never_begun = an_attempt(batch="WO1")
    ahead.finish(never_begun, a_result(Outcome.FAIL))
    correct(ahead, Correction.REWORK)
    burned(ahead, 1, batch="WO1")
    line1 = [("intent", 1), ("outcome", 1), ("outcome", 2), ("correction", 2)]
    line2 = [("intent", 2), ("outcome", 2)]
    assert numbers(ahead) == [*line1, ("intent", 3), ("outcome", 3), *line2]


def test_an_attempt_that_never_began_does_not_hide_an_open_one(
    ahead: Ledger, right: Ledger
) -> None:
    ahead.begin(an_attempt(batch="WO1"))
    right.finish(an_attempt(batch="WO1", station="line2"), a_result(Outcome.ERROR))
    assert right.unit(UNIT, PRODUCT).open is not None
    assert status(right.reader, "WO1").open == (UNIT,)


def test_the_order_is_the_same_on_a_server(server: Server) -> None:
    url = server.database()
    ahead = Ticking(START + timedelta(minutes=5))
    with Ledger.open(url, "line1", ahead) as line1, Ledger.open(url, "line2", Ticking()) as line2:
        open_batch(line1, planned=3)
        line1.begin(an_attempt(batch="WO1"))
        burned(line2, 1, Outcome.FAIL, batch="WO1", station="line2")
        assert status(line2.reader, "WO1").failed == (UNIT,)
        correct(line1, Correction.SCRAP)
        assert status(line1.reader, "WO1").scrapped == (UNIT,)
        burned(line2, 1, batch="WO1", station="line2")
        assert line1.unit(UNIT, PRODUCT).passed is not None
        assert status(line1.reader, "WO1").passed == (UNIT,)
        with Reader.open(url) as reader:
            assert len(list(reader.lives(Filter(unit=UNIT)))) == 3
