"""What people decide at a desk: a unit that is scrapped is told to every MES of the manifest."""

from burner.manifest.reading.outbox_backlog import registered_destinations
from burner.manifest.writing.ledger import Ledger
from burner.station.mes.outbox_filler import OutboxFiller


def tell_registered(ledger: Ledger) -> None:
    """Fill the outbox for the destinations of all stations. A desk sends nothing by itself.

    Raises:
        BurnerError: E7.
    """
    with ledger.reader.connection() as connection:
        wanted = registered_destinations(connection)
    if wanted:
        ledger.writer.fill_outbox = OutboxFiller(ledger.writer.station, wanted, sending_station="")
