"""An attempt as the database finds it: intent, what was bound later, outcome, in one row."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal, or_, select

from burner.manifest.bodies import Data, Life
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.tables import chains, records

first = records.alias("first")
_claim = records.alias("claim")
ending = records.alias("ending")
_next = records.alias("next")


def joined(alias: Any, kind: Kind) -> ColumnElement[bool]:
    """A later record of the same attempt as `first`."""
    return and_(
        alias.c.chain == first.c.chain,
        alias.c.intent == first.c.seq,
        alias.c.seq != first.c.seq,
        alias.c.kind == kind.value,
    )


_station = (
    select(chains.c.station)
    .where(chains.c.chain == first.c.chain)
    .correlate(first)
    .scalar_subquery()
)
_NAMED = '"supersedes":[{"seq":%,"station":"@"}]'
"""As a canonical body has it: with the number for %, the station for @."""

_names_it = func.replace(func.replace(literal(_NAMED), "%", cast(first.c.seq, Text)), "@", _station)
_successor = (
    select(_next.c.body)
    .where(_next.c.unit_id == first.c.unit_id, _next.c.product_id == first.c.product_id)
    .where(_next.c.kind == Kind.INTENT.value)
    # Text is searched as it is, in every kind of database, by taking it out.
    .where(func.replace(_next.c.body, _names_it, "") != _next.c.body)
    .order_by(_next.c.at, _next.c.seq)
    .limit(1)
    .correlate(first)
    .scalar_subquery()
)
IS_ATTEMPT = and_(
    first.c.intent == first.c.seq,
    or_(first.c.kind == Kind.INTENT.value, first.c.kind == Kind.OUTCOME.value),
)
IS_OPEN = and_(ending.c.body.is_(None), first.c.kind == Kind.INTENT.value)

ATTEMPTS = (
    select(
        first.c.body.label("first"),
        _claim.c.body.label("claim"),
        ending.c.body.label("ending"),
        case((IS_OPEN, _successor)).label("successor"),
    )
    .outerjoin(_claim, joined(_claim, Kind.CLAIM))
    .outerjoin(ending, joined(ending, Kind.OUTCOME))
    .where(IS_ATTEMPT)
)
ORDER = (first.c.at, first.c.chain, first.c.seq)


def life_of(row: Any) -> Life:
    """The attempt of a row of ATTEMPTS."""
    return Life([body for body in row[:3] if body is not None])


def superseded_by(row: Any) -> Data | None:
    """`seq` and `station` of the intent that took over from an OPEN attempt."""
    if row[3] is None:
        return None
    head = loads(row[3])["head"]
    return {"seq": head["seq"], "station": head["station"]}
