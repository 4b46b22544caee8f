"""A folder that is filled beside its place and moved there when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from burner.core.code import Code
from burner.core.errors import BurnerError


@contextmanager
def new_folder(folder: Path, refused: str = Code.DISK_FULL) -> Iterator[Path]:
    """Where to write what is to stand in `folder`. Nothing is there before all of it is.

    Args:
        folder: must not exist, or be empty.
        refused: the code where it cannot be written.

    Raises:
        BurnerError: E736 something is there already; what `refused` says.
    """
    try:
        _check_empty(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            part = Path(beside, "whole")  # with the rights of any new folder
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
