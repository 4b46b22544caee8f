"""Options that say how a product registers its devices."""

import click

from burner.cli.parameters.options import Command, Decorator

MOST_DEVICES = 1_000_000


def register_type_option(command: Command) -> Command:
    """--register-type: the switch, as in the console."""
    return click.option(
        "--register-type",
        type=click.Choice(["0", "1", "2"]),
        help="How a product registers. 0: not at all. 1: names created beforehand. 2: creates "
        "devices.",
    )(command)


def limit_option(default: int | None = None) -> Decorator:
    """--limit: of a product that creates devices."""
    return click.option(
        "--limit",
        metavar="N",
        type=click.IntRange(0, MOST_DEVICES),
        default=default,
        show_default=default is not None,
        help="Devices that a product creates by itself.",
    )
