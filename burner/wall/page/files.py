"""The files of the page, as they are served. The words of both languages are a part of the page."""

import json
from collections.abc import Mapping
from importlib import resources

from burner.core.words.language import Language
from burner.core.words.phrases import phrase, rows
from burner.wall.state import BacklogKind

WORDS = (
    *("PASS", "FAIL", "short ERROR", "short ABORTED", "short BURNING"),
    *("wall title", "wall idle", "wall no outcome", "wall last"),
    *("wall good today", "wall first pass", "wall first pass of", "wall last hour"),
    *("wall of planned", "wall without plan", "wall per hour"),
    *("wall expected end", "wall no end", "wall complete", "wall batch yield"),
    *("wall problems", "wall no problems", "wall problem counts", "wall look at", "wall backlogs"),
    *(f"backlog {kind}" for kind in BacklogKind),
    *("brackets", "wall behind", "wall in a row", "wall slot no outcome", "wall clock ahead"),
    *("wall record age", "wall no record", "wall away", "wall lost", "wall connecting"),
    *("wall simulated", "wall nothing yet"),
    *("wall s", "wall min", "wall h", "wall d", "wall unknown code", "wall slot of"),
    *("wall slots", "wall more places", "wall more codes", "wall since midnight"),
)
"""Keys of the phrases that the script uses."""

_LANGUAGES: tuple[Language, ...] = ("en", "zh")


def page_files(language: Language | None) -> Mapping[str, tuple[str, bytes]]:
    """Path → media type and content.

    Args:
        language: of a page whose reader has chosen none; None: that of the browser.
    """
    folder = resources.files("burner.wall.page")
    page = (folder / "wall.html").read_text(encoding="utf-8")
    page = page.replace("{language}", language or "").replace("{words}", _words())
    return {
        "/": ("text/html", page.encode()),
        "/wall.css": ("text/css", (folder / "wall.css").read_bytes()),
        "/wall.js": ("text/javascript", (folder / "wall.js").read_bytes()),
    }


def _words() -> str:
    """As JSON that stands in HTML: no `<` ends its element."""
    words = {
        key: {**{str(of): phrase(key, of) for of in _LANGUAGES}, **_of_one(key)} for key in WORDS
    }
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")


def _of_one(key: str) -> Mapping[str, str]:
    """The English for a single thing, where there is one."""
    row = rows().get(key, {})
    return {"one": row["one"]} if "one" in row else {}
