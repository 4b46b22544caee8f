"""How the units of a batch stand: by the last word on each, and what came after the close.

Counted are this manifest's own attempts: an imported batch may have the same id.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Connection

from burner.manifest.attempts import ATTEMPTS, IS_ATTEMPT, first, life_of
from burner.manifest.bodies import Data, Life
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.claims import CLOSED
from burner.manifest.database import Prepared, stream
from burner.manifest.history import WITHDRAWING, corrections
from burner.manifest.order import follows, in_order
from burner.manifest.tables import RARE, chains, records
from burner.model import Outcome

CHUNK = 2000
"""Rows fetched at once."""


class Window(NamedTuple):
    """Attempts whose first records were written in it; as records have moments."""

    since: str = ""
    until: str = "9999"


WHOLE = Window()

_ending = records.alias("ending_of_batch")
_WORDS = (
    select(first.c.unit_id, first.c.chain, first.c.seq, first.c.kind)
    .add_columns(first.c.outcome, _ending.c.outcome.label("end"))
    .outerjoin(
        _ending,
        (_ending.c.chain == first.c.chain)
        & (_ending.c.intent == first.c.seq)
        & (_ending.c.seq != first.c.seq)
        & (_ending.c.kind == Kind.OUTCOME.value),
    )
    .where(IS_ATTEMPT)
    .order_by(first.c.at, first.c.chain, first.c.seq)
)
_OF_UNIT = Prepared(
    ATTEMPTS.where(
        first.c.unit_id == bindparam("of_unit"),
        first.c.product_id == bindparam("of_product"),
        first.c.batch == bindparam("of_batch"),
    )
)


def standing(
    connection: Connection, batch: str, product_id: str, manifest: str, window: Window = WHOLE
) -> tuple[int, dict[str, str]]:
    """How many attempts a batch has, and for each of its units the last word: an outcome, OPEN, or
    the correction (scrap, void) that a person has written since.

    An attempt that touches no unit (ERROR or ABORTED before its intent) counts none.
    """
    attempts, last, asked = 0, dict[str, tuple[int, int, str]](), set[str]()
    own = select(chains.c.chain).where(chains.c.manifest == manifest)
    query = _WORDS.where(first.c.batch == batch, first.c.chain.in_(own))
    query = query.where(first.c.at >= window.since, first.c.at < window.until)
    for unit, station, seq, kind, outcome, end in _rows(connection, query):
        attempts += 1
        word = end or outcome or Outcome.OPEN.value
        before = last.get(unit)
        if not unit or (kind != Kind.INTENT and (before or word != Outcome.FAIL)):
            continue
        if before is None or before < (station, seq):
            last[unit] = (station, seq, word)
        if before and before[0] != station:
            asked.add(unit)
    corrected = {each["head"]["unit_id"] for each in _withdrawals(connection, product_id)}
    words = {unit: word for unit, (_, _, word) in last.items()}
    for unit in (asked | corrected) & words.keys():
        words[unit] = last_word(connection, unit, product_id, batch, manifest, window=window)
    return attempts, words


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    with closing(stream(connection, query, CHUNK)) as chunks:
        yield from chain.from_iterable(chunks)


def last_word(
    connection: Connection,
    unit_id: str,
    product_id: str,
    batch: str,
    manifest: str,
    *,
    window: Window = WHOLE,
) -> str:
    """What was last said of a unit in a batch; empty when nothing was."""
    of = {"of_unit": unit_id, "of_product": product_id, "of_batch": batch}
    lives = [life_of(row) for row in _OF_UNIT.run(connection, **of).fetchall()]
    own = in_order((li for li in lives if li.first["manifest"] == manifest), lambda li: li.body)
    own = [life for life in own if window.since <= life.first["at"] < window.until]
    counted = [life for life in own if _began(life)] or [
        life for life in own if life.outcome is Outcome.FAIL
    ]
    if not counted:
        return ""
    last = counted[-1]
    said = [
        each["data"]["what"]
        for each in corrections(connection, unit_id, product_id)
        if each["data"]["what"] in WITHDRAWING and follows(each, last.body, manifest)
    ]
    return str(said[-1]) if said else last.outcome.value


def closing_of(connection: Connection, batch: str, manifest: str) -> Data | None:
    """The body of the record that closed a batch; None while it is open."""
    query = (
        select(records.c.body)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.BATCH.value, records.c.batch == batch)
        .where(chains.c.manifest == manifest)
    )
    bodies = map(loads, connection.execute(query).scalars())
    return next((body for body in bodies if body["data"]["op"] == CLOSED), None)


def changed(connection: Connection, closed: Data) -> tuple[str, ...]:
    """What became of a batch after its close, a sentence a unit: its sealed folder tells otherwise.

    Args:
        connection: a snapshot.
        closed: the body of the record that closed it.
    """
    return _changed(connection, closed, _withdrawals(connection, closed["head"]["product_id"]))


def _changed(connection: Connection, closed: Data, said: Iterable[Data]) -> tuple[str, ...]:
    batch, product = closed["head"]["batch"], closed["head"]["product_id"]
    manifest = closed["head"]["manifest"]
    told = {}
    for unit in closed["data"]["open"]:
        word = last_word(connection, unit, product, batch, manifest)
        if word != Outcome.OPEN:
            told[unit] = f"{unit} was open, is {word}"
    for each in _later(closed, said):
        what, by = each["data"]["what"], each["data"]["operator"]
        unit = each["head"]["unit_id"]
        told[unit] = f"{unit} {what} by {by}: {each['data']['reason']}"
    return tuple(told[unit] for unit in sorted(told))


def changed_batches(connection: Connection, manifest: str) -> Iterator[str]:
    """`changed` of every closed batch."""
    query = (
        select(records.c.body)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.BATCH.value, chains.c.manifest == manifest)
        .order_by(records.c.batch)
    )
    said: dict[str, list[Data]] = {}
    for each in _withdrawals(connection):
        said.setdefault(each["head"]["batch"], []).append(each)
    for body in map(loads, connection.execute(query).scalars().all()):
        batch = body["head"]["batch"]
        if body["data"]["op"] != CLOSED:
            continue
        if units := _changed(connection, body, said.get(batch, ())):
            yield f"batch {batch} changed after the close: {'; '.join(units)}"


def _began(life: Life) -> bool:
    return bool(life.first["kind"] == Kind.INTENT)


def _later(closed: Data, said: Iterable[Data]) -> Iterator[Data]:
    """Withdrawals in a batch that no head of its close covers."""
    head = closed["head"]
    seen = {(h["manifest"], h["station"]): h["seq"] for h in closed["data"]["heads"]}
    for each in said:
        there: Mapping[str, Any] = each["head"]
        where = (there["manifest"], there["station"])
        ours = there["batch"] == head["batch"] and there["manifest"] == head["manifest"]
        if ours and there["seq"] > seen.get(where, 0):
            yield each


def _withdrawals(connection: Connection, product_id: str = "") -> list[Data]:
    """Scraps and voids, under one product or all."""
    query = select(records.c.body).where(RARE, records.c.kind == Kind.CORRECTION.value)
    if product_id:
        query = query.where(records.c.product_id == product_id)
    bodies = map(loads, connection.execute(query).scalars())
    return [body for body in bodies if body["data"]["what"] in WITHDRAWING]
