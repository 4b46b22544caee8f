"""Options of commands that serve."""

import click

from burner.cli.parameters.options import Command, Decorator


def host_option(command: Command) -> Command:
    """--host: where a server listens."""
    return click.option(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="Listen on this address.",
    )(command)


def http_port_option(default: int) -> Decorator:
    """--http-port: on which port."""
    return click.option(
        "--http-port",
        metavar="N",
        type=click.IntRange(0, 65535),
        default=default,
        show_default=True,
        help="Port without TLS; 0: a free one.",
    )
