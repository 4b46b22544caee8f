"""The table of codes: whole, bilingual, append-only, and no code without a use."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.commands.explain import explain
from burner.core import errors
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, Finding, refuse

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "codes.txt"


RETIRED = {Code.CLOCK_WENT_BACKWARDS, Code.STATION_WITHOUT_KEY}
"""Published once, raised no more: a code is never given another meaning."""


def source() -> str:
    """All of burner but the file that names the codes."""
    files = [p for p in (ROOT / "burner").rglob("*.py") if p.name != "code.py"]
    return "".join(p.read_text(encoding="utf-8") for p in files)


def test_a_code_once_published_stays() -> None:
    published = GOLDEN.read_text().split()
    assert published == sorted(published)
    assert set(published) == set(errors.table()), "add new codes to tests/golden/codes.txt"


def test_a_code_stands_in_one_file_only() -> None:
    files = (ROOT / "burner/core/words/codes").glob("*.toml")
    codes = [code for path in files for code in tomllib.loads(path.read_text(encoding="utf-8"))]
    assert sorted(codes) == list(errors.table())


def test_every_code_has_a_name_and_words() -> None:
    assert [code.value for code in Code] == sorted(errors.table())


def test_every_code_with_words_is_raised_somewhere() -> None:
    named = {Code[name] for name in re.findall(r"\bCode\.([A-Z]\w+)", source())}
    assert set(Code) - RETIRED == named


def test_the_program_calls_codes_by_their_names() -> None:
    assert not re.findall(r"[\"']E[1-9]\d\d[\"']|startswith\(\"E[1-9]", source())


@pytest.mark.parametrize("code", [Code.NAME_TAKEN, BurnerError("E450").code])
def test_a_code_is_a_name_in_the_program_and_its_number_everywhere_else(code: Code) -> None:
    assert code is Code.NAME_TAKEN
    assert code.error_class is ErrorClass.IDENTITY
    assert (str(code), f"{code}", f"{code:>6}", json.dumps({code: code})) == (
        *("E450", "E450", "  E450", '{"E450": "E450"}'),
    )
    assert "E450" in {code}


@pytest.mark.parametrize("row", errors.table().values(), ids=lambda row: row.code)
def test_a_row_speaks_both_languages_in_whole_sentences(row: errors.CodeText) -> None:
    assert row.says.endswith(".")
    assert row.says_zh.endswith("。")
    for remedy, stop in ((row.do, "."), (row.do_zh, "。")):
        assert remedy.endswith(stop) or re.search(r"[:：] ?(burner|chmod) [^.。]+$", remedy)
    for chinese in (row.says_zh, row.do_zh):
        assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_station_and_manifest_have_one_chinese_word_each() -> None:
    """工位 is a slot, 工站 the station: an operator who reads one for the other looks elsewhere."""
    for row in errors.table().values():
        assert not re.search("工作站|本工位|清单", row.says_zh + row.do_zh)


def test_an_error_tells_what_happened_and_carries_its_detail() -> None:
    error = BurnerError("E901", "lp0 on fire")
    assert str(error) == f"E901: {error.row.says} (lp0 on fire)"


def test_all_errors_are_refused_at_once_and_warnings_alone_pass() -> None:
    warning = Finding("E901", "x.yaml:3 a", "odd", "even", warning=True)
    first = Finding("E902", "x.yaml:1 b", "red", "blue")
    second = Finding("E901", "x.yaml:2 c", "up", "down")
    refuse([warning])
    with pytest.raises(BurnerError) as caught:
        refuse([warning, first, second])
    assert caught.value.code == "E902"
    assert caught.value.findings == (warning, first, second)


@pytest.mark.parametrize(
    ("code", "status"), [("E101", 3), ("E201", 3), ("E301", 4), ("E701", 4), ("E901", 70)]
)
def test_the_class_of_a_code_decides_the_exit_status(code: str, status: int) -> None:
    assert errors.exit_code(code) == status


@pytest.mark.parametrize(
    ("code", "status"), [("E802", 4), ("E813", 4), ("E820", 4), ("E821", 3), ("E822", 3)]
)
def test_of_the_cloud_a_refused_file_or_option_ends_with_3_and_what_a_platform_answers_with_4(
    code: str, status: int
) -> None:
    assert errors.exit_code(code) == status


def test_only_a_fault_of_the_input_refuses_an_input() -> None:
    refusing = [row for row in errors.table().values() if row.refuses_input]
    assert {row.fault for row in refusing} == {errors.Fault.INPUT}


def test_explain_says_what_to_do() -> None:
    result = CliRunner().invoke(explain, ["e901"])
    assert result.exit_code == 0
    assert errors.lookup("E901").do in result.output


@pytest.mark.parametrize(
    ("code", "english", "chinese"),
    [
        ("E501", "Shown after 3 tries of the station.", "工站自动尝试 3 次后才显示。"),
        ("E601", "Shown after 2 tries of the station.", "工站自动尝试 2 次后才显示。"),
        ("E603", "The station does not try again.", "工站不会自动重试。"),
        ("E711", "the station waits until it is over.", "烧录期间工站会等待其恢复。"),
    ],
)
def test_explain_says_what_the_station_did_before_it_asks_a_person(
    monkeypatch: pytest.MonkeyPatch, code: str, english: str, chinese: str
) -> None:
    assert english in CliRunner().invoke(explain, [code]).output
    monkeypatch.setenv("BURNER_LANG", "zh")
    assert chinese in CliRunner().invoke(explain, [code]).output


@pytest.mark.parametrize(
    ("language", "tried"), [("en", "Shown after 3 tries"), ("zh", "尝试 3 次")]
)
def test_the_wall_chart_says_it_where_there_is_something_to_say(
    monkeypatch: pytest.MonkeyPatch, language: str, tried: str
) -> None:
    monkeypatch.setenv("BURNER_LANG", language)
    chart = CliRunner().invoke(explain).output
    (row,) = (line for line in chart.splitlines() if line.strip().startswith("E501"))
    assert tried in row
    assert "does not try again" not in chart


def test_explain_names_the_near_codes_when_there_is_no_such_code() -> None:
    result = CliRunner().invoke(explain, ["E999"])
    assert result.exit_code == 2
    assert "E901" in result.output


def test_explain_lists_the_codes_in_their_order() -> None:
    listed = re.findall(r"^ (E\d{3})", CliRunner().invoke(explain).output, re.MULTILINE)
    assert listed == sorted(errors.table())


def test_explain_is_whole_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    output = CliRunner().invoke(explain, ["E301"]).output
    assert not re.search(r"[a-z]{3,}", output)
