"""--yes: of a command that asks a person."""

import click

from burner.cli.parameters.options import Command


def yes_option(command: Command) -> Command:
    """--yes: nobody is asked."""
    return click.option(
        "-y", "--yes", is_flag=True, help="Ask nothing: defaults where no option is given."
    )(command)
