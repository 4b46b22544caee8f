"""How many units a release may make over all its batches, counted together with their places.

Only releases with a limit have a row. A unit is counted once, in however many batches of the
release it holds a place. In a transaction the quota comes last (name → place → batch → quota) and
is locked before it is counted, so that two stations can neither wait for each other nor both
count one unit.
"""

from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select, update
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.database import Prepared, insert_unless_there
from burner.manifest.tables import batches, places, quotas

_release = quotas.c.release_digest == bindparam("of_release")
_LOCK = Prepared(
    select(quotas.c.release_digest)
    .where(
        quotas.c.release_digest
        == select(batches.c.release_digest)
        .where(batches.c.batch == bindparam("of_batch"))
        .scalar_subquery()
    )
    .with_for_update(of=quotas)
)
_elsewhere = (
    exists()
    .where(places.c.batch == batches.c.batch, places.c.batch != bindparam("of_batch"))
    .where(places.c.unit_id == bindparam("of_unit"))
    .where(batches.c.release_digest == bindparam("of_release"))
)
_ADD = Prepared(
    update(quotas)
    .where(_release, quotas.c.taken < quotas.c.allowed, ~_elsewhere)
    .values(taken=quotas.c.taken + 1)
)
_SUBTRACT = Prepared(update(quotas).where(_release, ~_elsewhere).values(taken=quotas.c.taken - 1))
_ELSEWHERE = Prepared(select(_elsewhere))
_LIMIT = insert_unless_there(quotas)


def hold(connection: Connection, batch: str) -> Any:
    """Lock the quota of a batch's release; the answer is for `count`."""
    return _LOCK.run(connection, of_batch=batch)


def count(connection: Connection, held: Any, batch: str, unit_id: str) -> None:
    """A unit took a place in a batch: count it for its release, unless it is counted already.

    Raises:
        BurnerError: E460 the release has all its units, E461 some of them are still in work.
    """
    found = held.fetchone()
    if found is None:
        return
    unit = {"of_batch": batch, "of_unit": unit_id, "of_release": found[0]}
    if _ADD.run(connection, **unit).rowcount or _ELSEWHERE.run(connection, **unit).fetchone()[0]:
        return
    raise _full(connection, found[0], unit_id)


def uncount(connection: Connection, batch: str, unit_id: str) -> None:
    """A unit lost its place in a batch: unless another batch of the release holds it, it is out."""
    if found := hold(connection, batch).fetchone():
        _SUBTRACT.run(connection, of_batch=batch, of_unit=unit_id, of_release=found[0])


def limit(connection: Connection, release_digest: str, allowed: int) -> None:
    """Hold a release to a quantity from now on; units it has made already count.

    Raises:
        BurnerError: E460 more were made than that, E730 it is held to another quantity.
    """
    of_release = batches.c.release_digest == release_digest
    # Whoever takes a place needs its batch's row first: nobody does while we count.
    connection.execute(select(batches.c.batch).where(of_release).with_for_update()).all()
    taken = units(connection, release_digest)
    known = quota(connection, release_digest)
    if known is None:
        if taken > allowed:
            raise BurnerError("E460", f"{taken} were made, {allowed} are allowed")
        _LIMIT.run(connection, release_digest=release_digest, allowed=allowed, taken=taken)
        known = quota(connection, release_digest)
    if known is None or known.allowed != allowed:
        there = known.allowed if known else None
        raise BurnerError("E730", f"the release was held to {there} units, not {allowed}")


def quota(connection: Connection, release_digest: str) -> Row[Any] | None:
    """`allowed` and `taken` of a release; None without a limit."""
    query = select(quotas).where(quotas.c.release_digest == release_digest)
    return connection.execute(query).one_or_none()


def units(connection: Connection, release_digest: str) -> int:
    """How many different units hold places in the batches of a release."""
    query = (
        select(func.count(places.c.unit_id.distinct()))
        .join_from(places, batches, places.c.batch == batches.c.batch)
        .where(batches.c.release_digest == release_digest)
    )
    return int(connection.execute(query).scalar_one())


def _full(connection: Connection, release_digest: str, unit_id: str) -> BurnerError:
    in_work = (
        select(places.c.unit_id)
        .distinct()
        .join_from(places, batches, places.c.batch == batches.c.batch)
        .where(batches.c.release_digest == release_digest, places.c.state == "work")
        .where(places.c.unit_id != unit_id)
        .order_by(places.c.unit_id)
    )
    known = quota(connection, release_digest)
    allowed = known.allowed if known else 0
    if found := connection.execute(in_work).scalars().all():
        named = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
        return BurnerError("E461", f"{allowed} allowed; not finished: {named}")
    return BurnerError("E460", f"all {allowed} are made")
