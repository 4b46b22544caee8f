"""The C of docs/firmware.md compiles as it stands."""

import re
from pathlib import Path

import pytest

from burner.profile.reading import load_profile
from tests.firmware.host import Host, call, compiler, options
from tests.firmware.products import PLUG, write_headers

PAGE = Path(__file__).parents[2] / "docs" / "firmware.md"
BLOCKS = re.findall(
    r"^```c\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_piece_of_the_guide_compiles(own: Host, tmp_path: Path, number: int) -> None:
    write_headers(tmp_path, load_profile(PLUG))
    source = tmp_path / "piece.c"
    source.write_text(BLOCKS[number], encoding="utf-8")
    call(compiler(), *options(sanitize=False), f"-I{tmp_path}", "-fsyntax-only", source)


def test_the_guide_has_its_pieces() -> None:
    assert len(BLOCKS) == 5
