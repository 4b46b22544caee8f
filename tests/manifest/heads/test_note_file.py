"""A head or certificate is written whole, and takes the place of no device and no pipe."""

import os
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.heads.note_file import write_note_file


def test_a_file_is_replaced(tmp_path: Path) -> None:
    for text in ("one\n", "two\n"):
        write_note_file(tmp_path / "head", text)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["two\n"]


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_a_pipe_and_a_folder_stay_what_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(BurnerError, match=r"^E729"):
            write_note_file(tmp_path / name, "text\n")
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "folder").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="devices with names are POSIX's")
def test_a_link_to_a_device_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "null"
    link.symlink_to(os.devnull)
    with pytest.raises(BurnerError, match=r"^E729"):
        write_note_file(link, "text\n")
    assert link.is_symlink()
