"""The page: complete, self-contained, and safe whatever the manifest holds."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.words.language import Language
from burner.manifest.reading.counted_attempts import CountedAttempt
from burner.report.figures.calendar import Calendar
from burner.report.figures.counting import count
from burner.report.figures.figures import Scope
from burner.report.figures.summing import figures
from burner.report.page import numbers
from burner.report.page.markup import EMPTY, element
from burner.report.page.page import page
from tests.chinese import english_in
from tests.report.attempts import MONDAY_8_UTC, attempt

SHANGHAI = ZoneInfo("Asia/Shanghai")


def drawn(*rows: CountedAttempt, language: Language = "en", **scope: object) -> str:
    data = figures(count(rows), Scope("m-1", **scope), Calendar(zone=SHANGHAI))  # type: ignore[arg-type]
    return page(data, language)


class Balanced(HTMLParser):
    """Notes every tag that is opened and not closed, or the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.labels = ""
        """What a reader without eyes or with a pointer is told."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.labels += f" {dict(attrs).get('aria-label') or ''}"
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY:
            self.open.append(tag)
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Balanced:
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert (parser.open, parser.wrong) == ([], [])
    return parser


def test_the_page_says_the_figures() -> None:
    text = read(
        drawn(
            attempt(1),
            attempt(2, "FAIL", code="E601"),
            attempt(2),
            attempt(3, "OPEN"),
            batch="WO1",
            planned=10,
        )
    ).text
    assert "Production report WO1" in text
    for part in ("33.3\u202f%", "66.7\u202f%", "of 10 planned", "E601", "7CDFA1000003"):
        assert part in text
    assert "The flash does not hold what was written." in text
    assert "Set the board aside as bad: its flash" in text
    assert "Mon 2025-02-03 14:00–22:00" in text


NOT_MADE = {"open": "planned, not yet begun", "closed": "planned, not made"}


@pytest.mark.parametrize("state", NOT_MADE)
def test_what_is_left_of_a_closed_batch_is_not_to_be_begun_any_more(state: str) -> None:
    text = read(drawn(attempt(1), batch="WO1", planned=10, state=state)).text
    assert [word for word in NOT_MADE.values() if word in text] == [NOT_MADE[state]]


EVERYTHING = (
    *(attempt(unit, slot=str(unit % 3)) for unit in range(1, 9)),
    attempt(9, "FAIL", code="E601"),
    attempt(9, try_number=2),
    attempt(10, "ERROR", code="E301"),
    attempt(11, "ABORTED", code=""),
    attempt(12, "FAIL", code="E999"),
    attempt(0, "ERROR", code="E301"),
    attempt(13, "OPEN", device_name=""),
    attempt(14, station="line2", status="scrap"),
    attempt(15, rework="天线已更换", tried_before=True, timings_ms={"prove": 5, "write": 9_000}),
)


@pytest.mark.parametrize("hours", [0, 30, 2000])
def test_in_chinese_no_english_is_left_on_the_page_nor_in_its_charts(hours: int) -> None:
    last = attempt(16, started=MONDAY_8_UTC + hours * 3600)
    html = drawn(*EVERYTHING, last, language="zh", batch="WO1", planned=99, state="open")
    read_page = read(html)
    shown = read_page.text.split("prefers-color-scheme")[-1].rpartition("}")[2]
    assert english_in(shown + read_page.labels, NAMED) == []
    assert '<html lang="zh-Hans">' in html


NAMED = ("WO1", "m-1", *(f"line{n}" for n in (1, 2)), *(f"7CDFA10000{n:02X}" for n in range(20)))


def test_a_chinese_report_of_nothing_has_no_english_either() -> None:
    shown = read(drawn(language="zh")).text.rpartition("}")[2]
    assert english_in(shown, NAMED) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "No unit was burned in what this report covers.",
        "Nothing was burned.",
        "Every attempt that ended has passed.",
        "No attempt has passed.",
        "No slot has worked.",
        "No shift has worked.",
        "None: every unit's last attempt has ended.",
    ],
)
def test_a_report_of_nothing_says_so_in_each_section(sentence: str) -> None:
    assert sentence in read(drawn()).text


def test_the_page_loads_nothing() -> None:
    html = drawn(attempt(1), attempt(2, "FAIL"))
    assert read(html).tags.isdisjoint({"script", "link", "img", "iframe", "object", "base"})
    assert not re.search(r"https?:|url\(|@import|\bsrc=|\bhref=", html)
    assert "default-src &#x27;none&#x27;" in html


@given(st.text(max_size=30))
def test_a_name_in_the_manifest_cannot_break_out(name: str) -> None:
    parser = read(
        drawn(
            attempt(1, "OPEN", device_name=name + "<script>alert(1)</script>", slot="<b>'\""),
            attempt(2, "FAIL", station="</svg><img src=x>", code="<i>", rework="&<u>"),
        )
    )
    assert parser.tags.isdisjoint({"script", "img", "i", "u"})
    assert "<script>alert(1)</script>" in parser.text


def test_many_open_units_are_named_up_to_a_limit() -> None:
    rows = [attempt(1, "OPEN", unit_id=f"{n:012x}", device_name=f"N{n:04}") for n in range(400)]
    text = read(drawn(*rows)).text
    assert "N0299" in text
    assert "N0300" not in text
    assert "100 more" in text


@pytest.mark.parametrize(
    ("hours", "title"),
    [
        (3, "Good units per quarter of an hour"),
        (50, "Good units per hour"),
        (2000, "Good units per hour, by day"),
    ],
)
def test_the_pace_suits_the_time_covered(hours: int, title: str) -> None:
    rows = [attempt(1, unit_id=f"{n:012x}", started=MONDAY_8_UTC + n * 3600) for n in range(hours)]
    html = drawn(*rows)
    assert title in read(html).text
    assert html.count("<g>") <= 80


def test_the_scope_is_reported() -> None:
    text = read(
        drawn(
            attempt(1),
            product_id="S3EUVBRJLB",
            since=datetime(2025, 2, 1, tzinfo=UTC),
            recorded_until=datetime(2025, 2, 3, 9, tzinfo=UTC),
            zone="Asia/Shanghai (UTC+08:00)",
        )
    ).text
    assert "since 2025-02-01 00:00" in text
    assert "2025-02-03 16:00 to 16:00" in text
    assert "times are of Asia/Shanghai (UTC+08:00)" in text


def test_the_same_figures_make_the_same_page() -> None:
    assert drawn(attempt(1)) == drawn(attempt(1))


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    assert numbers.share(0.99999) == "99.9\u202f%"
    assert numbers.share(0.00001) == "< 0.1\u202f%"
    assert (numbers.share(1), numbers.share(0)) == ("100\u202f%", "0\u202f%")
    assert numbers.share(None) == "–"


@given(st.floats(0, 1e7))
def test_an_axis_is_round_and_holds_its_value(value: float) -> None:
    ticks = numbers.axis(value)
    assert ticks[0] == 0
    assert ticks[-1] >= value * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7
    assert all(tick == int(tick) for tick in numbers.axis(value, least_step=1))


def test_what_is_no_markup_is_escaped() -> None:
    assert element("b", "<&>", title='"') == '<b title="&quot;">&lt;&amp;&gt;</b>'
    assert element("p", None, element("br"), class_=None) == "<p><br></p>"
