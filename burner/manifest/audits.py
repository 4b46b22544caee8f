"""Checks of units against their records: written down, and found again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from burner.manifest.canonical import loads, moment
from burner.manifest.chain import Kind
from burner.manifest.claims import PASSED
from burner.manifest.reader import CHUNK, Reader
from burner.manifest.tables import RARE, chains, places, records
from burner.manifest.writer import Writer
from burner.model import Record


class PassedUnit(NamedTuple):
    """A unit that a batch counts as good."""

    unit_id: str
    device_name: str


class Checked(NamedTuple):
    """One check on record."""

    unit_id: str
    device_name: str
    good: bool
    at: datetime
    operator: str
    station: str
    seq: int
    findings: tuple[Mapping[str, str], ...]
    """`what`, `verdict`, `why` of each comparison."""


def record_check(
    writer: Writer,
    record: Record,
    *,
    good: bool,
    findings: Sequence[Mapping[str, str]],
    operator: str,
) -> None:
    """Write down the check of a unit.

    Args:
        writer: of the station at which it was checked.
        record: the unit's PASS that it was compared with.
        good: whether it is what its record says.
        findings: `what`, `verdict`, `why` of each comparison.
        operator: who checked it.

    Raises:
        BurnerError: E7.
    """
    attempt = record.attempt
    of = {"seq": record.seq, "station": attempt.station}
    data = {"findings": [*map(dict, findings)], "good": good, "of": of, "operator": operator}
    head = {
        "batch": attempt.batch,
        "device_name": attempt.device_name,
        "product_id": attempt.product_id,
        "unit_id": attempt.unit_id,
    }
    with writer.lock:
        writer.check_ready()
        writer.commit(
            f"check {attempt.unit_id} after {writer.head.seq}",
            lambda connection: writer.add(connection, Kind.AUDIT, {"check": data}, **head),
        )


def passed_units(reader: Reader, batch: str) -> Iterator[PassedUnit]:
    """Every unit that holds a place of a batch by PASS."""
    query = (
        select(places.c.unit_id, records.c.device_name)
        .join(
            records,
            (records.c.chain == places.c.chain)
            & (records.c.intent == places.c.seq)
            & (records.c.kind == Kind.OUTCOME.value),
        )
        .where(places.c.batch == batch, places.c.state == PASSED)
        .order_by(places.c.unit_id)
    )
    with reader.connection() as connection:
        for row in connection.execution_options(yield_per=CHUNK).execute(query):
            yield PassedUnit(row.unit_id, row.device_name)


def checks(reader: Reader, batch: str) -> list[Checked]:
    """Every check of a unit of a batch, first to last."""
    query = (
        select(records.c.at, records.c.seq, records.c.unit_id, records.c.device_name)
        .add_columns(records.c.body, chains.c.station)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.AUDIT.value, records.c.batch == batch)
        .order_by(records.c.at, records.c.chain, records.c.seq)
    )
    with reader.connection() as connection:
        return [_checked(row) for row in connection.execute(query)]


def _checked(row: Any) -> Checked:
    data = loads(row.body)["data"]["check"]
    return Checked(
        row.unit_id,
        row.device_name,
        data["good"],
        moment(row.at),
        data["operator"],
        row.station,
        row.seq,
        tuple(data["findings"]),
    )
