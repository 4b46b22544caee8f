"""What text from outside may not do to the screen: be read as markup, move the cursor, hide."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.cli.terminal import screen
from burner.core.errors import BurnerError
from burner.core.words.visible_text import INVISIBLE, escape_invisible

HOSTILE = ("[/red]", "[bold]x", "[link=http://x]y[/link]", "\\[/x]", "trailing\\", ":smile:")


@pytest.fixture(autouse=True)
def streams_of_this_test() -> None:
    """The consoles are made once: of the streams that a test has."""
    screen.console.cache_clear()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_never_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(text, (f"head {text}",), [(f"cell {text}",)])
    screen.warn(text)
    screen.error(BurnerError("E712", text))
    captured = capsys.readouterr()
    assert captured.out.count(text) == 3
    assert captured.err.count(text) == 2


def test_a_terminal_is_not_moved_by_text_from_outside(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("\x1b[2Jgone", "a\rb", "\x9b31m", "\u202eelif", "\udcff"):
        screen.say(text)
        screen.warn(text)
        screen.table(text, (text,), [(text,)])
        screen.error(BurnerError("E712", text))
    captured = capsys.readouterr()
    assert not INVISIBLE.search(captured.out + captured.err)
    assert "\\u001b[2Jgone" in captured.out


def test_the_detail_of_an_error_is_in_the_readers_language(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language in ("en", "zh"):
        screen.error(BurnerError("E713", "records: record 5 is gone"), language)
    captured = capsys.readouterr().err
    assert "\n  records: record 5 is gone\n" in captured
    assert "\n  记录：记录 5 缺失\n" in captured


def test_chinese_and_lines_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    screen.say("台账\u3000已损坏\n\t→ 完成")
    assert capsys.readouterr().out == "台账\u3000已损坏\n\t→ 完成\n"


@given(st.text(st.characters(exclude_categories=())))
def test_a_json_line_that_is_said_means_the_same(text: str) -> None:
    line = json.dumps({"text": text}, ensure_ascii=False)
    assert json.loads(escape_invisible(line)) == {"text": text}
