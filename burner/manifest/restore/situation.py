"""What is found at the place of the manifest and in the older copy, before anything is moved."""

from burner.manifest.entries.kinds import LogBegun
from burner.manifest.fold.keys import in_force
from burner.manifest.heads.heads import is_head_of
from burner.manifest.local.keys import sponsors
from burner.manifest.local.known_log import KnownLog, known_log, known_logs
from burner.manifest.local.places import log_at
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import (
    Loss,
    Situation,
    loss_of,
    replaced_origin,
)
from burner.manifest.restore.files import (
    aside_of,
    interrupted_at,
    log_in,
)
from burner.manifest.restore.task import RestoreTask
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.place import ManifestPlace, manifest_place
from burner.manifest.store.station_key import lasting


def source_at(where: ManifestPlace) -> ManifestPlace:
    """What is at the place of the manifest, or was until a `restore` was interrupted."""
    if where.path and log_in(where) is None:
        aside = interrupted_at(where.path, log_at(where.name))
        return manifest_place(aside) if aside else where
    return where


def situation_of(task: RestoreTask, *, named: bool) -> Situation:
    """The place of the manifest and the older copy, as they are now."""
    where, source = task.where, task.source
    there, copy = log_in(where), log_in(source)
    origin = replaced_origin(log_at(where.name), there, copy)
    loss = _loss_in(source, copy, origin)
    aside = aside_of(where.path, origin) if where.path and copy and source == where else None
    return Situation(
        origin=origin,
        there=there,
        replaced=_replaced_by(where) if there else frozenset(),
        copy=copy,
        named=named,
        known=known_log(origin),
        loss=loss,
        # A token is asked only where that decides something.
        may_sign=copy is not None and not loss.at_least and _may_sign(task),
        aside=aside,
        aside_is_taken=aside is not None and aside.exists(),
    )


def _replaced_by(where: ManifestPlace) -> frozenset[str]:
    """Origins of the logs in whose place one was begun."""
    with ManifestReader(where) as reader, reader.connection() as connection:
        begun = entry_at(connection, 0)
    continues = begun.continues if isinstance(begun, LogBegun) else ()
    return frozenset(head.origin for head in continues)


def _loss_in(source: ManifestPlace, copy: KnownLog | None, origin: str) -> Loss:
    known = known_logs(origin)
    if copy is None or copy.origin != origin:
        return loss_of(((log.size, False) for log in known), 0)
    with ManifestReader(source) as reader:
        return loss_of([(log.size, is_head_of(reader, _head(log))) for log in known], copy.size)


def _head(log: KnownLog) -> Checkpoint:
    return Checkpoint(log.origin, log.size, bytes.fromhex(log.root))


def _may_sign(task: RestoreTask) -> bool:
    """Whether a key of this computer is let in, so that nothing needs to be begun anew."""
    with ManifestReader(task.source) as reader:
        rows = {row.id: row for row in reader.log_keys()}
        own = (task.signer(reader.origin), *sponsors(task.station)(reader.origin))
    return any(in_force(rows.get(lasting(key).key.id.hex())) for key in own)
