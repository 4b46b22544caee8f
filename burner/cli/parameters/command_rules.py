"""The station file of a command, and what its policy allows the command."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.station.fixture.station_rules import StationRules


def own_station_file(station_file: Path | None, ports: Sequence[str] = ()) -> Path | None:
    """The station file of a command: the fixed one of this computer, else `--station-file`.

    Raises:
        BurnerError: E232 there is a fixed one, and another one or `--port` is named.
    """
    from burner.station.fixture.fixed_file import fixed_station_file

    fixed = fixed_station_file()
    if fixed is None:
        return station_file
    if ports:
        raise BurnerError(Code.STATION_FILE_FIXED, f"{fixed}; not --port {ports[0]}")
    if station_file and not _is_same(station_file, fixed):
        raise BurnerError(Code.STATION_FILE_FIXED, f"{fixed}; not {station_file}")
    return fixed


def rules_of_command(
    station_file: Path | None,
    *,
    source: Path | None,
    secret: str,
    manifest: str,
    station: str | None,
) -> "StationRules | None":
    """The rules of a station file, once the command keeps to them; None: it has none.

    Call it before anything else happens.

    Args:
        station_file: of `own_station_file`.
        source: a profile or a release file; None: the command has none.
        secret: the reference of `--secret` or its variable; empty: not given.
        manifest: `--manifest`, its variable, or its default.
        station: `--station`; None: not given.

    Raises:
        BurnerError: E195, E196 the station file; E229 to E231, E233 what it does not allow.
    """
    if station_file is None:
        return None
    from burner.station.fixture.station_rules import load_rules

    rules = load_rules(station_file)
    if rules:
        named = manifest if _is_named("manifest") else ""
        rules.check_command(source, secret=secret, manifest=named, station=station)
    return rules


def station_of_command(station_file: Path | None, station: str | None) -> str:
    """The name in records: `--station`, else the station file's, else `slots.station_id`.

    Raises:
        BurnerError: E195, E196 the station file.
    """
    from burner.cli.parameters.slots import station_id
    from burner.station.fixture.station_file import load_station

    return station_id(station or (load_station(station_file).station if station_file else None))


def _is_named(parameter: str) -> bool:
    """Whether a person named it, by option or variable: it is not a default."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def _is_same(path: Path, fixed: Path) -> bool:
    try:
        return path.samefile(fixed)
    except OSError:
        return False
