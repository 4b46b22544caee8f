"""`burner cloud prove`: the golden sample, one unit's name registered for real."""

from typing import Any

import click

from burner.cli.cloud.prove_arguments import ProveArguments
from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import read_endpoint, region_option
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.yes_option import yes_option


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@click.option("--unit", required=True, metavar="NAME|MAC|IMEI|SN", help="The unit.")
@click.option(
    "--live", is_flag=True, help="Register its name for real. Without it nothing is sent."
)
@click.option(
    "--api",
    "api",
    type=click.Choice(["current", "older"]),
    default="current",
    show_default=True,
    help="The way to register, where the platform has two: that of AT firmware is the older one.",
)
@region_option
@click.option(
    "--registration-endpoint",
    metavar="URL",
    callback=read_endpoint,
    help="Register there, as at `burner cloud gateway`: https://HOST:PORT, or http:// with a "
    "loopback address. Left out: the platform's own host.",
)
@click.option(
    "--registration-ca",
    metavar="FILE",
    type=FILE,
    help="Certificates in PEM that the host of the registration is trusted by, in place of the "
    "public ones.",
)
@options.secret_option
@yes_option
@options.manifest_option
@options.operator_option(required=False)
@options.station_option
@options.json_option
@options.lang_option
def prove(**arguments: Any) -> int:
    """Register the name of one real unit for real: a golden sample.

    SOURCE is the profile or release that the unit was burned from; its product secret must be the
    one on record. Says first what is sent, where, and what it consumes; with --live it asks, sends
    it once, and puts the answer on record. What the platform gives is dropped at once: it is
    neither shown nor kept.

    Ends with 1 if the platform refuses.
    """
    from burner.cli.cloud.prove_run import run_proof

    chosen = ProveArguments(**arguments)
    if chosen.live and not (chosen.operator or "").strip():
        raise click.UsageError("--live needs --operator ID: who does this")
    return run_proof(chosen)
