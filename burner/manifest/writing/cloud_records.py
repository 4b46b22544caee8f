"""What was seen of the cloud platform, put on record."""

from collections.abc import Iterable, Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.visible_text import in_one_line
from burner.manifest.entries.cloud_kinds import (
    MAX_DIFFERENCES,
    MAX_NAMES,
    CloudPreflight,
    NamesConfirmed,
    NamesSource,
    PreflightFact,
    PreflightSource,
    Reconciled,
    ReconciledDifference,
    ReconciliationSource,
    RegistrationProved,
)
from burner.manifest.entries.entry import MAX_TEXT
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.fold.batches import require_batch
from burner.manifest.fold.rows import NEVER, AttemptRow, UnitRow
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.cloud_records import confirmed_names_in
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line, require_operator_and_reason


def record_preflight(
    ledger: Ledger,
    batch: str,
    checks: Sequence[PreflightFact],
    *,
    platform: str,
    source: PreflightSource,
    endpoint: str = "",
    key: str = "",
    quantity: int | None = None,
    operator: str = "",
    note: str = "",
) -> int:
    """Put a preflight of a batch on record. It replaces an earlier one.

    Args:
        ledger: of the station (or desk) that did it.
        batch: an open batch.
        checks: its points.
        platform: the platform's name.
        source: who answered.
        endpoint: host and port that answered, where they are not the platform's own.
        key: fingerprint of the product key that was compared; a good one needs it.
        quantity: units that the batch may have by it; a good one needs it.
        operator: who did it; needed for a checklist.
        note: what the person looked at.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E459 the batch is closed, E463 it is of another key, E731 a checklist without
            operator, E733 unknown, E738 a text is more than a line; E7.
    """
    if source == "checklist":
        require_operator_and_reason(f"batch {batch}", operator)
    check_one_line(operator=operator, note=note)

    def make(state: TableState) -> list[AnyEntry]:
        entry = ledger.new_entry(
            CloudPreflight,
            batch=batch,
            product_id=require_batch(state, batch).product_id,
            platform=platform,
            source=source,
            endpoint=_from_platform(endpoint),
            checks=tuple(fact.with_found(_from_platform(fact.found)) for fact in checks),
            key=key,
            quantity=quantity,
            operator=operator,
            note=note,
        )
        return [entry]

    (number,) = ledger.append(make)
    return number


def record_confirmed_names(
    ledger: Ledger,
    product_id: str,
    names: Iterable[str],
    *,
    platform: str,
    how: NamesSource,
    endpoint: str = "",
    batch: str = "",
    operator: str = "",
) -> int:
    """Put names on record that the platform says it has, in one commit. Those that are on record
    already, by an answer of its own or of the same endpoint, are left out.

    Args:
        ledger: of the station (or desk) that asked.
        product_id: on the platform.
        names: in any order.
        platform: as `product.cloud`.
        how: how the platform came to have them.
        endpoint: host and port that answered, where they are not the platform's own.
        batch: for which they were asked; empty: for none.
        operator: who asked.

    Returns:
        How many are new.

    Raises:
        BurnerError: E733 no such batch, E738 a text is more than a line; E7.
    """
    check_one_line(operator=operator)
    wanted, new = sorted(set(names)), list[str]()

    def make(state: TableState) -> list[AnyEntry]:
        if batch:
            require_batch(state, batch)
        known = confirmed_names_in(
            state.connection, product_id, platform, ("", _from_platform(endpoint))
        )
        new[:] = [name for name in wanted if name not in known]
        return [
            ledger.new_entry(
                NamesConfirmed,
                batch=batch,
                product_id=product_id,
                platform=platform,
                names=tuple(new[first : first + MAX_NAMES]),
                how=how,
                endpoint=_from_platform(endpoint),
                operator=operator,
            )
            for first in range(0, len(new), MAX_NAMES)
        ]

    ledger.append(make)
    return len(new)


def record_proof(
    ledger: Ledger,
    unit_id: str,
    *,
    product_id: str,
    device_name: str,
    platform: str,
    host: str,
    registered: bool,
    operator: str,
    endpoint: str = "",
    code: str = "",
    credentials: str = "",
    request_id: str = "",
) -> int:
    """Put on record what the platform answered to a real registration of a unit's name.

    Args:
        ledger: of the station (or desk) that registered it.
        unit_id: a unit of our log.
        product_id: its product.
        device_name: its name.
        platform: as `product.cloud`.
        host: that answered.
        registered: whether it was registered.
        operator: who did it.
        endpoint: the host, where it is not the platform's own.
        code: why not; empty where it was.
        credentials: what the platform gave: `key`, `certificate`, or empty.
        request_id: the platform's.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E712 unknown, E714 the unit has another name, E731 without operator; E7.
    """
    require_operator_and_reason(f"unit {unit_id}", operator)

    def make(state: TableState) -> list[AnyEntry]:
        entry = ledger.new_entry(
            RegistrationProved,
            batch=_batch_of(state, product_id, unit_id),
            product_id=product_id,
            unit_id=unit_id,
            device_name=device_name,
            platform=platform,
            host=_from_platform(host),
            endpoint=_from_platform(endpoint),
            registered=registered,
            code=code,
            credentials=credentials,
            request_id=_from_platform(request_id),
            operator=operator,
        )
        return [entry]

    (number,) = ledger.append(make)
    return number


def _from_platform(text: str) -> str:
    """A text of another computer, so that it can be recorded whatever it is."""
    return in_one_line(text)[:MAX_TEXT]


def _batch_of(state: TableState, product_id: str, unit_id: str) -> str:
    """The batch in which a unit passed; else that of its last attempt."""
    unit = state.get(UnitRow, product_id, unit_id)
    if unit is None:
        raise BurnerError(Code.UNIT_UNKNOWN, unit_id)
    number = unit.last if unit.passed == NEVER else unit.passed
    attempt = state.get(AttemptRow, number) if number != NEVER else None
    return attempt.batch if attempt else ""


def record_reconciliation(
    ledger: Ledger,
    product_id: str,
    *,
    platform: str,
    source: ReconciliationSource,
    compared: Mapping[str, int],
    differences: Mapping[str, int],
    table: str,
    first: Sequence[ReconciledDifference],
    export: str = "",
    endpoint: str = "",
    batch: str = "",
    operator: str = "",
) -> int:
    """Put a comparison of manifest and platform on record.

    Args:
        ledger: of the station (or desk) that compared.
        product_id: on the platform.
        platform: its name.
        source: the platform itself, or an export of its console.
        compared: what was counted → how many.
        differences: kind → how many.
        table: SHA-256 of the CSV with all differences.
        first: differences; more than 100 are cut.
        export: SHA-256 of the export; empty where the platform was asked.
        endpoint: host and port that answered, where they are not the platform's own.
        batch: that was compared, of our log or an imported one; empty: all units of the product.
        operator: who did it.

    Returns:
        Number of the record.

    Raises:
        BurnerError: E733 no such batch, E738 a text is more than a line; E7.
    """
    check_one_line(operator=operator)
    ledger.reader.with_log_of_batch(AttemptFilter(batch=batch))

    def make(_state: TableState) -> list[AnyEntry]:
        entry = ledger.new_entry(
            Reconciled,
            batch=batch,
            product_id=product_id,
            platform=platform,
            source=source,
            export=export,
            endpoint=_from_platform(endpoint),
            compared=dict(compared),
            differences=dict(differences),
            table=table,
            first=tuple(first[:MAX_DIFFERENCES]),
            operator=operator,
        )
        return [entry]

    (number,) = ledger.append(make)
    return number
