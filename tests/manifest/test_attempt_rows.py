"""Attempts as reports count them, and units as audits draw them: the same on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from burner.manifest.attempt_rows import AttemptRow, attempt_rows
from burner.manifest.audits import checks, passed_units, record_check
from burner.manifest.desk import Correction, correct
from burner.manifest.files.name_list import name_lines
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Filter, Reader
from burner.model import Outcome
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "manifest.db")
    return str(request.getfixturevalue("server").database())


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    with Ledger.open(place, "line1", Ticking()) as opened:
        open_batch(opened)
        open_batch(opened, "WO2")
        yield opened


def rows(ledger: Ledger, wanted: Filter | None = None) -> list[AttemptRow]:
    return list(attempt_rows(ledger.reader, wanted or Filter()))


def mark(ledger: Ledger, what: Correction, unit: int) -> None:
    correct(
        ledger.writer,
        what,
        str(unit_mac(unit)),
        product_id="S3EUVBRJLB",
        operator="qa",
        reason="dropped",
        batch="WO1",
    )


def test_attempts_of_a_unit_come_together_and_in_order(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, batch="WO1")
    burned(ledger, 2, batch="WO1")
    burned(ledger, 1, batch="WO1", try_number=2, slot="7")
    found = rows(ledger)
    assert [(row.unit_id[-2:], row.outcome, row.try_number) for row in found] == [
        ("02", "PASS", 1),
        ("01", "FAIL", 1),
        ("01", "PASS", 2),
    ]
    again = found[2]
    assert (again.slot, again.station, again.code, again.began) == ("7", "line1", "", True)
    assert (again.ms, again.timings_ms) == (12345, {"identify": 500, "write": 9250})
    assert again.started == START.timestamp()


def test_open_attempts_and_attempts_that_never_began_are_told_apart(ledger: Ledger) -> None:
    late = an_attempt(1, name=None, batch="WO1", rework="new flash")
    ledger.begin(late)
    ledger.bind(replace(late, device_name="plug-1"))
    ledger.finish(an_attempt(2, batch="WO1"), a_result(Outcome.FAIL, code="E403"))
    opened, refused = rows(ledger)
    assert (opened.outcome, opened.device_name, opened.began) == ("OPEN", "plug-1", True)
    assert (opened.ms, opened.rework) == (0, "new flash")
    assert (refused.outcome, refused.code, refused.began) == ("FAIL", "E403", False)


def test_a_unit_with_a_past_is_known_by_it_whatever_the_filter(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, batch="WO2")
    burned(ledger, 1, batch="WO1")
    burned(ledger, 2, batch="WO1")
    assert [row.earlier for row in rows(ledger, Filter(batch="WO1"))] == [True, False]
    assert [row.earlier for row in rows(ledger, Filter(batch="WO2"))] == [False]


def test_voided_attempts_do_not_count_and_leave_no_past(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, batch="WO1")
    mark(ledger, Correction.VOID, 1)
    assert rows(ledger) == []
    burned(ledger, 1, batch="WO1")
    assert [(row.outcome, row.earlier) for row in rows(ledger)] == [("PASS", False)]


def test_a_scrapped_unit_is_marked_until_it_is_burned_again(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1")
    mark(ledger, Correction.REWORK, 1)
    assert [row.scrapped for row in rows(ledger)] == [False]
    mark(ledger, Correction.SCRAP, 1)
    assert [row.scrapped for row in rows(ledger)] == [True]
    assert list(name_lines(ledger.reader, header="")) == []
    burned(ledger, 1, batch="WO1", rework="flash replaced")
    assert [row.scrapped for row in rows(ledger)] == [True, False]
    assert list(name_lines(ledger.reader, header="")) == ["7cdfa1000001\n"]


def test_filters_are_those_of_the_list(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1")
    burned(ledger, 2, Outcome.FAIL, batch="WO2")
    soon = START + timedelta(seconds=1)
    for wanted in (
        Filter(batch="WO1"),
        Filter(product="none"),
        Filter(outcome="FAIL"),
        Filter(until=START),
        Filter(until=soon),
        Filter(since=START),
    ):
        listed = [element["unit_id"] for element in ledger.reader.elements(wanted)]
        assert [row.unit_id for row in rows(ledger, wanted)] == sorted(listed)


def test_a_check_is_a_record_that_is_found_again(ledger: Ledger, place: str) -> None:
    record = burned(ledger, 1, batch="WO1")
    burned(ledger, 2, Outcome.FAIL, batch="WO1")
    findings = [{"what": "app", "verdict": "differs", "why": "é"}]
    record_check(ledger.writer, record, good=False, findings=findings, operator="qa")
    with Reader.open(place) as reader:
        (found,) = checks(reader, "WO1")
        assert [unit.device_name for unit in passed_units(reader, "WO1")] == ["7cdfa1000001"]
        assert checks(reader, "WO2") == []
    assert (found.unit_id, found.good, found.operator) == ("7c:df:a1:00:00:01", False, "qa")
    assert (found.station, found.findings) == ("line1", tuple(findings))
