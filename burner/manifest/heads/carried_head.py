"""A head that somebody carried out of the manifest: written on paper, or as a checkpoint file."""

from pathlib import Path

from burner.core.plain_file import read_plain
from burner.manifest.heads.heads import checkpoint_of, read_note
from burner.manifest.heads.note_file import LARGEST_NOTE
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint

CarriedHead = PaperHead | Checkpoint


def read_carried_head(text: str) -> CarriedHead:
    """Read `1234 ABCD-…`, or the file of that name.

    Raises:
        BurnerError: E735 it is neither.
    """
    try:
        data = read_plain(Path(text), LARGEST_NOTE)
    except (OSError, ValueError):
        return PaperHead.parse(text)
    return checkpoint_of(read_note(data))
