"""The type of an argument that names a file; whether it can be read is told where it is read."""

from pathlib import Path

import click

FILE = click.Path(dir_okay=False, path_type=Path)
