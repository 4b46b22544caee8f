"""A file is there whole, or as it was before."""

import os
from pathlib import Path

import pytest

from burner.core.atomic_file import write_whole


@pytest.mark.skipif(os.name != "posix", reason="Windows replaces no file that is open")
def test_whoever_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    target = tmp_path / "x.burn"
    target.write_bytes(b"before")
    with target.open("rb") as old:
        write_whole(target, b"after")
        assert old.read() == b"before"
    assert target.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "x.burn"
    target.mkdir()
    with pytest.raises(OSError, match=r"."):
        write_whole(target, b"after")
    assert list(tmp_path.iterdir()) == [target]
