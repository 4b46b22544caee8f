"""A file that a person named: it appears when it is complete."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from burner.core.atomic_file import check_is_place_for_file
from burner.core.code import Code
from burner.core.errors import BurnerError


@contextmanager
def written_whole(output: Path) -> Iterator[Path]:
    """A path beside it; what is written there gets its place at the end.

    Raises:
        BurnerError: E729 its place is taken by no plain file, E705 it cannot be written.
    """
    check_is_place_for_file(output)
    part = output.with_name(output.name + ".part")
    try:
        yield part
        part.replace(output)
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{output}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
