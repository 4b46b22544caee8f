"""What people write into the manifest: checkpoints, keys, corrections.

Each is a record like any other, in the chain of the station at which it was written. Nothing that
was written before is touched.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from burner.manifest import claims as names
from burner.manifest.chain import Kind, Row
from burner.manifest.given import decided
from burner.manifest.order import latest
from burner.manifest.signing.keys import PublicKey, Signer
from burner.manifest.signing.seals import HeadOfChain, KeyOp, checkpoint_data, rotation_message
from burner.manifest.tables import RARE, chains, claims, records
from burner.manifest.writer import Writer


class Correction(StrEnum):
    """A person's word on a unit."""

    REWORK = "rework"
    """It is being repaired: the next burn writes it again. Its records stand."""
    SCRAP = "scrap"
    """It is thrown away: nothing but a rework lets it be burned. Its place in the batch is free."""
    VOID = "void"
    """Its attempts do not count (a trial, a mistake); its place and its names are free again."""


def checkpoint(writer: Writer, signer: Signer, reason: str) -> HeadOfChain:
    """Sign the head of a station's chain; the first time, its key is announced before.

    Returns:
        The head behind the checkpoint, to be taken out of the station.

    Raises:
        BurnerError: E7.
    """
    with writer.lock:
        if not _announced(writer, signer.public):
            record_key(writer, KeyOp.MADE, signer.public)

        def sign(connection: Connection) -> Row:
            head = HeadOfChain(
                writer.manifest, writer.station, writer.next_seq - 1, writer.head.hash
            )
            data = checkpoint_data(head, signer, reason)
            return writer.add(connection, Kind.CHECKPOINT, data)

        writer.commit(f"checkpoint after {writer.head.seq}", sign)
        return head_of(writer)


def head_of(writer: Writer) -> HeadOfChain:
    """Where the station's chain stands now."""
    return HeadOfChain(writer.manifest, writer.station, writer.head.seq, writer.head.hash)


def record_key(writer: Writer, op: KeyOp, key: PublicKey, **facts: str) -> None:
    """Say in the chain that a key was made, revoked or lost.

    Args:
        writer: of the station whose key it is.
        op: what happened.
        key: which.
        facts: `operator`, `reason`.
    """
    data = {"key": key.id, "op": op.value, "public": key.raw.hex(), **facts}
    writer.commit(f"key {op} {key.id}", lambda connection: writer.add(connection, Kind.KEY, data))


def rotate(writer: Writer, old: Signer, new: PublicKey, **facts: str) -> None:
    """Hand over to a new key, in the old one's word."""
    data = {
        "key": new.id,
        "old": old.public.id,
        "op": KeyOp.ROTATED.value,
        "public": new.raw.hex(),
        "signature": old.sign(rotation_message(writer.manifest, writer.station, new)),
        **facts,
    }
    writer.commit(f"key {new.id}", lambda connection: writer.add(connection, Kind.KEY, data))


def correct(
    writer: Writer,
    what: Correction,
    unit_id: str,
    *,
    product_id: str,
    operator: str,
    reason: str,
    batch: str = "",
) -> None:
    """Write a correction of a unit. Scrap and void are said once under each batch it has been in,
    so that the records of every batch tell of them.

    Args:
        writer: of the station (or desk) at which it is said.
        what: rework, scrap or void.
        unit_id: the unit.
        product_id: under which product.
        operator: who says so.
        reason: why.
        batch: of its last attempt; empty = it was in none.

    Raises:
        BurnerError: E731 without operator or reason, E738 one is more than a line; E7.
    """
    decided(f"unit {unit_id}", operator, reason)

    said = {"operator": operator, "reason": reason, "what": what.value}
    with writer.lock:
        writer.check_ready()
        others = () if what is Correction.REWORK else _batches(writer, unit_id, product_id)
        for each in dict.fromkeys((batch, *others) if batch or not others else others):
            where = {"unit_id": unit_id, "product_id": product_id, "batch": each}
            writer.commit(
                f"{what} {unit_id} after {writer.head.seq}", partial(_correct, writer, said, where)
            )


def _correct(
    writer: Writer, said: Mapping[str, str], where: Mapping[str, str], connection: Connection
) -> Row:
    unit_id, product_id, batch = (where[key] for key in ("unit_id", "product_id", "batch"))
    data: dict[str, Any] = {**said, "nth": latest(connection, unit_id, product_id).nth}
    if said["what"] == Correction.VOID:
        data["released"] = _release(connection, unit_id, product_id)
    if said["what"] != Correction.REWORK and batch:
        data["freed"] = names.free_unit(connection, batch, unit_id)
    return writer.add(connection, Kind.CORRECTION, data, **where)


def _batches(writer: Writer, unit_id: str, product_id: str) -> list[str]:
    """Batches of this manifest that a unit has been in."""
    of_unit = records.c.unit_id == unit_id, records.c.product_id == product_id
    rows = writer.look(
        select(records.c.batch)
        .distinct()
        .join(chains, chains.c.chain == records.c.chain)
        .where(*of_unit, records.c.kind == Kind.INTENT.value, records.c.batch != "")
        .where(chains.c.manifest == writer.manifest)
        .order_by(records.c.batch)
    )
    return [row.batch for row in rows]


def _announced(writer: Writer, key: PublicKey) -> bool:
    """Whether the chain names this key already."""
    rows = writer.look(
        select(records.c.body)
        .where(RARE, records.c.chain == writer.chain, records.c.kind == Kind.KEY.value)
        .order_by(records.c.seq)
    )
    return any(f'"public":"{key.raw.hex()}"' in row.body for row in rows)


def _release(connection: Connection, unit_id: str, product_id: str) -> list[str]:
    """Free every name that a unit holds under a product."""
    held = claims.c.unit_id == unit_id, claims.c.product_id == product_id
    freed = connection.execute(select(claims.c.device_name).where(*held)).scalars().all()
    connection.execute(delete(claims).where(*held))
    return sorted(freed)
