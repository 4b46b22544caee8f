"""The attempt in the manifest. Every call waits while the manifest cannot be reached."""

from collections.abc import Callable, Generator
from typing import TypeVar

from burner.burn.approval import BEFORE_APPROVAL, wait_for_approval
from burner.burn.job import AttemptRequest
from burner.core.attempt import Attempt, Record, Result
from burner.core.errors import BurnerError
from burner.core.unit_events import Event
from burner.manifest.reading.unit_history import UnitHistory
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.retry_manifest import retry_until_reachable

T = TypeVar("T")


class AttemptOnRecord:
    """What the manifest knows of the unit, and is told of the attempt."""

    def __init__(
        self, ledger: Ledger, request: AttemptRequest, stops_waiting: Callable[[bool], bool]
    ) -> None:
        """Nothing is on record yet.

        Args:
            ledger: the manifest.
            request: the slot, and what tells whether the unit left it.
            stops_waiting: whether to give up waiting for the manifest; it is given whether the
                intent is on record.
        """
        self._ledger, self._request, self._stops_waiting = ledger, request, stops_waiting
        self.has_intent = False
        """Whether it is on record that the unit will be written."""

    def history(self, attempt: Attempt) -> Generator[Event, None, UnitHistory]:
        """Of the unit under its product."""
        unit_id, product_id = attempt.unit_id, attempt.product_id
        return (yield from self._call(lambda: self._ledger.unit(unit_id, product_id)))

    def begin(self, attempt: Attempt) -> Generator[Event, None, BurnerError | None]:
        """Record the intent; why it must wait for the approval of the first article, if so.

        Raises:
            BurnerError: the unit is not burned here.
        """
        try:
            yield from self._call(lambda: self._ledger.begin(attempt))
        except BurnerError as error:
            if error.code not in BEFORE_APPROVAL or not self._request.waits_for_approval:
                raise
            return error
        self.has_intent = True
        return None

    def wait_for_approval(
        self, attempt: Attempt, refusal: BurnerError
    ) -> Generator[Event, None, bool]:
        """Wait for the approval of the first article; False: the unit left before."""
        watch = self._request.watch_board
        has_left = watch() if watch else lambda: False
        return (
            yield from wait_for_approval(
                self._request.slot,
                refusal,
                lambda: self._call(lambda: self._ledger.refusal_before_approval(attempt.batch)),
                lambda: self._stops_waiting(False) or has_left(),
            )
        )

    def bind(self, attempt: Attempt) -> Generator[Event, None, None]:
        """Record a name, or IDs, that only the booted unit could tell."""
        yield from self._call(lambda: self._ledger.bind(attempt))

    def finish(self, attempt: Attempt, result: Result) -> Generator[Event, None, Record]:
        """Record the outcome."""
        return (yield from self._call(lambda: self._ledger.finish(attempt, result)))

    def _call(self, call: Callable[[], T]) -> Generator[Event, None, T]:
        return retry_until_reachable(
            call, self._request.slot, lambda: self._stops_waiting(self.has_intent)
        )
