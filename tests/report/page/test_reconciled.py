"""The section of the last reconciliation."""

from dataclasses import replace

import pytest

from burner.core.words.language import Language
from burner.core.words.phrases import Wording
from burner.manifest.reading.reconciliations import ReconciliationStatus
from burner.report.page import numbers
from burner.report.page.reconciled import reconciled_table
from tests.chinese import english_in
from tests.report.page.test_page import drawn, read


def status(names: int = 2, **differences: int) -> ReconciliationStatus:
    found = {kind.replace("_", "-"): number for kind, number in differences.items()}
    return ReconciliationStatus(
        number=7,
        at="2026-11-29T08:00:00.000000Z",
        platform="tencent-hub",
        product_id="7QKX2MPD0C",
        batch="",
        source="api",
        export="",
        endpoint="",
        operator="",
        compared={"burned": 5000, "on_platform": 5020},
        differences=found,
        table="ab" * 32,
        first=tuple(
            {"kind": kind, "name": f"7C{kind[:1]}{index:02}", "unit_id": ""}
            for kind in found
            for index in range(names)
        ),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_differences_are_a_row_a_kind_and_the_page_is_well_formed(language: Language) -> None:
    html = drawn(reconciled=status(never_burned=30, missing=2), language=language)
    page = read(html)
    assert (page.open, page.wrong) == ([], [])
    assert html.count("7Cn") == 2
    assert html.count("7Cm") == 2
    assert numbers.count(5020) in page.text


def test_in_chinese_the_section_is_chinese() -> None:
    table = reconciled_table(status(never_burned=30, missing=2), Wording("zh"))
    text = " ".join((table.hint, *table.heads, *(str(row) for row in table.rows)))
    text = text.replace("tencent-hub", "")
    named = ("API", "SHA", "tr", "td", "class", "words", "n", "7Cn", "7Cm")
    assert [word for word in english_in(text, named) if not word.startswith("7C")] == []


def test_only_the_first_names_of_a_kind_are_named() -> None:
    table = reconciled_table(status(names=50, missing=300), Wording())
    (row,) = table.rows
    assert str(row).count("7Cm") == 20
    assert "and more" in str(row)


def test_without_differences_it_says_so() -> None:
    assert "No differences." in drawn(reconciled=status())
    young = drawn(reconciled=replace(status(), compared={"burned": 8, "waiting": 6}))
    assert "No differences yet." in young
    assert "6 units may still come" in young
    assert "Units on the cloud platform" not in drawn()
