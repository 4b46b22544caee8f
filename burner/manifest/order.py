"""The order of what is on record of one unit, whichever stations wrote it.

Clocks of two stations are not compared. An attempt says the how-manyth on its unit it is (`nth`,
counted in the transaction that writes it), a correction says which attempt it follows. So inside
one manifest the order is that of the transactions; only between manifests, and among records that
were written before there was `nth`, moments decide.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.engine import Connection

from burner.manifest.bodies import Data
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.database import Prepared
from burner.manifest.tables import records

Said = TypeVar("Said")


class Turn(NamedTuple):
    """Where a record stands among those of its unit; the greater is the later, in a manifest."""

    nth: int
    """Of the attempt; of a correction that of the attempt it follows. 0: written before there was
    such a number."""
    after: bool
    """Whether it follows the attempt with this number, rather than being it."""
    at: str
    station: str
    seq: int


_last = (
    select(records.c.chain, func.max(records.c.seq).label("seq"))
    .where(records.c.unit_id == bindparam("unit"), records.c.product_id == bindparam("product"))
    .where(records.c.kind == Kind.INTENT.value)
    .group_by(records.c.chain)
    .subquery()
)
_later = records.alias("later")
LATEST = Prepared(
    select(records.c.body, _later.c.outcome)
    .join_from(_last, records, and_(records.c.chain == _last.c.chain, records.c.seq == _last.c.seq))
    .outerjoin(
        _later,
        (_later.c.chain == records.c.chain)
        & (_later.c.intent == records.c.seq)
        & (_later.c.kind == Kind.OUTCOME.value),
    )
)
"""The last attempt on a unit in each chain: few rows, however often the unit was tried."""


class Latest(NamedTuple):
    """The latest attempt on a unit that began."""

    nth: int = 0
    supersedes: tuple[Data, ...] = ()
    """`seq` and `station` of it while it is OPEN: the next one takes over."""


def latest_of(cursor: Any) -> Latest:
    """What LATEST found."""
    rows = cursor.fetchall()
    if not rows:
        return Latest()
    turn, outcome = max((turn_of(loads(body)), outcome) for body, outcome in rows)
    is_open = outcome is None
    return Latest(turn.nth, ({"seq": turn.seq, "station": turn.station},) if is_open else ())


def latest(connection: Connection, unit_id: str, product_id: str) -> Latest:
    """The latest attempt on a unit under a product that began."""
    return latest_of(LATEST.run(connection, unit=unit_id, product=product_id))


def turn_of(body: Data) -> Turn:
    """Where the first record of an attempt, or a correction, stands among those of its unit."""
    head, nth = body["head"], body["data"].get("nth")
    after = nth is not None and head["kind"] != Kind.INTENT
    return Turn(nth or 0, after, head["at"], head["station"], head["seq"])


def in_order(said: Iterable[Said], first: Callable[[Said], Data]) -> list[Said]:
    """What is on record of one unit, first to last.

    In each manifest by turn; between manifests by moment, where nothing is earlier than what its
    own manifest puts before it.

    Args:
        said: attempts and corrections.
        first: the body of the first record of each.
    """
    newest: dict[str, str] = {}
    moments = []
    bodies = ((first(each), each) for each in said)
    for body, each in sorted(bodies, key=lambda pair: turn_of(pair[0])):
        here, at = body["head"]["manifest"], body["head"]["at"]
        newest[here] = max(at, newest.get(here, ""))
        moments.append((newest[here], each))
    return [each for _, each in sorted(moments, key=lambda pair: pair[0])]


def follows(correction: Data, attempt: Data, manifest: str) -> bool:
    """Whether a correction was said after an attempt had begun. Bodies of their first records.

    What `manifest`, the one that is read, says itself counts for attempts of every manifest; an
    imported word for those of its own.
    """
    theirs = correction["head"]["manifest"]
    if theirs == attempt["head"]["manifest"]:
        return turn_of(correction) > turn_of(attempt)
    return bool(theirs == manifest and correction["head"]["at"] > attempt["head"]["at"])
