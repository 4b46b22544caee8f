"""The sender: in order for each unit, others go on, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.reading.outbox_backlog import undelivered
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.destination import MesAwayError, MesMessage, MesRefusedError
from burner.station.mes.backoff import LONGEST_S, wait_s
from burner.station.mes.sender import GIVES_UP_AFTER, Sender
from tests.manifest.records import an_attempt, burned
from tests.station.mes.outbox import MesInMemory, rows, told_ledger


class Line:
    """A station with three burned units, its outbox, a MES and a clock."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 1_000_000.0
        self.ledger: Ledger = told_ledger(folder)
        for unit in (1, 2, 3):
            burned(self.ledger, unit)
        self.mes = MesInMemory()
        self.queue = self.queue_of("line1")
        self.sender = self.sender_of(self.queue)

    def queue_of(self, station: str) -> OutboxQueue:
        return OutboxQueue(self.ledger.writer.where, station, lambda: self.seconds)

    def sender_of(self, queue: OutboxQueue) -> Sender:
        return Sender("mes", self.mes, queue, now=lambda: self.seconds, chance=lambda: 1.0)

    def units(self) -> list[int]:
        """The units of what came, by their number."""
        numbers = {an_attempt(unit).unit_id: unit for unit in (1, 2, 3)}
        return [numbers[subject] for subject, _ in self.mes.kinds]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    yield line
    line.queue.close()
    line.ledger.close()


def test_everything_goes_out_in_its_order(line: Line) -> None:
    line.sender.send_due()
    assert line.units() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {state for _, state, _ in rows(line.ledger)} == {"delivered"}


def test_one_unit_waits_and_the_others_go_on(line: Line) -> None:
    line.mes.failures = [MesAwayError("HTTP 500")]
    line.sender.send_due()
    assert line.units() == [2, 2, 2, 3, 3, 3]
    line.seconds += 2
    line.sender.send_due()
    assert line.units() == [2, 2, 2, 3, 3, 3, 1, 1, 1]


def test_a_refused_message_holds_back_its_unit_until_a_person_decides(line: Line) -> None:
    unit = an_attempt(2).unit_id
    line.mes.bad = {unit: MesRefusedError("HTTP 422: no such order")}
    line.sender.send_due()
    line.seconds += 3600
    line.sender.send_due()
    assert line.units() == [1, 1, 1, 3, 3, 3]
    (backlog,) = line.queue.backlogs()
    assert (backlog.waiting, backlog.refused) == (2, 1)
    assert backlog.error == "HTTP 422: no such order"
    line.mes.bad = {}
    assert line.queue.retry(destination="mes") == 3
    line.sender.send_due()
    assert line.units()[-3:] == [2, 2, 2]


def test_a_skipped_message_is_never_sent_and_says_who_decided_it(line: Line) -> None:
    unit = an_attempt(1).unit_id
    line.mes.bad = {unit: MesRefusedError("HTTP 400")}
    line.sender.send_due()
    line.mes.bad = {}
    refused = next(iter(line.queue.undelivered("mes")))
    assert line.queue.skip(operator="Li", reason="test unit", message_id=refused.id) == 1
    line.sender.send_due()
    assert [kind for subject, kind in line.mes.kinds if subject == unit] == [
        "UnitsPersonalized",
        "WorkCompleted",
    ]
    with line.ledger.reader.connection() as connection:
        (skipped,) = undelivered(connection, destination="mes", skipped=True)
        assert (skipped.id, skipped.error) == (refused.id, "skipped by Li: test unit")
        assert undelivered(connection) == ()
    for operator, reason in (("", "x"), ("Li", "")):
        with pytest.raises(BurnerError) as incomplete:
            line.queue.skip(operator=operator, reason=reason)
        assert incomplete.value.code == "E731"
    with pytest.raises(BurnerError) as unknown:
        line.queue.retry(message_id=refused.id)
    assert unknown.value.code == "E783"


@pytest.mark.parametrize("ends", [MesAwayError("HTTP 503"), MesRefusedError("HTTP 400"), None])
def test_a_message_that_is_skipped_while_it_is_sent_stays_skipped(
    line: Line, ends: Exception | None
) -> None:
    waiting = [*line.queue.undelivered("mes")]
    first, later = waiting[0], waiting[-1]

    class SkippedMeanwhile(MesInMemory):
        def deliver(self, message: MesMessage) -> None:
            for one in (first, later):
                if not self.taken:
                    line.queue.skip(operator="Li", reason="test", message_id=one.id)
            super().deliver(message)

    line.mes = SkippedMeanwhile()
    line.mes.failures = [ends]
    line.sender_of(line.queue).send_due(lambda: len(line.mes.taken) > 7)
    states = [state for _, state, _ in rows(line.ledger)]
    assert (states[0], states[-1]) == ("skipped", "skipped")
    assert later.id not in {message.id for message in line.mes.taken}


