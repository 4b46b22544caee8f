"""`burner cloud`: the cloud platform with which the units register."""

import click

from burner.cli.commands.cloud_gateway import gateway
from burner.cli.commands.cloud_reconcile import reconcile
from burner.cli.groups import OrderedGroup


@click.group(cls=OrderedGroup)
def cloud() -> None:
    """Try the registration of units without a cloud."""


cloud.add_command(gateway)
cloud.add_command(reconcile)
