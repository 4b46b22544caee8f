"""Sends what waits, once: for a station that does not run."""

from collections.abc import Sequence

from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.station.mes.sender import Sender
from burner.station.mes.station_mes import OpenDestination


def send_once(
    opened: Sequence[OpenDestination], queue: OutboxQueue, *, of_station: str = ""
) -> dict[str, int]:
    """Send all that waits, also what was put off.

    Args:
        opened: the destinations.
        queue: the outbox, whose station nobody else sends for.
        of_station: whose messages are taken over; empty: only what belongs to the queue's station.

    Returns:
        Destination → how many messages it took.

    Raises:
        BurnerError: E7.
    """
    delivered = {}
    for one in opened:
        name = one.settings.name
        if of_station:
            queue.adopt(name, of_station=of_station)
        queue.hurry(name)
        sender = Sender(name, one.destination, queue)
        try:
            sender.send_due()
        finally:
            one.destination.close()
        delivered[name] = sender.delivered
    return delivered
