"""The name of a station as a person gives it, told apart from the path of a station file."""

from pathlib import Path

import click

_READ = 64 * 1024
"""Characters: more than any station file begins with before its slots."""


def check_station_name(name: str) -> None:
    """Refuse the path of a station file.

    Raises:
        BadParameter: it is a file with slots, or called like one.
    """
    if name.endswith((".yaml", ".yml")) or _has_slots(name):
        words = f"{name} is a file; --station and BURNER_STATION take the station's name. "
        raise click.BadParameter(words + "A station file is given with --station-file.")


def _has_slots(name: str) -> bool:
    """Whether a file is there that looks like a station file."""
    try:
        path = Path(name)
        if not path.is_file():
            return False
        with path.open(encoding="utf-8") as file:
            return any(line.startswith("slots:") for line in file.read(_READ).splitlines())
    except (OSError, ValueError):
        return False
