"""Writes names as CSV for the console of a platform, split into files."""

from collections.abc import Sequence
from pathlib import Path

from burner.cloud.console_files import is_numbered, numbered_files
from burner.core.atomic_file import write_output
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import is_plain, read_plain
from burner.manifest.exchange.table import names_csv


def write_name_files(
    output: Path, names: Sequence[str], *, header: str, per_file: int, force: bool
) -> tuple[Path, ...]:
    """Write `OUT-001.csv` and so on; each file whole or not at all.

    Args:
        output: `OUT`, or `OUT.csv`.
        names: each once.
        header: of each file; empty: none.
        per_file: how many names at most.
        force: replace files with other content.

    Raises:
        BurnerError: E729 a file cannot be written, E736 one is there with other content, or is
            left of a longer list; nothing is written then.
    """
    parts = numbered_files(output, names, per_file)
    files = {path: "".join(names_csv(part, header)).encode() for path, part in parts}
    try:
        existing = [path for path in output.parent.iterdir() if is_numbered(output, path)]
        for path in sorted(existing):
            if path not in files:
                raise BurnerError(Code.TARGET_EXISTS, f"{path}: of another list")
            if not (force or _holds(path, files[path])):
                raise BurnerError(Code.TARGET_EXISTS, str(path))
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{output}: {error.strerror}") from None
    for path, data in files.items():
        write_output(path, data)
    return tuple(files)


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file is there with just these bytes."""
    return (
        is_plain(path) and path.stat().st_size == len(data) and read_plain(path, len(data)) == data
    )
