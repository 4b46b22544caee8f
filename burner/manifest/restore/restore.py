"""Beginning anew where an older copy was put back, nothing is left, or no key is: under a new
origin, which names the last head that is known of the old log. Two histories are never joined.

The new log is made in a file of its own, which takes the place of the old one when it is whole:
interrupted anywhere, `restore` is simply run again.
"""

from dataclasses import dataclass

from burner.manifest.entries.kinds import SIMULATED, Head
from burner.manifest.local.keys import Ask, station_signer
from burner.manifest.local.known_log import KnownLog
from burner.manifest.local.places import remember_place
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import (
    Begin,
    GoOn,
    Loss,
    Situation,
    decide,
    loss_of,
)
from burner.manifest.restore.files import (
    NEW,
    must_end_at,
    no_station_at,
    one_at_a_time,
    put_in_place,
    work_folder,
)
from burner.manifest.restore.old_log import import_copy, known_heads_in_import, size_of_import
from burner.manifest.restore.situation import situation_of, source_at
from burner.manifest.restore.task import RestoreTask
from burner.manifest.store.place import ManifestPlace, manifest_place
from burner.manifest.store.station_key import Beginning
from burner.manifest.verify.database import verify
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_who_and_why


@dataclass(frozen=True)
class Restored:
    """What was begun, and what is lost."""

    origin: str
    """Of the new log."""
    key: str
    """Its origin key: QA writes it down."""
    old: str
    """Origin of the old log."""
    old_place: ManifestPlace | None
    """Where the older copy lies now; None: there was none."""
    kept: int
    """Records that came in from it."""
    lost: Loss
    already: bool = False
    """The new log was there: this computer goes on with it from now on."""


def restore(
    manifest: str,
    station: str,
    *,
    operator: str,
    reason: str,
    old: str = "",
    ask: Ask | None = None,
) -> Restored:
    """Begin a new log at the place of one whose newest records, or whose keys, are lost.

    What is there comes in as an imported log: its names and IDs stay taken, its units and batches
    can be looked up. A batch that was open is opened again by whoever goes on with it.

    Args:
        manifest: path; of a server, the URL of an empty database.
        station: who begins.
        operator: who answers for it.
        reason: why.
        old: path or URL of the older copy; empty: it is at the place of the manifest.
        ask: asks for the passphrase of the station's key.

    Raises:
        BurnerError: E707 a station has the copy open, or another `restore` is at work; E731
            without operator or reason, E732 this station may go on with what is there, E736
            something is in the way, E754 the reason is that of a simulated bench; what `verify`
            finds in the copy; E7. Nothing is moved or begun then.
    """
    require_who_and_why("the manifest", operator, reason)
    where, signer = manifest_place(manifest), station_signer(station, ask)
    with one_at_a_time(where):
        source = manifest_place(old) if old else source_at(where)
        with work_folder(where) as folder:
            task = RestoreTask(where, source, folder, station, signer, operator, reason)
            situation = situation_of(task, named=bool(old))
            match decide(situation):
                case GoOn():
                    return _go_on(task, situation)
                case Begin(last):
                    return _begin(task, situation, last)


def _begin(task: RestoreTask, situation: Situation, last: KnownLog) -> Restored:
    where, copy = task.where, situation.copy
    if copy is None:
        origin, key = _new_log(task, last, None)
    else:
        with no_station_at(task.source, is_moved=situation.aside is not None):
            must_end_at(task.source, copy)
            origin, key = _new_log(task, last, copy)
            must_end_at(task.source, copy)
    if where.path:
        if situation.aside:
            remember_place(where.name, situation.origin)  # from here on nothing may stand there
        put_in_place(task.folder / NEW, where.path, situation.aside, copy)
        remember_place(where.name, origin)
    if copy is None:
        return Restored(origin, key, situation.origin, None, 0, situation.loss)
    lies = manifest_place(situation.aside) if situation.aside else task.source
    return Restored(origin, key, situation.origin, lies, copy.size, situation.loss)


def _new_log(task: RestoreTask, last: KnownLog, copy: KnownLog | None) -> tuple[str, str]:
    """Origin and origin key of a new log that holds the older copy."""
    reason = task.reason
    if copy:
        with ManifestReader(task.source) as reader:
            if reader.is_simulated():
                reason = f"{reason} {SIMULATED}"
            with reader.connection() as connection:
                verify(connection).must_agree()
    head = Head(origin=last.origin, root=last.root, size=last.size)
    with Ledger.open(
        task.folder / NEW if task.where.path else task.where.url,
        task.station,
        make_signer=task.signer,
        begins=Beginning((head,), task.operator, reason),
    ) as ledger:
        if copy:
            import_copy(ledger, task, copy, last)
        return ledger.origin, ledger.writer.origin_key


def _go_on(task: RestoreTask, situation: Situation) -> Restored:
    """Go on with the log that was begun in place of another one."""
    assert situation.there is not None  # noqa: S101 - decided by it
    where = task.where
    remember_place(where.name, situation.there.origin)
    source, origin = task.source if situation.named else None, situation.origin
    with Ledger.open(where.path or where.url, task.station, make_signer=task.signer) as ledger:
        if source and situation.copy and not size_of_import(ledger, origin):
            import_copy(ledger, task, situation.copy, situation.known or situation.copy)
        kept = size_of_import(ledger, origin)
        with ledger.reader.connection() as connection:
            lost = loss_of(known_heads_in_import(connection, origin), kept)
        key = ledger.writer.origin_key
        return Restored(ledger.origin, key, origin, source, kept, lost, already=True)
