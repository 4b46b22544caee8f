"""`burner cloud precreate`: names are created on the cloud platform before their units come."""

from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import ManagementOptions, management_options
from burner.cli.parameters.export_options import ExportOptions, export_options
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.name_options import NameListOptions, name_list_options


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@name_list_options
@management_options
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it is kept which names were sent. Left out: in the state folder, one a product.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.option(
    "--confirm-only",
    is_flag=True,
    help="Create nothing: ask the platform which of the names it has, and record those.",
)
@export_options
@options.operator_option(required=False)
@options.station_option
def precreate(
    *,
    source: Path,
    listed: NameListOptions,
    management: ManagementOptions,
    journal: Path | None,
    dry_run: bool,
    confirm_only: bool,
    export: ExportOptions | None,
    operator: str | None,
    station: str,
) -> int:
    """Create the names of units on the platform, each once.

    The names are those of the units that SOURCE, a profile or release file, makes: of IDs that are
    known before, of a file with names, of a batch, or of all units of the product in the manifest.
    A name that is there already is as good as created; both go on record as confirmed. One that
    somebody registered with, or that is disabled, is refused, if no good unit has it. After a cut
    the same command goes on: it asks the platform before it sends a name again. Ctrl-C ends it
    after the chunk in flight. --confirm-only creates nothing; with --export the console's device
    list says which names the platform has.

    Exit status: 0 the platform has all names, 1 some are refused, 2 usage, 3 SOURCE or a file
    refused, 4 network or platform.
    """
    if dry_run and confirm_only:
        raise click.UsageError("--dry-run and --confirm-only: only one of them can be given.")
    if export and not confirm_only:
        raise click.UsageError("--export belongs to --confirm-only.")
    from burner.cli.cloud.precreate_run import PrecreateArguments
    from burner.cli.cloud.precreate_run import precreate as run

    return run(
        PrecreateArguments(
            source,
            listed,
            management,
            journal,
            dry_run,
            confirm_only,
            export,
            operator or "",
            station,
        )
    )
