"""A run of `burner cloud reconcile`: the platform is read, then the manifest; the result recorded.

In this order: a unit that passes and registers meanwhile is on record when it is compared.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from burner.cli.cloud.known_secret import known_secret
from burner.cli.cloud.name_list import product_profile
from burner.cli.cloud.names_on_record import names_on_record
from burner.cli.cloud.played_platform import may_record, recorded_endpoint
from burner.cli.cloud.reconcile_arguments import ReconcileArguments
from burner.cli.cloud.reconcile_page import print_reconciliation, show_reconciliation
from burner.cli.cloud.reconcile_sources import ListedDevices, devices_on_platform
from burner.cli.existing_ledger import existing_ledger
from burner.cli.questions.secret_questions import Use
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.reconciliation import ReconcileTerms, Reconciliation, reconcile
from burner.cloud.reconciliation_table import differences_csv
from burner.core.atomic_file import write_output
from burner.core.words.phrases import phrase
from burner.manifest.entries.cloud_kinds import MAX_DIFFERENCES, ReconciledDifference
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.cloud_records import record_reconciliation
from burner.platforms.product_settings import RegisterType
from burner.profile.profile import Profile


def run_reconciliation(chosen: ReconcileArguments) -> int:
    """Compare, show, record. 1: there are differences.

    Raises:
        BurnerError: E733 no such batch, E830 to E844 the management API, E866 to E870
            the export; E1, E2 the source; E7.
    """
    profile = product_profile(chosen.source)
    is_recorded = _is_recorded(chosen)
    listed = devices_on_platform(
        profile, chosen.management, chosen.export, known_secret(chosen.source, profile)
    )
    result = _compared(chosen, profile, listed)
    table = differences_csv(result)
    if chosen.output is not None:
        write_output(chosen.output, table)
    zone = chosen.export.zone if chosen.export else None
    if chosen.as_json:
        print_reconciliation(result, profile, listed, table, zone)
    else:
        show_reconciliation(result, profile, listed, zone, chosen.output)
    if is_recorded:
        _record(chosen, profile, listed, result, table)
    else:
        screen.warn(phrase("played unrecorded", language()))
    return 1 if result.differences else 0


def _is_recorded(chosen: ReconcileArguments) -> bool:
    """Whether the result goes on record: not that of a gateway on this computer and real units.

    Raises:
        BurnerError: E733.
    """
    with ManifestReader.open(chosen.manifest) as reader:
        reader.with_log_of_batch(AttemptFilter(batch=chosen.batch))  # there is such a batch
        return may_record(reader, None if chosen.export else chosen.management.endpoint)


def _compared(
    chosen: ReconcileArguments, profile: Profile, listed: ListedDevices
) -> Reconciliation:
    creation = profile.registration.name_creation
    register_type = creation.register_type if creation else None
    terms = ReconcileTerms(
        now=datetime.now(UTC),
        grace=timedelta(days=chosen.grace),
        created_beforehand=register_type is RegisterType.PRECREATED,
        batch=chosen.batch,
        created_by_registration=register_type is RegisterType.AUTOMATIC,
    )
    with ManifestReader.open(chosen.manifest) as reader:
        return reconcile(names_on_record(reader, profile.product.id), listed.devices, terms)


def _record(
    chosen: ReconcileArguments,
    profile: Profile,
    listed: ListedDevices,
    result: Reconciliation,
    table: bytes,
) -> None:
    first = [
        ReconciledDifference(
            kind=one.kind.value,
            name=one.device.name if one.device else one.name,
            unit_id=one.unit_id,
        )
        for one in result.differences[:MAX_DIFFERENCES]
    ]
    with existing_ledger(chosen.manifest, chosen.station, Use.RECORDS) as ledger:
        record_reconciliation(
            ledger,
            profile.product.id,
            platform=profile.product.cloud.value,
            source=listed.source,
            export=listed.export.sha256 if listed.export else "",
            endpoint="" if listed.export else recorded_endpoint(chosen.management.endpoint),
            compared=asdict(result.compared),
            differences={kind.value: count for kind, count in result.counts().items()},
            table=sha256(table).hexdigest(),
            first=first,
            batch=chosen.batch,
            operator=chosen.operator or "",
        )
