"""The MES of a run of `burner burn`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.burn.job import Job
    from burner.cli.parameters.slots import Slots
    from burner.manifest.reading.outbox_backlog import Backlog
    from burner.manifest.writing.ledger import Ledger
    from burner.station.events import MesStateChanged
    from burner.station.mes.senders import DestinationState
    from burner.station.mes.station_mes import OpenDestination, StationMes


def destinations_of(slots: "Slots") -> "tuple[OpenDestination, ...]":
    """The destinations of the station file, opened before a unit is touched.

    Raises:
        BurnerError: E782 a certificate, key or secret cannot be used; E150 to E154.
    """
    if not slots.mes:
        return ()
    from burner.station.mes.station_mes import open_destinations

    return open_destinations(slots.mes, slots.station, slots.folder)


@contextmanager
def mes_of_run(
    opened: "Sequence[OpenDestination]", ledger: "Ledger"
) -> "Iterator[StationMes | None]":
    """What tells the MES until the block ends; None: the station has none.

    Raises:
        BurnerError: E7.
    """
    from burner.manifest.writing.outbox_queue import forget_destinations

    if not opened:
        forget_destinations(ledger)
        yield None
        return
    from burner.station.mes.station_mes import StationMes

    with StationMes(opened, ledger) as mes:
        yield mes


def with_interlock(job: "Job", mes: "StationMes | None") -> "Job":
    """The job, which asks the MES before a unit is touched where the station file says so."""
    return replace(job, interlock=mes.interlock) if mes and mes.interlock else job


def start_telling(
    mes: "StationMes | None", job: "Job", tell: "Callable[[MesStateChanged], None]"
) -> None:
    """Say that the run begins, and tell the display what does not go out.

    Raises:
        BurnerError: E7.
    """
    if mes is None:
        return
    from burner.mes.events import RecipeActivated
    from burner.station.events import MesStateChanged

    def report(state: "DestinationState") -> None:
        tell(MesStateChanged(state.destination, state.waiting, state.refused, _error_of(state)))

    mes.start(
        RecipeActivated(
            batch=job.batch,
            product_id=job.release.profile.product.id,
            profile=job.release.profile.title,
            release_digest=job.release.digest,
            operator=job.operator,
        ),
        report,
    )


def end_telling(mes: "StationMes | None") -> None:
    """Say that the run has ended, and send for a moment what goes out."""
    if mes is not None:
        with suppress(BurnerError):  # the manifest is away; what is in the outbox stays there
            mes.end()


def backlogs_left(ledger: "Ledger") -> "Sequence[Backlog]":
    """What waits at the end of a run, also for destinations that were removed."""
    from burner.manifest.reading.outbox_backlog import read_backlogs

    with suppress(BurnerError), ledger.reader.connection() as connection:
        return [backlog for backlog in read_backlogs(connection) if backlog.count]
    return ()


def _error_of(state: "DestinationState") -> BurnerError | None:
    if state.refused and not state.error:
        detail = f"{state.destination}: {state.refused} refused"
        return BurnerError(Code.MES_REFUSED, detail)
    if not state.error:
        return None
    detail = f"{state.destination}: {state.waiting} waiting: {state.error}"
    return BurnerError(Code.MES_AWAY, detail)
