"""Groups of commands whose help is a table of contents: in the order of work, nothing cut off."""

import click

WIDEST = 1000
"""No summary is longer: click cuts off what is."""


class OrderedGroup(click.Group):
    """Lists its commands in the order in which they were added, each with its first sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands, in the order of work."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of contents."""
        rows = [
            (name, command.get_short_help_str(WIDEST))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
