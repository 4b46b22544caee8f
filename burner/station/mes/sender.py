"""Sends the messages of one destination: in order for each subject, the others go on."""

import random
import time
from collections.abc import Callable

from burner.core.errors import as_burner_error
from burner.manifest.store.outbox import WAITING
from burner.manifest.writing.outbox_queue import OutboxQueue, StoredMessage
from burner.mes.destination import Destination, MesAwayError, MesMessage, MesRefusedError
from burner.mes.event_json import event_from_json
from burner.station.mes.backoff import wait_s

GIVES_UP_AFTER = 3
"""Messages in a row that could not be delivered: the destination is away, not the message bad."""
LOOKS_EVERY_S = 1.0
"""For messages that another process wrote."""


class Sender:
    """Sends to one destination what the queue has for its station. For one thread."""

    def __init__(
        self,
        name: str,
        destination: Destination,
        queue: OutboxQueue,
        *,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Nothing is sent yet.

        Args:
            name: of the destination.
            destination: where the messages go.
            queue: where they come from.
            now: seconds, for the waits.
            chance: from 0 to 1, for the waits.
        """
        self.name, self._destination, self._queue = name, destination, queue
        self._now, self._chance = now, chance
        self._failures = 0
        """In a row, of whatever message."""
        self._paused_until = 0.0
        self.delivered = 0
        """Messages that the destination took."""
        self.last_error = ""
        """Why the last try failed; empty: it did not."""

    @property
    def is_away(self) -> bool:
        """Whether the destination takes nothing now, whatever the message."""
        return self._paused_until > 0

    def send_due(self, is_over: Callable[[], bool] = lambda: False) -> float:
        """Send what is due now.

        Args:
            is_over: whether to stop before the next message.

        Returns:
            Seconds until it should be called again, if nothing new comes before.

        Raises:
            BurnerError: E7 the outbox cannot be read or written.
        """
        if (pause := self._paused_until - self._now()) > 0:
            return pause
        self._queue.adopt(self.name)
        blocked: set[str] = set()
        """Subjects of which a message must wait, so that later ones do not overtake it."""
        next_due_ms = self._queue.now_ms() + round(LOOKS_EVERY_S * 1000)
        for message in self._queue.undelivered(self.name):
            if is_over():
                return 0.0
            if message.subject in blocked:
                continue
            ours = message.state == WAITING and message.sending_station == self._queue.station
            if not ours or message.due_ms > self._queue.now_ms():
                blocked.add(message.subject)
                next_due_ms = min(next_due_ms, message.due_ms) if ours else next_due_ms
            elif not self._deliver(message):
                blocked.add(message.subject)
                if (pause := self._paused_until - self._now()) > 0:
                    return pause
        return max(0.0, (next_due_ms - self._queue.now_ms()) / 1000)

    def _deliver(self, stored: StoredMessage) -> bool:
        """Whether it was delivered, or is not to be."""
        body = self._queue.body(stored)
        if body is None:
            return True
        try:
            self._destination.deliver(_message(stored, body))
        except MesRefusedError as error:
            self._failures, self._paused_until, self.last_error = 0, 0.0, ""
            self._queue.refused(stored, error.detail)
            return False
        except Exception as error:
            self._away(stored, error)
            return False
        self._failures, self._paused_until, self.last_error = 0, 0.0, ""
        self._queue.delivered(stored)
        self.delivered += 1
        return True

    def _away(self, stored: StoredMessage, error: Exception) -> None:
        """Put the message off, and after some in a row the destination."""
        asked_s = error.retry_after_s if isinstance(error, MesAwayError) else 0.0
        self._failures += 1
        if asked_s or self._failures >= GIVES_UP_AFTER:
            in_a_row = max(1, self._failures - GIVES_UP_AFTER + 1)
            self._paused_until = self._now() + wait_s(in_a_row, self._chance(), asked_s)
        known = as_burner_error(error)
        text = known.detail if isinstance(error, MesAwayError) else f"{known.code}: {known.detail}"
        self.last_error = text
        self._queue.away(stored, text, wait_s(stored.tries + 1, self._chance(), asked_s))


def _message(stored: StoredMessage, body: str) -> MesMessage:
    event = event_from_json(stored.kind, body)
    return MesMessage(stored.id, stored.number, stored.at, stored.station, stored.subject, event)
