"""`burner cloud preflight`: will the platform register the units of a batch?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.cloud.preflight_arguments import (
    CheckAnswer,
    CheckAnswerType,
    CloudPreflightArguments,
)
from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import management_options
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.signing import NOTE_HELP
from burner.cli.parameters.station_file_names import station_file_names

if TYPE_CHECKING:
    from burner.cli.parameters.cloud_options import ManagementOptions


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@options.batch_option
@options.quantity_option(smallest=1)
@click.option(
    "--checklist", is_flag=True, help="Ask a person who sees the console, not the platform."
)
@click.option(
    "--answer",
    "answers",
    metavar="CHECK=ANSWER",
    multiple=True,
    type=CheckAnswerType(),
    help="What a person has seen in the console: yes, no or not-needed; once a check. It counts "
    "for what the platform does not tell.",
)
@options.operator_option(required=False)
@click.option("--note", metavar="TEXT", default="", callback=options.one_line, help=NOTE_HELP)
@options.secret_option
@management_options
@station_file_names
@options.station_option
@options.manifest_option
@options.json_option
def preflight(
    *,
    source: Path,
    batch: str,
    quantity: int | None,
    checklist: bool,
    answers: tuple[CheckAnswer, ...],
    operator: str | None,
    note: str,
    secret: str,
    management: "ManagementOptions",
    station: str,
    manifest: str,
    as_json: bool,
) -> int:
    """Compare a product on the platform with what SOURCE needs.

    SOURCE is a profile or a release file. Each line is good, bad or unknown, with what to do. The
    platform is asked by its management API, or with --checklist a person who looks at the console.
    With --batch it is for the units that the batch still needs, and goes on record. Ends with 0 if
    all is good, else with 1.
    """
    if len({check for check, _ in answers}) < len(answers):
        raise click.UsageError("--answer: each check once")
    from burner.cli.cloud.preflight_run import run_preflight

    return run_preflight(
        CloudPreflightArguments(
            source=source,
            batch=batch,
            quantity=quantity,
            checklist=checklist,
            answers=dict(answers),
            operator=operator or "",
            note=note,
            secret=secret,
            management=management,
            station=station,
            manifest=manifest,
            as_json=as_json,
        )
    )
