"""IMEIs and serial numbers that an imported chain shares with other units: told, not refused.

What a unit is known by, and where a value must be one of its kind, is the rule of `twins`.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.engine import Connection

from burner.manifest.bodies import Life
from burner.manifest.tables import ids, records
from burner.manifest.twins import CODES, standing

_new, _other = ids.alias("new"), ids.alias("other")
_its, _others = records.alias("its"), records.alias("others")


def doubled_ids(connection: Connection, chain: int, after: int) -> Iterator[dict[str, Any]]:
    """Pairs of different units of which both stand for one IMEI, or one serial number of a product.

    Args:
        connection: in the transaction of the import, its records written.
        chain: the imported one.
        after: the last of its records that was here before.

    Yields:
        `source` (imei, serial), `value`, `product_id`; `unit_id`, `station`, `seq` of the unit
        that came in; `holder`, `holder_station`, `holder_seq` of the one in another chain.
    """
    query = (
        select(_new.c.value, _new.c.unit_id, _its.c.product_id)
        .add_columns(_other.c.unit_id.label("holder"), _others.c.product_id.label("holders"))
        .distinct()
        .join_from(_new, _its, and_(_its.c.chain == _new.c.chain, _its.c.seq == _new.c.seq))
        .join(_other, and_(_other.c.value == _new.c.value, _other.c.unit_id != _new.c.unit_id))
        .join(_others, and_(_others.c.chain == _other.c.chain, _others.c.seq == _other.c.seq))
        .where(_new.c.chain == chain, _new.c.seq > after, _other.c.chain != chain)
        .order_by(_new.c.value, _new.c.unit_id, _other.c.unit_id)
    )
    for row in connection.execute(query).all():
        for source in CODES:
            if source == "serial" and row.product_id != row.holders:
                continue
            there = _known_by(connection, row.unit_id, row.product_id, source, row.value)
            here = _known_by(connection, row.holder, row.holders, source, row.value)
            if there and here:
                yield {
                    "source": source,
                    "value": row.value,
                    "product_id": row.product_id,
                    "unit_id": row.unit_id,
                    "station": there.first["station"],
                    "seq": there.first["seq"],
                    "holder": row.holder,
                    "holder_station": here.first["station"],
                    "holder_seq": here.first["seq"],
                }


def _known_by(
    connection: Connection, unit_id: str, product_id: str, source: str, value: str
) -> Life | None:
    """The attempt by which a unit has this value; None when it has it no more."""
    lives = standing(connection, unit_id, product_id)
    return next((life for life in lives if life.attempt.get("ids", {}).get(source) == value), None)
