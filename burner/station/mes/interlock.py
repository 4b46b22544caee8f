"""The question before a unit is touched: may it be processed here?"""

from collections.abc import Mapping

from burner.core.attempt import Attempt
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.mes.destination import Destination, InterlockQuestion, MesAwayError


class Interlock:
    """Asks every destination that must allow a unit. Thread-safe, as its destinations are."""

    def __init__(self, destinations: Mapping[str, Destination]) -> None:
        self._destinations = destinations

    def __call__(self, attempt: Attempt) -> None:
        """Go on if all allow it. The unit has not been touched.

        Raises:
            BurnerError: E471 one does not allow it, E472 one does not answer, E473 its answer
                cannot be read.
        """
        question = question_about(attempt)
        for name, destination in self._destinations.items():
            try:
                answer = destination.ask(question)
            except MesAwayError as error:
                detail = f"{name}: {error.detail}"
                raise BurnerError(Code.INTERLOCK_UNANSWERED, detail) from error
            except BurnerError as error:
                raise BurnerError(error.code, f"{name}: {error.detail}") from error
            if not answer.allowed:
                reason = answer.reason or "no reason was given"
                raise BurnerError(Code.INTERLOCK_REFUSED, f"{name}: {reason}")


def question_about(attempt: Attempt) -> InterlockQuestion:
    """What is asked about an attempt that has not begun."""
    return InterlockQuestion(
        attempt=attempt.id,
        unit_id=attempt.unit_id,
        station=attempt.station,
        slot=attempt.slot,
        operator=attempt.operator,
        batch=attempt.batch,
        product_id=attempt.product_id,
        profile=attempt.profile,
        release_digest=attempt.release_digest,
        device_name=attempt.device_name,
        ids=dict(attempt.ids),
    )
