"""A station that tells its MES during a run, and what is left when it does not any more."""

from pathlib import Path
from threading import Event, current_thread

from burner.core.attempt import Outcome
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.outbox_queue import forget_destinations
from burner.mes.destination import MesMessage
from burner.mes.events import RecipeActivated
from burner.mes.settings import WebhookSettings
from burner.station.mes.desk import tell_registered
from burner.station.mes.senders import Senders
from burner.station.mes.station_mes import OpenDestination, StationMes
from tests.manifest.records import a_ledger, burned, open_batch
from tests.station.mes.outbox import MesInMemory, queue_of, rows, told_ledger

RECIPE = RecipeActivated(
    batch="WO1", product_id="P", profile="plug-c3 1.2.0", release_digest="0" * 64, operator="li"
)


def destination(mes: MesInMemory, name: str = "mes", interlock: str = "none") -> OpenDestination:
    entry = {"name": name, "kind": "webhook", "url": "http://mes.example/"}
    if interlock == "required":
        entry |= {"interlock": interlock, "interlock_url": "http://mes.example/may"}
    return OpenDestination(WebhookSettings.model_validate(entry), mes)


def test_a_run_is_told_from_its_release_to_its_end(tmp_path: Path) -> None:
    mes = MesInMemory()
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        with StationMes([destination(mes)], ledger) as told:
            assert told.interlock is None
            told.start(RECIPE)
            burned(ledger, 1)
            told.end()
        burned(ledger, 2)  # nobody is told any more
    station = [kind for subject, kind in mes.kinds if subject == "station/line1"]
    assert station == ["RecipeActivated", "StationStateChanged", "StationStateChanged"]
    assert [kind for subject, kind in mes.kinds if subject != "station/line1"] == [
        *("WorkStarted", "UnitsPersonalized", "WorkCompleted")
    ]


def test_a_fault_of_a_run_that_was_killed_ends_when_the_next_one_begins(tmp_path: Path) -> None:
    mes = MesInMemory()
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        with StationMes([destination(mes)], ledger):
            burned(ledger, 1, Outcome.ERROR)  # and nobody says that the run has ended
        for _ in range(2):
            with StationMes([destination(mes)], ledger) as told:
                told.start(RECIPE)
                told.end()
    station = [kind for subject, kind in mes.kinds if subject == "station/line1"]
    run = ["RecipeActivated", "StationStateChanged", "StationStateChanged"]
    assert station == ["FaultOccurred", "FaultCleared", *run, *run]


def test_a_station_asks_whom_its_file_says(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        asks = [destination(MesInMemory()), destination(MesInMemory(), "erp", "required")]
        with StationMes(asks, ledger) as told:
            assert told.interlock is not None


def test_a_unit_that_a_desk_scraps_is_told_by_a_station(tmp_path: Path) -> None:
    mes = MesInMemory()
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        attempt = burned(ledger, 1).attempt
        unit, product = attempt.unit_id, attempt.product_id
        with StationMes([destination(mes)], ledger):
            pass
    with a_ledger(tmp_path, "desk") as desk:
        tell_registered(desk)
        why = {"operator": "li", "reason": "cracked"}
        correct(desk, CorrectionKind.SCRAP, unit, product_id=product, **why)
        assert rows(desk) == [("UnitsDisqualified", "waiting", "mes")]
    with a_ledger(tmp_path) as ledger, StationMes([destination(mes)], ledger) as told:
        told.start(RECIPE)
        told.end()
    assert (unit, "UnitsDisqualified") in mes.kinds


class Hanging(MesInMemory):
    """Answers when the test says so, and notes which threads use it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_now, self.may_answer, self.closed = Event(), Event(), Event()
        self.threads: list[str] = []

    def deliver(self, message: MesMessage) -> None:
        self.threads.append(current_thread().name)
        self.asked_now.set()
        self.may_answer.wait(30)
        super().deliver(message)

    def close(self) -> None:
        self.threads.append(current_thread().name)
        self.closed.set()


def test_a_destination_is_closed_by_the_thread_that_uses_it_when_it_has_its_answer(
    tmp_path: Path,
) -> None:
    mes = Hanging()
    with told_ledger(tmp_path) as ledger, queue_of(ledger) as queue:
        burned(ledger, 1)
        senders = Senders({"mes": mes}, queue)
        senders.start()
        assert mes.asked_now.wait(30)
        senders.close(0.0)
        assert not mes.closed.is_set()
        mes.may_answer.set()
        assert mes.closed.wait(30)
    assert set(mes.threads) == {"mes mes"}


def test_a_destination_of_a_run_that_did_not_begin_is_closed_too(tmp_path: Path) -> None:
    mes = Hanging()
    with told_ledger(tmp_path) as ledger, queue_of(ledger) as queue:
        Senders({"mes": mes}, queue).close()
    assert mes.closed.is_set()


def test_what_waits_for_a_destination_that_was_removed_is_kept_and_said(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        with StationMes([destination(MesInMemory(), "old")], ledger):
            burned(ledger, 1)
        forget_destinations(ledger)
        burned(ledger, 2)
        with queue_of(ledger) as queue:
            (backlog,) = queue.backlogs()
    assert (backlog.destination, backlog.waiting, backlog.stations) == ("old", 3, ())
