"""`burner verify`: the units in all slots compared with their records; the results on record."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from burner.burn.verify import VerifyResult, verify_unit
from burner.core.errors import BurnerError
from burner.core.secrets.reference import NO_SECRET
from burner.devices.device import Device
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.audits import record_check
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_keyless, open_release
from burner.release.release import KeylessRelease
from burner.station.every_slot import in_every_slot

RecordResult = Callable[[VerifyResult], bool]
"""Writes a result into the manifest; False where the unit has no record to be checked by."""


def open_source(source: Path, secret: str, ask: Callable[[], str] | None) -> KeylessRelease:
    """Open profile or release, with the product secret where nobody must be asked for it.

    Only a firmware with an AT dialogue needs the secret.

    Args:
        source: profile or release.
        secret: a reference that the operator gave: then the secret is needed, and asked for.
        ask: asks a person for the secret.

    Raises:
        BurnerError: E1, E2.
    """
    if secret:
        return open_release(source, ask=ask, reference=secret)
    try:
        return open_release(source)
    except BurnerError as error:
        if error.code not in NO_SECRET:
            raise
        return open_keyless(source)


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
