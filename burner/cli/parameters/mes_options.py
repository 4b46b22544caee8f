"""Options of `burner mes`."""

import click

from burner.cli.parameters.options import Command


def destination_option(command: Command) -> Command:
    """--destination: one MES of several."""
    return click.option(
        "--destination",
        metavar="NAME",
        default="",
        help="Only of this destination, as the station file names it under `mes:`.",
    )(command)


def message_arguments(command: Command) -> Command:
    """MESSAGE: ids."""
    return click.argument("messages", metavar="[MESSAGE]...", nargs=-1)(command)
