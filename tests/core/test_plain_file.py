"""Files of other people: no hang, no more than was asked for."""

import os
from pathlib import Path

import pytest

from burner.core.plain_file import read_plain


def test_a_plain_file_is_read_whole_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_plain(path, 4)


def test_what_is_no_file_is_an_oserror(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(OSError, match=r"."):
            read_plain(path, 5)


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX's")
def test_a_pipe_does_not_hang_and_a_device_does_not_fill_the_memory(tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe", tmp_path / "zero"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        with pytest.raises(OSError, match="not a plain file"):
            read_plain(path, 5)
