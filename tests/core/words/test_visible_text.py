"""What a device prints stands in messages as it came, and moves no terminal."""

import json
from pathlib import Path

import pytest

from burner.burn import prove
from burner.core.errors import BurnerError
from burner.core.words.visible_text import INVISIBLE, quoted
from burner.profile.boot import BootSettings
from tests.runs import PROFILE, ROOT, burn, burner


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"C:\new\table", r"'C:\new\table'"),
        ("\x1b[2Jgone", r"'\u001b[2Jgone'"),
        ("two\nlines\tapart", r"'two\u000alines\u0009apart'"),
        ("it's 启动", "'it's 启动'"),
    ],
)
def test_text_is_escaped_once_and_only_where_it_cannot_be_seen(text: str, shown: str) -> None:
    assert quoted(text) == shown
    assert not INVISIBLE.search(quoted(text))


def test_what_was_awaited_and_what_came_stand_with_single_backslashes() -> None:
    settings = BootSettings(expect=(r"build \d+",))
    with pytest.raises(BurnerError) as caught:
        prove.check_boot_log(settings, [r"path C:\fw", "\x1b[31mpanic \\o/"], "n", "p")
    assert caught.value.detail == (
        r"no line matched 'build \d+'; last line was '\u001b[31mpanic \o/'"
    )


def test_the_remark_of_a_burn_doubles_no_backslash(tmp_path: Path) -> None:
    text = PROFILE.read_text(encoding="utf-8").replace("../firmware", f"{ROOT}/firmware")
    profile = tmp_path / "plug.yaml"
    profile.write_text(rf"{text}  timeout_s: 1" + "\n" + r"  expect: ['build \d+']" + "\n")
    bench = tmp_path / "bench.yaml"
    lines = json.dumps([r"disk C:\fw"])
    bench.write_text(f"{{slots: 1, units: [{{firmware: {{lines: {lines}}}}}]}}")
    ran = burn(tmp_path, "--bench", bench, profile=profile)
    assert [end["code"] for end in ran.finished] == ["E605", "E605"]
    assert all(r"'build \d+'" in end["detail"] for end in ran.finished)
    listed = burner(tmp_path, "unit", "show", ran.finished[0]["unit_id"])
    assert r"build \d+" in listed.stdout
    assert r"\\" not in listed.stdout