def test_a_mes_that_is_away_is_left_alone_for_a_while(line: Line) -> None:
    line.mes.failures = [MesAwayError("Connection refused")] * 9
    assert line.sender.send_due() == 1.0
    assert len(line.mes.failures) == 9 - GIVES_UP_AFTER
    assert line.sender.is_away
    assert line.sender.send_due() == 1.0
    assert len(line.mes.failures) == 9 - GIVES_UP_AFTER, "it was tried in the pause"
    for _ in range(20):
        line.seconds += LONGEST_S
        line.sender.send_due()
    assert sorted(line.units()) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert not line.sender.is_away


def test_a_mes_says_for_how_long_it_wants_nothing(line: Line) -> None:
    line.mes.failures = [MesAwayError("HTTP 429", retry_after_s=42)]
    assert line.sender.send_due() == 42
    line.seconds += 41
    line.sender.send_due()
    assert line.mes.taken == []
    line.seconds += 1
    line.sender.send_due()
    assert line.units() == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_restart_waits_no_less_and_loses_nothing(line: Line) -> None:
    line.mes.failures = [MesAwayError("HTTP 503")]
    line.sender.send_due(lambda: bool(line.mes.taken))
    line.sender_of(line.queue).send_due()
    assert 1 not in line.units()
    line.seconds += 1
    line.sender_of(line.queue).send_due()
    assert line.units() == [2, 2, 2, 3, 3, 3, 1, 1, 1]


def test_a_bug_of_a_destination_ends_no_sender(line: Line) -> None:
    line.mes.failures = [KeyError("x")]
    line.sender.send_due()
    (backlog,) = line.queue.backlogs()
    assert backlog.error.startswith("E900") or backlog.error.startswith("E9")
    line.seconds += 1
    line.sender.send_due()
    assert len(line.mes.taken) == 9


def test_a_unit_goes_on_at_another_station_in_its_order(line: Line) -> None:
    """The second station does not overtake what the first one has not delivered yet."""
    line.ledger.close()
    with told_ledger(line.ledger.writer.where.path.parent, "line2") as second:  # type: ignore[union-attr]
        burned(second, 1)
        burned(second, 4)
        with line.queue_of("line2") as queue:
            at_line2 = line.sender_of(queue)
            at_line2.send_due()
            assert {subject for subject, _ in line.mes.kinds} == {an_attempt(4).unit_id}
            line.sender.send_due()
            at_line2.send_due()
    of_unit = [m.station for m in line.mes.taken if m.subject == an_attempt(1).unit_id]
    assert of_unit == sorted(of_unit)
    assert set(of_unit) == {"line1", "line2"}


def test_what_a_desk_wrote_is_sent_by_the_first_station(line: Line) -> None:
    with line.queue_of("desk") as desk:
        assert desk.adopt("mes", of_station="line1") == 9
        line.sender.send_due()
        assert line.mes.taken == []
        line.sender_of(desk).send_due()
    assert len(line.mes.taken) == 9


def test_delivered_messages_are_thinned_after_a_time(line: Line) -> None:
    line.mes.failures = [MesRefusedError("HTTP 400")]
    line.sender.send_due()
    line.seconds += 100
    assert line.queue.thin(101) == 0
    assert line.queue.thin(99) == 6
    assert [state for _, state, _ in rows(line.ledger)] == ["refused", "waiting", "waiting"]


def test_waits_grow_to_a_bound_and_stations_do_not_come_back_together() -> None:
    assert [wait_s(n, 1.0) for n in (1, 2, 3, 7, 99)] == [1, 2, 4, LONGEST_S, LONGEST_S]
    assert wait_s(4, 0.0) == wait_s(4, 1.0) / 2
    assert wait_s(1, 0.0, 1e9) == 600


class LossyMes(MesInMemory):
    """Loses every third answer after its effect, and every fourth message before."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def deliver(self, message: MesMessage) -> None:
        self.calls += 1
        if self.calls % 4 == 0:
            raise MesAwayError("HTTP 503")
        super().deliver(message)
        if self.calls % 3 == 0:
            raise MesAwayError("no answer in time")


def test_what_is_repeated_has_one_id_and_nothing_overtakes(line: Line) -> None:
    """However often the sender is killed: each round of the loop is a new one."""
    line.mes = mes = LossyMes()
    for _ in range(60):
        sender, stops_at = line.sender_of(line.queue), mes.calls + 4
        sender.send_due(lambda stops_at=stops_at: mes.calls >= stops_at)  # type: ignore[misc]
        line.seconds += LONGEST_S
    assert {state for _, state, _ in rows(line.ledger)} == {"delivered"}
    first = {message.id: message for message in reversed(mes.taken)}
    assert len(mes.taken) > len(first) == 9
    assert all(first[message.id] == message for message in mes.taken)
    for subject in {message.subject for message in mes.taken}:
        arrived = [m.sequence for m in mes.taken if m.subject == subject]
        order = [*dict.fromkeys(arrived)]
        assert order == sorted(order)
