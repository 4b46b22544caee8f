"""All commands of burner, as click has them."""

from collections.abc import Iterator

import click

from burner.cli.main import root

Path = tuple[str, ...]


def commands(
    command: click.Command = root, path: Path = ()
) -> Iterator[tuple[Path, click.Command]]:
    """Every command and group below `burner`, with its words."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


def options(command: click.Command) -> list[click.Option]:
    """Those of a command; `--help`, which click adds, is none of them."""
    return [option for option in command.params if isinstance(option, click.Option)]
