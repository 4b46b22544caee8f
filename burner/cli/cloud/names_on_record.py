"""The names of a product that are on record, as `burner cloud reconcile` compares them."""

from collections.abc import Iterator
from typing import Final

from burner.cloud.reconciliation import NameOnRecord, NameStatus
from burner.manifest.fold.rows import SCRAP, VOID
from burner.manifest.reading.cloud_records import burned_devices, name_holders
from burner.manifest.reading.first_burns import first_burns
from burner.manifest.reading.reader import ManifestReader

_STATUS: Final = {SCRAP: NameStatus.SCRAPPED, VOID: NameStatus.VOIDED}


def names_on_record(reader: ManifestReader, product_id: str) -> Iterator[NameOnRecord]:
    """Every name that a unit of the product was burned with, over all batches."""
    burns = first_burns(reader, product_id)
    present: set[str] = set()
    batches: dict[str, str] = {}
    for device in burned_devices(reader, product_id):
        first = burns.get((device.unit_id, device.name))
        present.add(device.name)
        batches[device.unit_id] = device.batch
        yield NameOnRecord(
            name=device.name,
            unit_id=device.unit_id,
            burned=first.started if first else None,
            passed=device.passed_at,
            batch=device.batch,
            batches=device.batches,
            ids=tuple(device.ids.values()),
            failed_since=device.failed_since,
        )
    holders = name_holders(reader, product_id)
    held = ((holder.unit_id, name) for name, holder in holders.items())
    for unit_id, name in dict.fromkeys((*burns, *held)):
        if name in present:
            continue
        burn, holder = burns.get((unit_id, name)), holders.get(name)
        status = holder.status if holder and holder.unit_id == unit_id else VOID
        is_good = unit_id in batches
        yield NameOnRecord(
            name=name,
            unit_id=unit_id,
            burned=burn.started if burn else None,
            status=NameStatus.FORMER if is_good else _STATUS.get(status, NameStatus.NOT_PASSED),
            batch=batches.get(unit_id, burn.batch if burn else ""),
        )
