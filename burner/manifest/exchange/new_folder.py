"""A folder that is filled beside its place and moved there when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from burner.errors import BurnerError


@contextmanager
def new_folder(folder: Path, refused: str = "E705") -> Iterator[Path]:
    """Where to write what is to stand in `folder`. Nothing is there before all of it is.

    Args:
        folder: must not exist, or be empty.
        refused: the code where it cannot be written.

    Raises:
        BurnerError: E736 something is there already; what `refused` says.
    """
    part = folder.with_name(f".{folder.name}.part")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BurnerError("E736", str(folder))
        rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        (part / "probe").write_bytes(bytes(4096))
        (part / "probe").unlink()
        yield part
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        raise BurnerError(refused, f"{folder}: {error.strerror}") from error
    finally:
        rmtree(part, ignore_errors=True)
