"""The type of `-o`: a file or folder that a command will write."""

from pathlib import Path
from typing import Any

import click

from burner.core.code import Code
from burner.core.errors import BurnerError


class OutputPath(click.Path):
    """A path to write to. The folder of a file must be there; an output folder is made."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = False) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path before the command does any work.

        Raises:
            BurnerError: E729 the folder of the file is not there.
        """
        if value == "":
            self.fail("the path is empty", param, ctx)
        path = super().convert(value, param, ctx)
        if self.file_okay and not (ctx and ctx.resilient_parsing):
            _check_folder(Path(str(path)).parent)
        return path


def _check_folder(folder: Path) -> None:
    try:
        reason = "" if folder.is_dir() else "no such folder"
    except OSError as error:
        reason = error.strerror or ""
    if reason:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{folder}: {reason}")
