"""`burner cloud`: the cloud platform with which the units register."""

import click

from burner.cli.commands.cloud_enable import enable
from burner.cli.commands.cloud_gateway import gateway
from burner.cli.commands.cloud_names import names
from burner.cli.commands.cloud_precreate import precreate
from burner.cli.commands.cloud_preflight import preflight
from burner.cli.commands.cloud_prove import prove
from burner.cli.commands.cloud_reconcile import reconcile
from burner.cli.groups import OrderedGroup


@click.group(cls=OrderedGroup)
def cloud() -> None:
    """Prepare the registration of units with the cloud, and try it."""


cloud.add_command(gateway)
cloud.add_command(enable)
cloud.add_command(preflight)
cloud.add_command(names)
cloud.add_command(precreate)
cloud.add_command(prove)
cloud.add_command(reconcile)
