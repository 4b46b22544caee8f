"""`burner manifest restore`: a new log where an older copy was put back, or where the manifest or
all its keys are lost. It has a new origin and names the last known head of the old log: two
histories are never joined.

The new log is made in a file of its own and moved to its place at the end. After an interruption
`restore` is run again.
"""

from dataclasses import dataclass

from burner.core.secrets.passphrase import PromptPassphrase
from burner.manifest.entries.kinds import SIMULATED, Head
from burner.manifest.local.keys import station_signer
from burner.manifest.local.known_log import KnownLog
from burner.manifest.local.places import remember_place
from burner.manifest.local.station_key import Beginning
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import (
    BeginNewLog,
    ContinueNewLog,
    Loss,
    Situation,
    compute_loss,
    decide,
)
from burner.manifest.restore.files import (
    NEW,
    exclusive_restore,
    replace_log,
    require_unchanged,
    stations_excluded,
    work_folder,
)
from burner.manifest.restore.old_log import import_copy, known_heads_in_import, size_of_import
from burner.manifest.restore.situation import situation_of, source_at
from burner.manifest.restore.task import RestoreTask
from burner.manifest.store.place import ManifestPlace, manifest_place
from burner.manifest.verify.database import verify
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason
from burner.manifest.writing.policies import take_over_policy


@dataclass(frozen=True)
class Restored:
    """The new log, and what is lost."""

    origin: str
    """Of the new log."""
    key: str
    """Its origin key: QA writes it down."""
    old: str
    """Origin of the old log."""
    old_place: ManifestPlace | None
    """Where the older copy is now; None: there was none."""
    kept: int
    """Records that were imported from it."""
    lost: Loss
    already: bool = False
    """Whether the new log existed already; this computer now continues it."""


def restore(
    manifest: str,
    station: str,
    *,
    operator: str,
    reason: str,
    old: str = "",
    prompt_passphrase: PromptPassphrase | None = None,
) -> Restored:
    """Begin a new log at the place of one whose newest records, or whose keys, are lost.

    The older copy becomes an imported log: its names and IDs stay taken, its units and batches
    can be looked up. To continue a batch that was open, open it again.

    Args:
        manifest: path; of a server, the URL of an empty database.
        station: the station that begins it.
        operator: who is responsible.
        reason: why.
        old: path or URL of the older copy; empty: it is at the place of the manifest.
        prompt_passphrase: asks for the passphrase of the station's key.

    Raises:
        BurnerError: E707 a station has the copy open, or another `restore` is at work; E731
            without operator or reason, E732 this station may go on with what is there, E736
            something is in the way, E754 the reason is that of a simulated bench; what `verify`
            finds in the copy; E7. Nothing is moved or begun then.
    """
    require_operator_and_reason("the manifest", operator, reason)
    where, signer = manifest_place(manifest), station_signer(station, prompt_passphrase)
    with exclusive_restore(where):
        source = manifest_place(old) if old else source_at(where)
        with work_folder(where) as folder:
            task = RestoreTask(where, source, folder, station, signer, operator, reason)
            situation = situation_of(task, named=bool(old))
            match decide(situation):
                case ContinueNewLog():
                    return _continue(task, situation)
                case BeginNewLog(last):
                    return _begin(task, situation, last)


def _begin(task: RestoreTask, situation: Situation, last: KnownLog) -> Restored:
    where, copy = task.where, situation.copy
    if copy is None:
        origin, key = _new_log(task, last, None)
    else:
        with stations_excluded(task.source, is_moved=situation.aside is not None):
            require_unchanged(task.source, copy)
            origin, key = _new_log(task, last, copy)
            require_unchanged(task.source, copy)
    if where.path:
        if situation.aside:
            remember_place(where.name, situation.origin)  # from here on no other log may be there
        replace_log(task.folder / NEW, where.path, situation.aside, copy)
        remember_place(where.name, origin)
    if copy is None:
        return Restored(origin, key, situation.origin, None, 0, situation.loss)
    old_place = manifest_place(situation.aside) if situation.aside else task.source
    return Restored(origin, key, situation.origin, old_place, copy.size, situation.loss)


def _new_log(task: RestoreTask, last: KnownLog, copy: KnownLog | None) -> tuple[str, str]:
    """Begin a log that holds the older copy; its origin and origin key."""
    reason = task.reason
    if copy:
        with ManifestReader(task.source) as reader:
            if reader.is_simulated():
                reason = f"{reason} {SIMULATED}"
            with reader.connection() as connection:
                verify(connection).raise_first_failure()
    head = Head(origin=last.origin, root=last.root, size=last.size)
    with Ledger.open(
        task.folder / NEW if task.where.path else task.where.url,
        task.station,
        make_signer=task.signer,
        begins=Beginning((head,), task.operator, reason),
    ) as ledger:
        if copy:
            import_copy(ledger, task, copy, last)
            take_over_policy(ledger, task.operator)
        return ledger.origin, ledger.writer.origin_key


def _continue(task: RestoreTask, situation: Situation) -> Restored:
    """Continue the log that already replaces the lost one."""
    assert situation.present is not None  # noqa: S101 - decided by it
    where = task.where
    remember_place(where.name, situation.present.origin)
    source, origin = task.source if situation.named else None, situation.origin
    with Ledger.open(where.path or where.url, task.station, make_signer=task.signer) as ledger:
        if source and situation.copy and not size_of_import(ledger, origin):
            import_copy(ledger, task, situation.copy, situation.known or situation.copy)
        take_over_policy(ledger, task.operator)
        kept = size_of_import(ledger, origin)
        with ledger.reader.connection() as connection:
            lost = compute_loss(known_heads_in_import(connection, origin), kept)
        key = ledger.writer.origin_key
        return Restored(ledger.origin, key, origin, source, kept, lost, already=True)
