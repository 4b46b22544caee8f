"""One unit, from bare board to record: read `burn` from top to bottom.

`burn` never raises for a bad unit: that is an outcome, and the last event is `Finished`. It raises
when the manifest cannot be written (E7): no unit may be burned without a record.
"""

from collections.abc import Callable, Iterator

from burner.burn.attempt_on_record import AttemptOnRecord
from burner.burn.job import AttemptRequest, Job
from burner.burn.steps import LeftUntouchedError, UnitSteps
from burner.core.attempt import Step
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, as_burner_error
from burner.core.unit_events import Event, Finished, NotBegun
from burner.devices.device import Device
from burner.manifest.writing.ledger import Ledger


def burn(
    job: Job,
    device: Device,
    ledger: Ledger,
    request: AttemptRequest,
    aborted: Callable[[], bool] = lambda: False,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Burn one unit: one attempt.

    While the manifest cannot be reached (its server restarts), `burn` waits and leaves the unit
    as it is.

    Args:
        job: release, batch and people.
        device: the unit, through the worker of its slot.
        ledger: the manifest, open for this station.
        request: the slot, the baud rate and what the operator chose for this attempt.
        aborted: whether a person stopped the station; an error is then theirs, not the unit's.
        is_stopping: whether the station takes no new units; a unit without an intent on record then
            waits for the manifest no longer.

    Yields:
        Events as they happen. The last is `Finished`, or `NotBegun` where the unit was taken out
        before its label was scanned, or while it waited for the approval of the first article.

    Raises:
        BurnerError: E7 when the manifest cannot be written, and waiting is of no use or was ended.
    """

    def stops_waiting(has_intent: bool) -> bool:
        return aborted() or (is_stopping() and not has_intent)

    on_record = AttemptOnRecord(ledger, request, stops_waiting)
    unit = UnitSteps(job, device, request, on_record, aborted)
    try:
        yield from unit.identify()
        if unit.is_named_before_boot:
            yield from unit.name()
        if known := (yield from unit.find_known_pass()):
            other_batch = known.attempt.batch != job.batch
            yield Finished(request.slot, known, known=True, other_batch=other_batch)
            return
        yield from unit.payload()
        unit.ask_interlock()
        yield from unit.claim()
        yield from unit.test_before_write()
        yield from unit.take_route()
        yield from unit.write()
        yield from unit.verify()
        yield from unit.reset()
        if not unit.is_named_before_boot:
            yield from unit.name()
            yield from unit.bind()
            yield from unit.write_what_needs_the_name()
        elif unit.has_ids_after_boot:
            yield from unit.bind()
        yield from unit.prove()
        yield from unit.test_after_boot()
        result = unit.end.passed()
    except LeftUntouchedError:
        yield NotBegun(request.slot, unit.attempt.unit_id)
        return
    except BurnerError as error:
        if error.code.error_class is ErrorClass.MANIFEST:
            raise
        result = unit.end.failed(error, by_person=aborted())
    except Exception as error:  # a bug of burner must not leave the unit without an outcome
        result = unit.end.failed(as_burner_error(error), by_person=aborted())
    yield unit.enter(Step.RECORD)
    yield Finished(request.slot, (yield from unit.record(result)))
