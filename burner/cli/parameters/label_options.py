"""Options of commands that print labels."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.options import Command
from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.unit_labels.printer import Printer


def printer_option(command: Command) -> Command:
    """--printer: what prints the labels of good units."""
    return click.option(
        "--printer",
        metavar="PRINTER",
        default="",
        envvar="BURNER_PRINTER",
        show_envvar=True,
        help="Label printer: tcp://HOST:9100, or a device such as /dev/usb/lp0. Left out: that of "
        "the station file.",
    )(command)


def printer_at_place(place: str) -> "Printer":
    """The printer that an option names.

    Raises:
        BurnerError: E339.
    """
    from burner.unit_labels.printers import printer_at

    try:
        return printer_at(place)
    except ValueError as error:
        raise BurnerError(Code.PRINTER_UNKNOWN, f"{place!r}; allowed: {error}") from None


def printer_of_command(place: str, station_file: Path | None) -> "Printer":
    """The printer of `--printer`, else of the station file.

    Raises:
        BurnerError: E339 none is named; E195, E196 the station file.
    """
    from burner.station.fixture.station_file import load_station

    if place:
        return printer_at_place(place)
    settings = load_station(station_file).printer if station_file else None
    if settings is None:
        raise BurnerError(Code.PRINTER_UNKNOWN, "neither --printer nor a station file names one")
    return settings.printer()
