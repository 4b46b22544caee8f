"""Names and places, taken and given back inside the transaction of the record that does it.

The database decides, not a check before the write: a name by the primary key of `claims`, the
quantity by a conditional UPDATE under a CHECK. Every transaction goes name → place → batch →
quota, so two stations cannot wait for each other.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import quotas
from burner.manifest.bodies import Life
from burner.manifest.chain import Kind
from burner.manifest.database import Prepared, insert_unless_there
from burner.manifest.tables import batches, chains, claims, ids, places, records

OPEN, CLOSED, LIMIT = "open", "closed", "limit"
WORK, PASSED = "work", "pass"

_place_of = and_(places.c.batch == bindparam("of_batch"), places.c.unit_id == bindparam("of_unit"))
_held = and_(
    _place_of, places.c.chain == bindparam("of_chain"), places.c.seq == bindparam("of_seq")
)
_batch = batches.c.batch == bindparam("of_batch")


_CLAIM, _PLACE, _OPEN = (insert_unless_there(table) for table in (claims, places, batches))
_TAKE = Prepared(
    update(batches)
    .where(_batch, batches.c.state == OPEN)
    .where(or_(batches.c.planned.is_(None), batches.c.taken < batches.c.planned))
    .values(taken=batches.c.taken + 1)
)
_GIVE = Prepared(update(batches).where(_batch).values(taken=batches.c.taken - 1))
_still_open = (
    select(batches.c.batch)
    .where(batches.c.batch == bindparam("of_batch"), batches.c.state == OPEN)
    # Whoever closes the batch waits for us, or we for him.
    .with_for_update(read=True)
)
_AGAIN = Prepared(
    update(places)
    .where(_place_of, places.c.batch.in_(_still_open))
    .values(state=WORK, chain=bindparam("chain"), seq=bindparam("seq"))
)
_ID = Prepared(insert(ids))
_PASS = Prepared(update(places).where(_held).values(state=PASSED))
_FREE = Prepared(delete(places).where(_held))
_FREE_UNIT = Prepared(delete(places).where(_place_of))
_HOLDER = select(claims).where(
    claims.c.device_name == bindparam("device_name"), claims.c.product_id == bindparam("product_id")
)


class Taking:
    """A name and a place that a record takes in its transaction.

    Everything is asked for before anything is answered, so that a server is waited for twice, not
    once a statement: `ask`, then `new_name` and `count`, then `settle`.
    """

    def __init__(
        self,
        connection: Connection,
        record: Mapping[str, Any],
        *,
        device_name: str = "",
        product_id: str = "",
        batch: str = "",
    ) -> None:
        """`record` = unit_id, chain, seq of the record that takes; an empty name or batch is none
        to take.
        """
        self._connection, self._record = connection, record
        self._name = {"device_name": device_name, "product_id": product_id} if device_name else {}
        self._batch = batch
        self._named: Any = None
        self._placed: Any = None
        self._counted: Any = None
        self._quota: Any = None

    def ask(self) -> None:
        """Send what needs no answer first."""
        if self._name:
            self._named = _CLAIM.run(self._connection, **self._name, **self._record)
        if self._batch:
            place = {"batch": self._batch, "state": WORK, **self._record}
            self._placed = _PLACE.run(self._connection, **place)

    def new_name(self) -> bool:
        """Whether the name is new; False when this very unit holds it already, or there is none.

        Raises:
            BurnerError: E450 when another unit holds it.
        """
        if self._named is None or self._named.rowcount:
            return self._named is not None
        holder = self._connection.execute(_HOLDER, self._name).one()
        if holder.unit_id == self._record["unit_id"]:
            return False
        detail = _holder(self._connection, self._name["device_name"], holder)
        raise BurnerError("E450", detail)

    def count(self) -> None:
        """Count the unit into its batch; one that holds a place already keeps it."""
        if self._placed is None:
            return
        where = {"of_batch": self._batch}
        if self._placed.rowcount:
            self._counted = _TAKE.run(self._connection, **where)
            self._quota = quotas.hold(self._connection, self._batch)
        else:
            held = {"of_unit": self._record["unit_id"], **where}
            to = {"chain": self._record["chain"], "seq": self._record["seq"]}
            self._counted = _AGAIN.run(self._connection, **held, **to)

    def settle(self) -> None:
        """Hear whether there was room.

        Raises:
            BurnerError: E451 full, E452 full while some are in work, E459 not open; E460 and E461
                the same of the release.
        """
        if self._counted is None:
            return
        if not self._counted.rowcount:
            raise _no_place(self._connection, self._batch, self._record["unit_id"])
        if self._quota is not None:
            quotas.count(self._connection, self._quota, self._batch, self._record["unit_id"])


def carried_in(manifest: str) -> ColumnElement[bool]:
    """Of a claim: whether an attempt of a manifest's own stations carries its name on its unit."""
    return (
        exists()
        .where(chains.c.manifest == manifest, chains.c.chain == records.c.chain)
        .where(records.c.unit_id == claims.c.unit_id, records.c.product_id == claims.c.product_id)
        .where(records.c.device_name == claims.c.device_name)
        .where(records.c.kind.in_((Kind.INTENT.value, Kind.CLAIM.value)))
        .correlate(claims)
    )


