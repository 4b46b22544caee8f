"""Options of commands that read a device list which a platform's console exported."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE

if TYPE_CHECKING:
    from burner.cloud.device_export import DeviceExport
    from burner.cloud.export_columns import ExportColumn
    from burner.profile.profile import Profile


@dataclass(frozen=True)
class ExportOptions:
    """A device list, and how it is read."""

    path: Path
    columns: "Mapping[ExportColumn, str]"
    zone: tzinfo | None


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--export, --column, --zone; the command gets `export`, None where there is none."""

    @functools.wraps(command)
    def with_export(
        *args: Any,
        export_file: Path | None,
        column: "Mapping[ExportColumn, str]",
        zone: tzinfo | None,
        **others: Any,
    ) -> Any:
        if export_file is None and column:
            raise click.UsageError("--column belongs to --export")
        chosen = ExportOptions(export_file, column, zone) if export_file else None
        return command(*args, export=chosen, **others)

    export = click.option(
        "--export",
        "export_file",
        metavar="FILE",
        type=FILE,
        help="Device list that the platform's console exported, as CSV, in place of the "
        "management API.",
    )
    column = click.option(
        "--column",
        metavar="COLUMN=HEADER",
        multiple=True,
        callback=_columns,
        help="Header of a column of --export that has another one than usual: name=, product=, "
        "status=, registered=, activated=, created=, enabled=. A file without headers: the "
        "columns' numbers. Nothing behind the = leaves a column out.",
    )
    return export(column(options.zone_option(with_export)))


def _columns(
    context: click.Context, option: click.Parameter, texts: Sequence[str]
) -> "Mapping[ExportColumn, str]":
    from burner.cloud.export_columns import ExportColumn

    columns = {}
    for text in texts:
        name, equals, header = text.partition("=")
        if not equals or name not in set(ExportColumn):
            known = ", ".join(f"{one}=" for one in ExportColumn)
            raise click.BadParameter(f"{text!r} begins with none of {known}", context, option)
        columns[ExportColumn(name)] = header.strip()
    return columns


def devices_of_export(export: ExportOptions, profile: "Profile") -> "DeviceExport":
    """The devices of the product in the list.

    Raises:
        BurnerError: E866 … E870.
    """
    from burner.cloud.device_export import ExportForm, read_device_export

    names = profile.platform.rules.names
    form = ExportForm(profile.product.id, names, export.columns, export.zone)
    return read_device_export(export.path, form)
