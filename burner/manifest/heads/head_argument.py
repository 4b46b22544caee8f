"""A head as an argument of a command: a code on paper, or a checkpoint file."""

from pathlib import Path

from burner.core.plain_file import read_plain
from burner.manifest.heads.heads import checkpoint_of, parse_head_file
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
    return checkpoint_of(parse_head_file(data))
