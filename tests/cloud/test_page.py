"""docs/cloud.md and docs/registration-gateway.md: their tables are the program's."""

import re
from pathlib import Path

from burner.core.code import Code
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.registration import platform_code

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table behind a heading of a page, without its head."""
    _, _, below = (DOCS / page).read_text(encoding="utf-8").partition(f"## {heading}\n")
    table = re.findall(r"^\|(.*)\|$", below.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split(" |")] for row in table[2:]]


def test_every_platform_has_a_row() -> None:
    named = {cells[0].strip("`"): cells[1] for cells in rows("cloud.md", "Platforms")}
    assert list(named) == list(Cloud)
    for cloud, platform in PLATFORMS.items():
        assert platform.title in named[cloud]


def test_every_refusal_has_the_codes_with_which_the_gateway_answers() -> None:
    older, current = reversed(PLATFORMS[Cloud.TENCENT_HUB].apis)
    (alibaba,), (volcengine,) = (PLATFORMS[c].apis for c in (Cloud.ALIBABA, Cloud.VOLCENGINE))
    listed = rows("registration-gateway.md", "Refusals")
    for code, _, *cells in listed:
        for api, cell in zip((older, current, alibaba, volcengine), cells, strict=True):
            answered = platform_code(api.codes, Code(code))
            invalid = platform_code(api.codes, Code.CLOUD_REQUEST_INVALID)
            shown = cell.replace("`", "").split(", ")
            assert answered in shown or (cell in ("", "no clock") and answered in (invalid, "401"))
    known = {code for p in PLATFORMS.values() for api in p.apis for code in api.codes.values()}
    assert {Code(code) for code, *_ in listed} == known