def try_name(connection: Connection, **claim: Any) -> str | None:
    """Take a name if nobody holds it; None when it was taken, else the unit that holds it."""
    if _CLAIM.run(connection, **claim).rowcount:
        return None
    name = {key: claim[key] for key in ("device_name", "product_id")}
    return str(connection.execute(_HOLDER, name).one().unit_id)


def holder(connection: Connection, unit_id: str, product_id: str, device_name: str) -> str:
    """Which other unit has a name, since when and from where; empty when none has."""
    name = {"device_name": device_name, "product_id": product_id}
    claim = connection.execute(_HOLDER, name).one_or_none()
    if claim is None or claim.unit_id == unit_id:
        return ""
    return _holder(connection, device_name, claim)


def keep_place(connection: Connection, batch: str, unit_id: str, chain: int, intent: int) -> None:
    """The attempt that took the place passed."""
    _PASS.run(connection, **_holding(batch, unit_id, chain, intent))


def give_place_back(
    connection: Connection, batch: str, unit_id: str, chain: int, intent: int
) -> None:
    """The attempt that took the place ended otherwise."""
    if _FREE.run(connection, **_holding(batch, unit_id, chain, intent)).rowcount:
        _GIVE.run(connection, of_batch=batch)
        quotas.uncount(connection, batch, unit_id)


def free_unit(connection: Connection, batch: str, unit_id: str) -> bool:
    """Take a unit out of a batch, whatever attempt holds its place (a correction says so)."""
    freed = bool(_FREE_UNIT.run(connection, of_batch=batch, of_unit=unit_id).rowcount)
    if freed:
        _GIVE.run(connection, of_batch=batch)
        quotas.uncount(connection, batch, unit_id)
    return freed


def remember_ids(connection: Connection, values: dict[str, str], **where: Any) -> None:
    """Make IDs other than the MAC findable; `where` = unit_id, chain, seq."""
    for value in other_ids(values):
        _ID.run(connection, value=value, **where)


def other_ids(values: dict[str, str]) -> list[str]:
    """IDs that are not the MAC, sorted, each once."""
    return sorted({value for source, value in values.items() if source != "mac" and value})


def open_once(connection: Connection, **batch: Any) -> bool:
    """Make a batch unless it exists; whether it was made."""
    return bool(_OPEN.run(connection, **batch).rowcount)


def _holding(batch: str, unit_id: str, chain: int, intent: int) -> dict[str, Any]:
    return {"of_batch": batch, "of_unit": unit_id, "of_chain": chain, "of_seq": intent}


def _no_place(connection: Connection, batch: str, unit_id: str) -> BurnerError:
    row = connection.execute(select(batches).where(batches.c.batch == batch)).one_or_none()
    if row is None:
        return BurnerError("E459", f"batch {batch} was never opened")
    if row.state == CLOSED:
        return BurnerError("E459", f"batch {batch} is closed")
    in_work = connection.execute(
        select(places.c.unit_id)
        .where(places.c.batch == batch, places.c.state == WORK)
        .where(places.c.unit_id != unit_id)
    ).scalars()
    if units := sorted(in_work):
        named = ", ".join(units[:5]) + (" …" if len(units) > 5 else "")
        return BurnerError("E452", f"batch {batch}: {row.planned} planned; not finished: {named}")
    return BurnerError("E451", f"batch {batch}: all {row.planned} are done")


def _holder(connection: Connection, device_name: str, claim: Any) -> str:
    """Who holds a name: unit, when, station, slot."""
    body = connection.execute(
        select(records.c.body).where(records.c.chain == claim.chain, records.c.seq == claim.seq)
    ).scalar_one()
    return belongs(device_name, claim.unit_id, Life([body]))


def belongs(what: str, unit_id: str, life: Life) -> str:
    """Whose a name or an ID is, since when, from which station and slot, in no language."""
    when = life.first["at"][:16].replace("T", " ")
    where = f"{life.first['station']} #{life.attempt.get('slot', '?')}"
    return f"{what}: {unit_id}, {when} UTC, {where}"
