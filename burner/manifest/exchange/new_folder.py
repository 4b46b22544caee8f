"""A folder that is filled elsewhere and moved to its place when it is complete."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from burner.core.code import Code
from burner.core.errors import BurnerError


@contextmanager
def new_folder(folder: Path, refused: str = Code.DISK_FULL) -> Iterator[Path]:
    """A temporary folder that becomes `folder` when everything in it is written.

    Args:
        folder: must not exist, or be empty.
        refused: the code if it cannot be written.

    Raises:
        BurnerError: E736 it holds something; `refused`.
    """
    try:
        _check_empty(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            part = Path(beside, "whole")  # with the access rights of any new folder
            part.mkdir()
            (part / "probe").write_bytes(bytes(4096))
            (part / "probe").unlink()
            yield part
            _check_empty(folder)
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
    except OSError as error:
        raise BurnerError(refused, f"{folder}: {error.strerror}") from error


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BurnerError(Code.TARGET_EXISTS, str(folder))
