"""Options of commands that serve."""

import click

from burner.cli.parameters.options import Command


def host_option(command: Command) -> Command:
    """--host: where a server listens."""
    return click.option(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="Listen on this address.",
    )(command)
