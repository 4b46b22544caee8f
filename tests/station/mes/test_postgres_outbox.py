"""The outbox of two stations on one PostgreSQL."""

from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.event_json import event_from_json
from burner.mes.events import UnitsDisqualified
from burner.station.mes.outbox_filler import OutboxFiller
from burner.station.mes.sender import Sender
from tests.manifest.postgres import Server
from tests.manifest.records import an_attempt, burned, flaws, open_batch
from tests.station.mes.outbox import MesInMemory


def told(url: str, station: str) -> Ledger:
    ledger = Ledger.open(url, station)
    ledger.writer.fill_outbox = OutboxFiller(station, {"mes": ()}, station)
    return ledger


def test_two_stations_on_a_server_send_each_unit_in_its_order(server: Server) -> None:
    url, mes = server.database(), MesInMemory()
    with told(url, "line1") as first, told(url, "line2") as second:
        open_batch(first)
        for unit in (1, 2):
            burned(first, unit)
        burned(second, 3)
        burned(second, 1, rework="scratched")  # the unit of the other station
        where = first.writer.where
        with OutboxQueue(where, "line1") as at_line1, OutboxQueue(where, "line2") as at_line2:
            at_line1.register({"mes": ()})
            Sender("mes", mes, at_line2).send_due()
            assert {message.subject for message in mes.taken} == {an_attempt(3).unit_id}
            for queue in (at_line1, at_line2):
                Sender("mes", mes, queue).send_due()
            (backlog,) = at_line1.backlogs()
            assert (backlog.count, backlog.stations) == (0, ("line1",))
        assert flaws(first.reader) == []
    of_unit = [m.station for m in mes.taken if m.subject == an_attempt(1).unit_id]
    assert of_unit == ["line1"] * 3 + ["line2"] * 3
    sequences = [message.sequence for message in mes.taken]
    assert len(set(sequences)) == 12


def test_a_unit_that_is_scrapped_on_a_server_has_the_name_of_its_last_attempt(
    server: Server,
) -> None:
    with told(server.database(), "line1") as ledger:
        open_batch(ledger)
        attempt = burned(ledger, 1).attempt
        why = {"operator": "li", "reason": "cracked"}
        unit, product = attempt.unit_id, attempt.product_id
        correct(ledger, CorrectionKind.SCRAP, unit, product_id=product, **why)
        with OutboxQueue(ledger.writer.where, "line1") as queue:
            ((kind, body),) = queue.events("UnitsDisqualified")
    event = event_from_json(kind, body)
    assert isinstance(event, UnitsDisqualified)
    assert (event.device_name, event.ids) == (attempt.device_name, attempt.ids)
