"""--station-file of a command that opens no slot: it names the manifest and the station."""

import os
from pathlib import Path

import click

from burner.cli.parameters.options import STATION_FILE_HELP, Command

STATION_FILE = "burner.station_file"
"""Where the context of the command keeps the file."""


def station_file_names(command: Command) -> Command:
    """--station-file: `--manifest` and `--station` come from it where they are left out."""
    return click.option(
        "--station-file",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_take_names,
        help=STATION_FILE_HELP,
    )(command)


def _take_names(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    """Take them as defaults.

    Raises:
        BurnerError: E195, E196 the station file; E231 BURNER_MANIFEST is another manifest than the
            one of its policy.
    """
    if file is None:
        return
    from burner.station.fixture.station_file import load_station
    from burner.station.fixture.station_rules import rules_of

    station = load_station(file)
    context.meta[STATION_FILE] = file
    names = {"station": station.station} if station.station else {}
    if rules := rules_of(station, file):
        named = os.environ.get("BURNER_MANIFEST", "")
        rules.check_command(None, secret="", manifest=named, station=None)
        names["manifest"] = rules.manifest
    context.default_map = {**(context.default_map or {}), **names}
