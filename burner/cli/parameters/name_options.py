"""Options of commands that take a list of names: of units that will be made, or that are made."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.options import Command


@dataclass(frozen=True)
class NameListOptions:
    """Where the names come from."""

    ids: Path | None
    names: Path | None
    batch: str
    manifest: str
    waiting: bool = False
    """Only those that are not on record as confirmed."""

    @property
    def of_manifest(self) -> bool:
        """Whether they are the names of units that were burned."""
        return self.ids is None and self.names is None


def name_list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--ids-file, --names-file, --batch, --waiting, --manifest; the command gets `listed`."""

    @functools.wraps(command)
    def with_list(
        *args: Any,
        ids_file: Path | None,
        names_file: Path | None,
        batch: str,
        waiting: bool,
        manifest: str,
        **others: Any,
    ) -> Any:
        if sum(map(bool, (ids_file, names_file, batch))) > 1:
            raise click.UsageError("Only one of --ids-file, --names-file and --batch can be given.")
        listed = NameListOptions(ids_file, names_file, batch, manifest, waiting)
        return command(*args, listed=listed, **others)

    of_ids = click.option(
        "--ids-file",
        metavar="FILE",
        type=FILE,
        help="IDs of units that will be made: CSV with a first line such as mac,imei,serial,label, "
        "or one ID a line.",
    )
    of_names = click.option(
        "--names-file", metavar="FILE", type=FILE, help="Names as they are, one a line."
    )
    waiting = click.option(
        "--waiting",
        is_flag=True,
        help="Only names that are not on record as confirmed yet.",
    )
    of_units = options.batch_option(waiting(options.manifest_option(with_list)))
    return of_ids(of_names(of_units))


def names_header_option(command: Command) -> Command:
    """--header: of a list of names for the cloud."""
    return click.option(
        "--header",
        metavar="TEXT",
        default="DeviceName",
        show_default=True,
        help="First line of a list of names; empty for none.",
    )(command)
