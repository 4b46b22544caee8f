"""The outbox is filled in the transaction of the record."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.core.measurements import TestOutcome, TestResult
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.store.outbox import NewMessage
from burner.mes.events import FaultCleared, FaultOccurred, UnitsTested, WorkCompleted, WorkStarted
from burner.station.mes.outbox_filler import OutboxFiller
from burner.station.mes.sender import Sender
from tests.manifest.records import a_result, an_attempt, burned, open_batch
from tests.station.mes.outbox import MesInMemory, queue_of, rows, told_ledger


def sent(folder: Path, *outcomes: tuple[int, Outcome, str]) -> MesInMemory:
    """What a MES gets of units that end so: number, outcome, code."""
    mes = MesInMemory()
    with told_ledger(folder) as ledger, queue_of(ledger) as queue:
        for unit, outcome, code in outcomes:
            attempt = an_attempt(unit, batch="WO1")
            ledger.begin(attempt)
            ledger.finish(attempt, a_result(outcome, code=code))
        Sender("mes", mes, queue).send_due()
    return mes


def test_a_unit_that_passes_is_told_from_its_start_to_its_end(tmp_path: Path) -> None:
    mes = sent(tmp_path, (1, Outcome.PASS, ""))
    unit = an_attempt(1).unit_id
    assert mes.kinds == [
        (unit, "WorkStarted"),
        (unit, "UnitsPersonalized"),
        (unit, "WorkCompleted"),
    ]
    started, _, completed = (message.event for message in mes.taken)
    assert isinstance(started, WorkStarted)
    assert isinstance(completed, WorkCompleted)
    assert started.attempt == completed.attempt
    attempt = an_attempt(1)
    assert (completed.device_name, completed.ids) == (attempt.device_name, attempt.ids)
    assert (completed.outcome, completed.milliseconds) == ("PASS", 12345)


def test_a_bad_slot_is_a_fault_that_is_told_once_and_cleared(tmp_path: Path) -> None:
    mes = sent(
        tmp_path,
        *((unit, Outcome.ERROR, "E501") for unit in (1, 1, 2)),
        (3, Outcome.PASS, ""),
    )
    faults = [m for m in mes.taken if isinstance(m.event, FaultOccurred | FaultCleared)]
    occurred, cleared = (message.event for message in faults)
    assert isinstance(occurred, FaultOccurred)
    assert isinstance(cleared, FaultCleared)
    assert (occurred.slot, occurred.code, occurred.fault) == ("3", "E501", cleared.fault)
    assert {message.subject for message in faults} == {"station/line1"}


def test_a_bad_unit_is_no_fault(tmp_path: Path) -> None:
    mes = sent(tmp_path, (1, Outcome.FAIL, "E601"))
    assert [kind for _, kind in mes.kinds] == ["WorkStarted", "WorkCompleted"]


def test_tests_of_a_unit_are_told_with_what_they_measured(tmp_path: Path) -> None:
    mes, result = MesInMemory(), TestResult("rf", "run", TestOutcome.PASS)
    with told_ledger(tmp_path) as ledger, queue_of(ledger) as queue:
        attempt = an_attempt(1, batch="WO1")
        ledger.begin(attempt)
        ledger.finish(attempt, a_result(tests=(result,)))
        Sender("mes", mes, queue).send_due()
    (tested,) = (m.event for m in mes.taken if isinstance(m.event, UnitsTested))
    assert (tested.passed, tested.tests) == (True, (result,))


def test_each_destination_gets_the_kinds_that_it_wants(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger:
        wanted = {"all": (), "ends": ("WorkCompleted",)}
        ledger.writer.fill_outbox = OutboxFiller("line1", wanted, "line1")
        burned(ledger)
        assert [kind for kind, _, name in rows(ledger) if name == "ends"] == ["WorkCompleted"]
        assert len([name for _, _, name in rows(ledger) if name == "all"]) == 3


def test_a_record_that_is_refused_leaves_no_message(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger:
        ledger.begin(an_attempt(1, batch="WO1"))
        before = rows(ledger)
        with pytest.raises(BurnerError):
            ledger.begin(an_attempt(2, batch="WO1", name=an_attempt(1).device_name))
        assert rows(ledger) == before


def test_a_message_that_cannot_be_made_leaves_no_record(tmp_path: Path) -> None:
    """Both are in one transaction: neither is there without the other."""

    def breaks(_: str, __: int, entries: Sequence[AnyEntry]) -> Sequence[NewMessage]:
        raise RuntimeError(str(len(entries)))

    with told_ledger(tmp_path) as ledger:
        size = ledger.reader.size()
        ledger.writer.fill_outbox = breaks
        with pytest.raises(RuntimeError):
            ledger.begin(an_attempt(1, batch="WO1"))
        assert ledger.reader.size() == size


def test_what_people_decide_of_a_batch_is_no_message(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO2")
        assert rows(ledger) == []
