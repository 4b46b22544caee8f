"""`burner verify`: the units in all slots compared with their records; the results on record."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from burner.burn.verify import VerifyResult, verify_unit
from burner.devices.device import Device
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.audits import record_check
from burner.manifest.writing.ledger import Ledger
from burner.release.release import KeylessRelease
from burner.station.every_slot import in_every_slot

RecordResult = Callable[[VerifyResult], bool]
"""Writes a result into the manifest; False where the unit has no record to be checked by."""


def verify_slots(
    devices: Mapping[str, Device], reader: ManifestReader, release: KeylessRelease | None
) -> dict[str, VerifyResult]:
    """Compare the units in all slots with their records, at once; results by slot."""
    return in_every_slot(devices, lambda _, device: verify_unit(device, reader, release))


@contextmanager
def recording(manifest: str, station: str, operator: str) -> Iterator[RecordResult]:
    """Write results into the manifest as checks by `operator`, each when it comes."""
    with Ledger.open(manifest, station) as ledger:

        def record(result: VerifyResult) -> bool:
            if result.record is None or result.problem is not None:
                return False
            findings = [{k: str(v) for k, v in asdict(c).items()} for c in result.comparisons]
            record_check(
                ledger, result.record, good=result.good, findings=findings, operator=operator
            )
            return True

        yield record
