"""An IMEI or a serial number that another unit has: found in the transaction that would take it.

A unit has an ID by its latest PASS, and by its latest attempt while that is OPEN; scrapped and
voided units have none, and a unit whose part was replaced has the new one. Units of imported
manifests count. An IMEI is one in the world; a serial number one in its product.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import bindparam, select, text
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.bodies import Life
from burner.manifest.claims import belongs
from burner.manifest.database import Prepared
from burner.manifest.history import last_and_passed, withdrawn
from burner.manifest.tables import ids, records
from burner.model import Attempt, Outcome

CODES = {"imei": "E426", "serial": "E433"}

_OTHERS = Prepared(
    select(ids.c.unit_id, records.c.product_id)
    .distinct()
    .join_from(ids, records, (records.c.chain == ids.c.chain) & (records.c.seq == ids.c.seq))
    .where(ids.c.value == bindparam("of_value"), ids.c.unit_id != bindparam("of_unit"))
)


def refuse(connection: Connection, attempt: Attempt, new: Mapping[str, str]) -> None:
    """Stop a unit that says of itself what another unit is known by.

    Args:
        connection: in the transaction of the record that takes the IDs.
        attempt: on which unit.
        new: its IDs that no record of the attempt told yet.

    Raises:
        BurnerError: E426 an IMEI, E433 a serial number that another unit has.
    """
    for source, code in CODES.items():
        if value := new.get(source):
            _refuse(connection, attempt, source, value, code)


def _refuse(connection: Connection, attempt: Attempt, source: str, value: str, code: str) -> None:
    if connection.dialect.name == "postgresql":
        # Two stations that read one value: the second sees what the first has written.
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:value, 0))")
        connection.execute(lock, {"value": f"{source} {value}"})
    if found := holder(connection, attempt.unit_id, attempt.product_id, source, value):
        raise BurnerError(code, found)


def holder(connection: Connection, unit_id: str, product_id: str, source: str, value: str) -> str:
    """Which other unit is known by an ID, since when and from where; empty when none is."""
    others = _OTHERS.run(connection, of_value=value, of_unit=unit_id).fetchall()
    for other, product in sorted(others):
        if source == "serial" and product != product_id:
            continue
        for life in standing(connection, other, product):
            if life.attempt.get("ids", {}).get(source) == value:
                return belongs(value, other, life)
    return ""


def standing(connection: Connection, unit_id: str, product_id: str) -> Iterator[Life]:
    """The attempts by which a unit is what it is."""
    last, passed = last_and_passed(connection, unit_id, product_id)
    open_one = last if last and last.outcome is Outcome.OPEN else None
    for life in (passed, open_one):
        if life and not withdrawn(connection, life, unit_id, product_id):
            yield life
