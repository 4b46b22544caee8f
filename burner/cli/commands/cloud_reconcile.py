"""`burner cloud reconcile`: the units on record and the devices on the platform."""

from typing import Any

import click

from burner.cli.cloud.reconcile_arguments import ReconcileArguments
from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import management_options
from burner.cli.parameters.export_options import export_options
from burner.cli.parameters.file_argument import FILE

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
def reconcile(**arguments: Any) -> int:
    """Compare the manifest with the devices on the platform.

    SOURCE is a profile or a release of the product. Finds units that never registered, names that
    registered and were never burned (a leaked product secret, or another factory), names used
    twice, and units that registered with another name. --output writes all of them as CSV; the
    result is put on record. With --batch only its units are compared.

    Ends with 1 if there is any difference.
    """
    from burner.cli.cloud.reconcile_run import run_reconciliation

    return run_reconciliation(ReconcileArguments(**arguments))
