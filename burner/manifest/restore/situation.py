"""The place of the manifest and the older copy, as they are before anything is moved."""

from burner.manifest.entries.kinds import LogBegun
from burner.manifest.fold.keys import in_force
from burner.manifest.heads.heads import is_head_of_log
from burner.manifest.local.keys import sponsors
from burner.manifest.local.known_log import KnownLog, known_log, known_logs
from burner.manifest.local.places import log_at
from burner.manifest.local.station_key import long_term_key
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import (
    Loss,
    Situation,
    compute_loss,
    replaced_origin,
)
from burner.manifest.restore.files import (
    interrupted_set_aside,
    log_at_place,
    set_aside_path,
)
from burner.manifest.restore.task import RestoreTask
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.place import ManifestPlace, manifest_place


def source_at(where: ManifestPlace) -> ManifestPlace:
    """The place of the older copy: that of the manifest, or the one that was set aside."""
    if where.path and log_at_place(where) is None:
        aside = interrupted_set_aside(where.path, log_at(where.name))
        return manifest_place(aside) if aside else where
    return where


def situation_of(task: RestoreTask, *, named: bool) -> Situation:
    """The place of the manifest and the older copy, as they are now."""
    where, source = task.where, task.source
    present, copy = log_at_place(where), log_at_place(source)
    origin = replaced_origin(log_at(where.name), present, copy)
    loss = _loss_in(source, copy, origin)
    aside = set_aside_path(where.path, origin) if where.path and copy and source == where else None
    return Situation(
        origin=origin,
        present=present,
        replaced=_replaced_by(where) if present else frozenset(),
        copy=copy,
        named=named,
        known=known_log(origin),
        loss=loss,
        # A token is used only where the answer matters.
        may_sign=copy is not None and not loss.at_least and _may_sign(task),
        aside=aside,
        aside_is_taken=aside is not None and aside.exists(),
    )


def _replaced_by(where: ManifestPlace) -> frozenset[str]:
    """Origins of the logs that the log at a place replaces."""
    with ManifestReader(where) as reader, reader.connection() as connection:
        begun = entry_at(connection, 0)
    continues = begun.continues if isinstance(begun, LogBegun) else ()
    return frozenset(head.origin for head in continues)


def _loss_in(source: ManifestPlace, copy: KnownLog | None, origin: str) -> Loss:
    known = known_logs(origin)
    if copy is None or copy.origin != origin:
        return compute_loss(((log.size, False) for log in known), 0)
    with ManifestReader(source) as reader:
        return compute_loss(
            [(log.size, is_head_of_log(reader, _head(log))) for log in known], copy.size
        )


def _head(log: KnownLog) -> Checkpoint:
    return Checkpoint(log.origin, log.size, bytes.fromhex(log.root))


def _may_sign(task: RestoreTask) -> bool:
    """Whether a key of this computer may sign, so that no new log is needed."""
    with ManifestReader(task.source) as reader:
        rows = {row.id: row for row in reader.log_keys()}
        own = (task.signer(reader.origin), *sponsors(task.station)(reader.origin))
    return any(in_force(rows.get(long_term_key(key).key.id.hex())) for key in own)
