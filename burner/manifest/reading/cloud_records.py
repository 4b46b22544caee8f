"""What is on record of the cloud platform, and the devices that should be there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.manifest.entries.cloud_kinds import CloudPreflight, Reconciled
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import kind_of
from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import (
    NEVER,
    OPEN,
    PASS,
    REWORK,
    SCRAP,
    VOID,
    AttemptRow,
    BatchRow,
    ConfirmedNameRow,
    IdRow,
    MemberRow,
    NameRow,
    UnitRow,
)
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.good_units import select_good_units
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.bodies import entry_at, entry_of
from burner.manifest.store.table_state import row_of
from burner.manifest.store.tables import OWN, RARE, TABLES, records

_attempts, _units, _ids = TABLES[AttemptRow], TABLES[UnitRow], TABLES[IdRow]
_members, _batches = TABLES[MemberRow], TABLES[BatchRow]
_names, _confirmed = TABLES[NameRow], TABLES[ConfirmedNameRow]
_RECONCILIATIONS = (
    select(records.c.number, records.c.body)
    .where(RARE, records.c.log == OWN, records.c.kind == kind_of(Reconciled))
    .order_by(records.c.number.desc())
)


class RecordedPreflight(NamedTuple):
    """A preflight of a batch, as recorded."""

    number: int
    entry: CloudPreflight


@dataclass(frozen=True)
class BurnedDevice:
    """A good unit, as the platform should know it."""

    name: str
    unit_id: str
    ids: Mapping[str, str]
    """By source: `imei`, `serial`, `label` …"""
    batch: str
    """In which it passed last."""
    passed_at: datetime
    batches: frozenset[str] = frozenset()
    """All in which it passed."""
    failed_since: bool = False
    """Whether its last attempt, after that PASS, failed: it was written again, or only refused."""


class NameHolder(NamedTuple):
    """A unit that has taken a name."""

    unit_id: str
    status: str
    """Of the unit now, as `UnitRow.status`."""
    is_good: bool
    """Whether it passed and nobody scrapped or voided it since, whatever a later attempt says."""


def preflight_on_record(
    connection: Connection, row: BatchRow, log: int = OWN
) -> RecordedPreflight | None:
    """The last preflight of a batch, in this transaction."""
    if row.preflight == NEVER:
        return None
    entry = entry_at(connection, row.preflight, log)
    if not isinstance(entry, CloudPreflight):
        raise inconsistent(f"record {row.preflight} is no preflight")
    return RecordedPreflight(row.preflight, entry)


def confirmed_names(
    reader: ManifestReader, product_id: str, platform: str, endpoints: Sequence[str] = ()
) -> set[str]:
    """The names of a product that its platform is known to have, by all logs.

    Args:
        reader: of the manifest.
        product_id: of the product.
        platform: as `product.cloud`.
        endpoints: only as these answered, `""` for the platform's own; none named: any.
    """
    with reader.connection() as connection:
        return confirmed_names_in(connection, product_id, platform, endpoints)


def confirmed_names_in(
    connection: Connection, product_id: str, platform: str, endpoints: Sequence[str] = ()
) -> set[str]:
    """The same in this transaction."""
    query = select(_confirmed.c.device_name).where(
        _confirmed.c.log.in_([*log_origins(connection)]),
        _confirmed.c.product_id == product_id,
        _confirmed.c.platform == platform,
        *([_confirmed.c.endpoint.in_(endpoints)] if endpoints else []),
    )
    return set(connection.execute(query).scalars())


def awaited_names(
    reader: ManifestReader, product_id: str, platform: str, batch: str = ""
) -> Mapping[str, str]:
    """Name → unit of our log that was refused (E818), because the platform is not known to have the
    name, and still is not.

    Args:
        reader: of the manifest.
        product_id: of the units.
        platform: of the product.
        batch: in which they were refused; empty: in any.

    Raises:
        BurnerError: E7.
    """
    with reader.connection() as connection:
        return awaited_names_in(connection, product_id, platform, batch)


def awaited_names_in(
    connection: Connection, product_id: str, platform: str, batch: str, log: int = OWN
) -> Mapping[str, str]:
    """The same in this transaction, for any log."""
    chosen = AttemptFilter(batch=batch, product=product_id, log=log)
    end = records.alias("end")
    query = (
        select(_attempts.c.unit_id, end.c.body)
        .join(end, (end.c.log == _attempts.c.log) & (end.c.number == _attempts.c.ended))
        .where(_attempts.c.code == Code.NAME_NOT_CONFIRMED.value, *chosen.where())
        .order_by(_attempts.c.number)
    )
    refused: dict[str, str] = {}
    for unit, body in connection.execute(query):
        facts = getattr(entry_of(body), "attempt", None)  # a name that only the boot told too
        if facts is not None and facts.device_name:
            refused[facts.device_name] = unit
    known = confirmed_names_in(connection, product_id, platform) if refused else set()
    return {name: refused[name] for name in sorted(refused.keys() - known)}


def recorded_reconciliations(reader: ManifestReader) -> Iterator[tuple[int, Reconciled]]:
    """All of our log with their numbers, the latest first."""
    with reader.connection() as connection:
        rows = connection.execute(_RECONCILIATIONS).all()
    for number, body in rows:
        entry = entry_of(body)
        if isinstance(entry, Reconciled):
            yield number, entry


# -- devices that should be on the platform -------------------------------------------------------


def burned_devices(
    reader: ManifestReader, product_id: str, batch: str = ""
) -> Iterator[BurnedDevice]:
    """The good units of a product, of our log and of imported ones, each once.

    Where our log says what became of a unit, imported logs do not count for it. The manifest is
    held until the end.

    Args:
        reader: of the manifest.
        product_id: their product.
        batch: only units that passed in this batch; empty: all.

    Raises:
        BurnerError: E733 no such batch; E7.
    """
    chosen = reader.with_log_of_batch(AttemptFilter(batch=batch, product=product_id))
    end = records.alias("end")
    query = (
        select_good_units(chosen, *_attempts.c, end.c.body)
        .join(end, (end.c.log == _attempts.c.log) & (end.c.number == _attempts.c.ended))
        .execution_options(yield_per=CHUNK)
    )
    seen: set[str] = set()
    with reader.connection() as connection:
        for rows in connection.execute(query).partitions():
            units = [row.unit_id for row in rows]
            ours = _units_of_own_log(connection, product_id, units)
            ids = _ids_of(connection, product_id, units)
            batches = _batches_of(connection, product_id, units)
            for row in rows:
                attempt, is_own = row_of(AttemptRow, row[:-2]), row.log == OWN
                if attempt.unit_id in seen or (not is_own and attempt.unit_id in ours):
                    continue
                seen.add(attempt.unit_id)
                yield BurnedDevice(
                    name=attempt.device_name,
                    unit_id=attempt.unit_id,
                    ids=ids.get((row.log, attempt.unit_id), {}),
                    batch=attempt.batch,
                    passed_at=moment(entry_of(row.body).at),
                    batches=frozenset(batches.get((row.log, attempt.unit_id), ())),
                    failed_since=row.status not in (PASS, OPEN, REWORK),
                )


def name_holders(reader: ManifestReader, product_id: str) -> dict[str, NameHolder]:
    """Every name that a unit of a product has taken, also of units that are not good now: what the
    platform has under such a name was burned here. Where an imported log has the unit too, ours
    counts where it counts in `burned_devices`.
    """
    query = (
        select(
            _names.c.log, _names.c.device_name, _names.c.unit_id, _units.c.status, _units.c.passed
        )
        .join(
            _units,
            (_units.c.log == _names.c.log)
            & (_units.c.product_id == _names.c.product_id)
            & (_units.c.unit_id == _names.c.unit_id),
            isouter=True,
        )
        .where(_names.c.product_id == product_id)
        .order_by(_names.c.log.desc())
    )
    with reader.connection() as connection:
        rows = connection.execute(query).all()
        ours = set(connection.execute(_counting_in_own_log(product_id)).scalars())
    holders: dict[str, NameHolder] = {}
    for log, name, unit, status, passed in rows:
        if name in holders and (status is None or (log == OWN and unit not in ours)):
            continue
        has_passed = passed not in (None, NEVER) and status not in (SCRAP, VOID)
        is_good = has_passed and (log == OWN or unit not in ours)
        holders[name] = NameHolder(unit, status or "", is_good)
    return holders


def _counting_in_own_log(product_id: str) -> Select[str]:
    return select(_units.c.unit_id).where(
        _units.c.log == OWN,
        _units.c.product_id == product_id,
        (_units.c.passed != NEVER) | (_units.c.voided != NEVER) | (_units.c.status == SCRAP),
    )


def _units_of_own_log(
    connection: Connection, product_id: str, units: Sequence[str]
) -> Iterable[str]:
    """Those that passed in our log, or that a person scrapped or voided there. One that was only
    refused here is what the imported log says.
    """
    query = _counting_in_own_log(product_id).where(_units.c.unit_id.in_(units))
    return set(connection.execute(query).scalars())


def _batches_of(
    connection: Connection, product_id: str, units: Sequence[str]
) -> Mapping[tuple[int, str], set[str]]:
    """Log and unit → the batches of a product in which it passed."""
    query = (
        select(_members.c.log, _members.c.unit_id, _members.c.batch)
        .join(_batches, (_batches.c.log == _members.c.log) & (_batches.c.batch == _members.c.batch))
        .where(_batches.c.product_id == product_id, _members.c.unit_id.in_(units))
        .where(_members.c.passed)
    )
    found: dict[tuple[int, str], set[str]] = {}
    for log, unit, batch in connection.execute(query):
        found.setdefault((log, unit), set()).add(batch)
    return found


def _ids_of(
    connection: Connection, product_id: str, units: Sequence[str]
) -> Mapping[tuple[int, str], Mapping[str, str]]:
    """Log and unit → the IDs that it has since its PASS."""
    query = select(_ids.c.log, _ids.c.unit_id, _ids.c.source, _ids.c.value).where(
        _ids.c.product_id == product_id,
        _ids.c.unit_id.in_(units),
        _ids.c.passed != NEVER,
        _ids.c.imported_from == "",
    )
    ids: dict[tuple[int, str], dict[str, str]] = {}
    for log, unit, source, value in connection.execute(query):
        ids.setdefault((log, unit), {})[source] = value
    return ids
