"""What a person says with options: who it is, at which station, and why."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from burner.cli.questions import Use
    from burner.manifest.writing.ledger import Ledger

Command = TypeVar("Command", bound=Callable[..., Any])


def operator_option(command: Command) -> Command:
    """--operator: a person; no record without a name."""
    return click.option(
        "--operator",
        required=True,
        metavar="ID",
        envvar="BURNER_OPERATOR",
        callback=plain_line,
        help="Who decides.",
    )(command)


def reason_option(command: Command) -> Command:
    """--reason: no correction without one."""
    option = click.option(
        "--reason", required=True, metavar="TEXT", callback=plain_line, help="Why."
    )
    return option(command)


def station_option(command: Command) -> Command:
    """--station: as whom it is recorded; a station that is burning needs its own."""
    return click.option(
        "--station",
        default=_this_computer,
        metavar="ID|FILE",
        callback=lambda _context, _option, value: _id_in(value),
        help="Record it as this station: its id, or its station file; default: BURNER_STATION, "
        "else this computer's name.",
    )(command)


def desk_ledger(manifest: str, station: str, use: "Use") -> "Ledger":
    """The manifest as a person writes it: one that is there (E701, E710), never a new one."""
    from burner.cli.questions import asks_passphrase
    from burner.manifest.store.place import manifest_place, require_existing
    from burner.manifest.writing.ledger import Ledger

    require_existing(manifest_place(manifest))
    return Ledger.open(manifest, station, ask=asks_passphrase(use))


def is_path(text: str) -> bool:
    """Whether something has this name that could be read: a file, or what only looks like one."""
    try:
        return Path(text).exists() and not Path(text).is_dir()
    except (OSError, ValueError):  # longer than any name, or none
        return False


def plain_line(_context: click.Context, option: click.Parameter, value: str) -> str:
    """Of an option: one line of text that can be seen (E738)."""
    from burner.manifest.writing.operator_text import check_one_line

    check_one_line(**{f"--{option.name}": value})
    return value


def _this_computer() -> str:
    from burner.cli.slots import station_id

    return station_id()


def _id_in(given: str) -> str:
    """An id as it is; of a station file the id under which `burn --station FILE` records."""
    if not given.endswith((".yaml", ".yml")):
        return given
    from burner.cli.slots import station_id
    from burner.station.map import load_station

    return station_id(load_station(Path(given)).station)
