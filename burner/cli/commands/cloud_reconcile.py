"""`burner cloud reconcile`: the units on record and the devices on the platform."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import ManagementOptions, management_options
from burner.cli.parameters.export_options import ExportOptions, export_options
from burner.cli.parameters.file_argument import FILE
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import phrase

if TYPE_CHECKING:
    from burner.cli.cloud.reconcile_sources import ListedDevices
    from burner.cloud.reconciliation import Reconciliation
    from burner.profile.profile import Profile

GRACE_DAYS = 30


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@options.batch_option
@export_options
@click.option(
    "--grace",
    metavar="DAYS",
    type=click.IntRange(0, 3650),
    default=GRACE_DAYS,
    show_default=True,
    help="A unit may stay offline so long after its PASS.",
)
@management_options
@options.manifest_option
@options.operator_option(required=False)
@options.station_option
@options.output_option()
@options.json_option
@options.lang_option
def reconcile(
    source: Path,
    *,
    batch: str,
    export: ExportOptions | None,
    grace: int,
    management: ManagementOptions,
    manifest: str,
    operator: str | None,
    station: str,
    output: Path | None,
    as_json: bool,
) -> int:
    """Compare the manifest with the devices on the platform.

    SOURCE is a profile or a release of the product. Finds units that never registered, names that
    registered and were never burned (a leaked product secret, or another factory), names used
    twice, and units that registered with another name. --output writes all of them as CSV; the
    result is put on record. With --batch only its units are compared.

    Ends with 1 if there is any difference.
    """
    from burner.cli.cloud.reconcile_page import print_reconciliation, show_reconciliation
    from burner.cli.cloud.reconcile_sources import devices_on_platform
    from burner.cloud.reconciliation_table import differences_csv
    from burner.core.atomic_file import write_output

    profile = _profile(source)
    _check_batch(manifest, batch)
    listed = devices_on_platform(profile, management, export)
    result = _compared(profile, listed, manifest, batch, timedelta(days=grace))
    table = differences_csv(result)
    if output is not None:
        write_output(output, table)
    if as_json:
        print_reconciliation(result, profile, listed, table)
    else:
        show_reconciliation(result, profile, output)
    if _is_played(management, export, manifest):
        screen.warn(phrase("reconcile unrecorded", language()))
    else:
        who = operator or ""
        _record(
            result,
            profile,
            listed,
            table,
            manifest=manifest,
            batch=batch,
            station=station,
            operator=who,
        )
    return 1 if result.differences else 0


def _profile(source: Path) -> "Profile":
    from burner.release.opening import open_keyless

    return open_keyless(source).profile


def _check_batch(manifest: str, batch: str) -> None:
    """Refuse a manifest or a batch that is not there, before the platform is asked.

    Raises:
        BurnerError: E733 our log has no such batch; E7.
    """
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        if batch and reader.batch(batch) is None:
            raise BurnerError(Code.BATCH_UNKNOWN, batch)


def _is_played(management: ManagementOptions, export: ExportOptions | None, manifest: str) -> bool:
    """Whether a gateway on this computer answered for the platform, and the units are real."""
    from burner.manifest.reading.reader import ManifestReader

    if export is not None or management.endpoint is None or not management.endpoint.is_local:
        return False
    with ManifestReader.open(manifest) as reader:
        return not reader.is_simulated()


def _compared(
    profile: "Profile", listed: "ListedDevices", manifest: str, batch: str, grace: timedelta
) -> "Reconciliation":
    from burner.cli.cloud.names_on_record import names_on_record
    from burner.cloud.reconciliation import ReconcileTerms, reconcile
    from burner.manifest.reading.reader import ManifestReader
    from burner.platforms.product_settings import RegisterType

    names = profile.registration.names
    terms = ReconcileTerms(
        now=datetime.now(UTC),
        grace=grace,
        created_beforehand=names is not None and names.register_type is RegisterType.PRECREATED,
        batch=batch,
    )
    with ManifestReader.open(manifest) as reader:
        return reconcile(names_on_record(reader, profile.product.id), listed.devices, terms)


def _record(
    result: "Reconciliation",
    profile: "Profile",
    listed: "ListedDevices",
    table: bytes,
    *,
    manifest: str,
    batch: str,
    station: str,
    operator: str,
) -> None:
    from dataclasses import asdict
    from hashlib import sha256

    from burner.cli.existing_ledger import existing_ledger
    from burner.cli.questions.secret_questions import Use
    from burner.manifest.entries.cloud_kinds import MAX_DIFFERENCES, ReconciledDifference
    from burner.manifest.writing.cloud_records import record_reconciliation

    first = [
        ReconciledDifference(
            kind=one.kind.value,
            name=one.device.name if one.device else one.name,
            unit_id=one.unit_id,
        )
        for one in result.differences[:MAX_DIFFERENCES]
    ]
    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        record_reconciliation(
            ledger,
            profile.product.id,
            platform=profile.product.cloud.value,
            source=listed.source,
            export=listed.export_sha256,
            compared=asdict(result.compared),
            differences={kind.value: count for kind, count in result.counts().items()},
            table=sha256(table).hexdigest(),
            first=first,
            batch=batch,
            operator=operator,
        )
