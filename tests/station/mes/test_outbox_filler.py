"""The outbox is filled in the transaction of the record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.measurements import TestOutcome, TestResult
from burner.manifest.entries.kinds import AnyEntry, Intent, NameBound, OutcomeEntry
from burner.manifest.store.outbox import NewMessage
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.mes.event_json import KINDS, event_from_json
from burner.mes.events import (
    FaultCleared,
    FaultOccurred,
    MesEvent,
    UnitsDisqualified,
    UnitsTested,
    WorkCompleted,
    WorkStarted,
)
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


class Breaks(OutboxFiller):
    """Cannot make a message."""

    def __init__(self) -> None:
        super().__init__("line1", {"mes": ()}, "line1")

    def __call__(self, *_: object) -> Iterator[NewMessage]:
        raise RuntimeError


def test_a_record_that_is_refused_leaves_no_message(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger:
        ledger.begin(an_attempt(1, batch="WO1"))
        before = rows(ledger)
        with pytest.raises(BurnerError):
            ledger.begin(an_attempt(2, batch="WO1", name=an_attempt(1).device_name))
        assert rows(ledger) == before


class FailsOnce(OutboxFiller):
    """When the messages of a record are made, the server restarts: their commit fails."""

    def __init__(self, kind: type[AnyEntry]) -> None:
        super().__init__("line1", {"mes": ()}, "line1")
        self.kind, self.failures = kind, 1

    def __call__(
        self, state: TableState, origin: str, first: int, entries: Sequence[AnyEntry], /
    ) -> Iterator[NewMessage]:
        yield from super().__call__(state, origin, first, entries)
        if self.failures and isinstance(entries[0], self.kind):
            self.failures -= 1
            raise BurnerError(Code.DATABASE_UNREACHABLE, "the server restarts")


def again(call: Callable[[], object]) -> None:
    """Call the ledger as a slot does: once more where it could not be reached."""
    try:
        call()
    except BurnerError:
        call()


def told_of_a_unit(folder: Path, filler: OutboxFiller, outcome: Outcome) -> list[MesEvent]:
    """All events of a unit that gets its name after the boot and ends so."""
    with told_ledger(folder) as ledger, queue_of(ledger) as queue:
        ledger.writer.fill_outbox = filler
        attempt = an_attempt(1, batch="WO1", name=None, id="1" * 32)
        named = replace(attempt, device_name="plug1")
        again(lambda: ledger.begin(attempt))
        again(lambda: ledger.bind(named))
        again(lambda: ledger.finish(named, a_result(outcome)))
        events = [event_from_json(kind, body) for kind, body in queue.events(*KINDS)]
    return [replace(e, fault="") if isinstance(e, FaultOccurred) else e for e in events]


@pytest.mark.parametrize("kind", [Intent, NameBound, OutcomeEntry])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.ERROR])
def test_a_record_whose_first_commit_failed_is_told_like_any_other(
    tmp_path: Path, kind: type[AnyEntry], outcome: Outcome
) -> None:
    filler = FailsOnce(kind)
    told = told_of_a_unit(tmp_path / "failed", filler, outcome)
    assert filler.failures == 0
    steady = OutboxFiller("line1", {"mes": ()}, "line1")
    assert told == told_of_a_unit(tmp_path / "steady", steady, outcome)
    completed = [event for event in told if isinstance(event, WorkCompleted)]
    assert [event.device_name for event in completed] == ["plug1"]


def test_a_fault_is_cleared_once_although_the_commit_of_its_end_failed(tmp_path: Path) -> None:
    filler = FailsOnce(OutcomeEntry)
    filler.failures = 0
    with told_ledger(tmp_path) as ledger:
        ledger.writer.fill_outbox = filler
        burned(ledger, 1, Outcome.ERROR)
        filler.failures = 1
        attempt = an_attempt(2, batch="WO1")
        ledger.begin(attempt)
        again(lambda: ledger.finish(attempt, a_result()))
        kinds = [kind for kind, _, _ in rows(ledger)]
    assert filler.failures == 0
    assert kinds.count("FaultOccurred") == kinds.count("FaultCleared") == 1


def test_a_unit_that_is_scrapped_has_the_name_and_ids_of_its_last_attempt(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger, queue_of(ledger) as queue:
        attempt = an_attempt(1, batch="WO1", name=None)
        ledger.begin(attempt)
        named = replace(attempt, device_name="plug1", ids={**attempt.ids, "label": "SN1"})
        ledger.bind(named)
        ledger.finish(named, a_result())
        why = {"operator": "li", "reason": "cracked"}
        unit, product = attempt.unit_id, attempt.product_id
        correct(ledger, CorrectionKind.SCRAP, unit, product_id=product, **why)
        ((kind, body),) = queue.events("UnitsDisqualified")
    event = event_from_json(kind, body)
    assert isinstance(event, UnitsDisqualified)
    assert (event.device_name, event.ids) == ("plug1", named.ids)


def test_a_message_that_cannot_be_made_leaves_no_record(tmp_path: Path) -> None:
    """Both are in one transaction: neither is there without the other."""

    with told_ledger(tmp_path) as ledger:
        size = ledger.reader.size()
        ledger.writer.fill_outbox = Breaks()
        with pytest.raises(RuntimeError):
            ledger.begin(an_attempt(1, batch="WO1"))
        assert ledger.reader.size() == size


def test_what_people_decide_of_a_batch_is_no_message(tmp_path: Path) -> None:
    with told_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO2")
        assert rows(ledger) == []
