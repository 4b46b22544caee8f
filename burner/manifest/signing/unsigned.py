"""Stations whose records nobody has signed yet."""

from sqlalchemy import exists, select

from burner.manifest.chain import Kind
from burner.manifest.reader import Reader
from burner.manifest.tables import RARE, chains, records


def unsigned_stations(reader: Reader, batch: str) -> tuple[str, ...]:
    """The stations of this manifest that wrote in a batch and have signed nothing at all.

    Raises:
        BurnerError: E7.
    """
    mine = records.c.chain == chains.c.chain
    wrote = exists().where(mine, records.c.batch == batch, records.c.intent == records.c.seq)
    signed = exists().where(mine, RARE, records.c.kind == Kind.CHECKPOINT.value)
    found = select(chains.c.station).where(chains.c.manifest == reader.manifest, wrote, ~signed)
    with reader.connection() as connection:
        return tuple(connection.execute(found.order_by(chains.c.station)).scalars())
