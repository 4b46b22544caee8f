"""The page of the wall view in a browser: live, in two languages, on a wall and on a phone."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from burner.core.attempt import Outcome
from burner.wall.feed import ManifestFeed
from burner.wall.snapshot import code_words
from burner.wall.state import (
    Activity,
    BacklogKind,
    WallAway,
    WallBacklog,
    WallBatch,
    WallDay,
    WallPlace,
    WallProblem,
    WallSlot,
    WallState,
    WallStation,
    WallText,
    WallWarning,
    WarningKind,
)
from tests.chinese import english_in
from tests.manifest.records import a_ledger, an_attempt, burned, open_batch
from tests.wall.chromium import PROGRAM, Browser, browser
from tests.wall.serving import NOW, Served, serving

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(PROGRAM is None or sys.platform == "win32", reason="no chromium"),
]

DETAIL = WallText("rf: <i>tx_power</i> 14.2 dBm", "rf：<i>tx_power</i> 14.2 dBm")
SIZES = [(1920, 1080), (1280, 720), (390, 844), (320, 568)]


def slot(
    number: int, outcome: str, code: str = "", activity: Activity = Activity.ENDED
) -> WallSlot:
    return WallSlot(
        *(str(number), activity, NOW, outcome, code, WallText()),
        *("<b>58CF79479920</b>", "WO-2026-117", 40, 40, 39),
    )


def full_state(slots: int = 8) -> WallState:
    """A line with everything on it at once."""
    ends = [("PASS", ""), ("FAIL", "E603"), ("ERROR", "E505"), ("ABORTED", ""), ("PASS", "")]
    some = [slot(n + 1, *ends[n % len(ends)]) for n in range(slots)]
    some[2] = slot(3, "PASS", activity=Activity.AT_WORK)
    some[4] = slot(5, "PASS", activity=Activity.NO_OUTCOME)
    some[5] = slot(6, "PASS", activity=Activity.IDLE)
    batch = WallBatch("WO-2026-117", "plug-c3 1.2.0", 12_000, 4321, 3, 4400, 4321, 420, 419.6, NOW)
    return WallState(
        now=NOW,
        log="burner/1",
        simulated=True,
        records=9000,
        last_record=NOW,
        away=None,
        today=WallDay(NOW, 4321, 4400, 4321, {"PASS": 4321, "FAIL": 79}, 420),
        stations=(WallStation("line1", NOW, tuple(some)),),
        batches=(batch,),
        problems=(WallProblem("E603", 60, 7, (WallPlace("line1", "2"),) * 6, NOW, DETAIL),),
        warnings=(WallWarning(WarningKind.BEHIND, "line1", "2", 0),),
        backlogs=(WallBacklog(BacklogKind.MESSAGES_WAITING, "mes", 12, NOW),),
        words=code_words(["E603", "E505"]),
    )


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(full_state()) as server:
        yield server


def opened(chromium: Browser, served: Served, lang: str = "en", width: int = 1920) -> Browser:
    chromium.complaints.clear()
    chromium.requests.clear()
    chromium.window(width, 1080 if width > 1000 else 844)
    chromium.open(f"http://127.0.0.1:{served.port}/?lang={lang}")
    chromium.wait_for("document.querySelectorAll('.tile').length === 8")
    return chromium


def test_a_new_state_is_on_the_page_without_a_reload(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    page.value("window.sameDocument = true")
    assert "✔ PASS" in page.text()
    assert "4 321".replace(" ", "\u202f") in page.text()
    day = served.shown.state.today
    assert day
    served.shown.state = replace(served.shown.state, today=replace(day, good=4322))
    page.wait_for("document.querySelector('.figure .value').innerText === '4\u202f322'")
    assert page.value("window.sameDocument")


def test_a_board_that_is_burned_is_on_the_page(chromium: Browser, tmp_path: Path) -> None:
    feed = ManifestFeed(str(tmp_path / "manifest.db"))
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO1", 10)
        now = datetime.now(UTC)
        burned(ledger, 1, batch="WO1", started=now)
        with serving(feed.poll(), feed.poll) as served:
            chromium.window(390, 844)
            chromium.open(f"http://127.0.0.1:{served.port}/?lang=zh")
            chromium.wait_for("document.querySelectorAll('.tile.PASS').length === 1")
            ledger.begin(an_attempt(2, batch="WO1", slot="4", started=now))
            chromium.wait_for("document.querySelectorAll('.tile.at-work').length === 1")
            burned(ledger, 3, Outcome.FAIL, batch="WO1", slot="5", started=now)
            chromium.wait_for("document.querySelectorAll('.tile.FAIL').length === 1")
            assert "E501" in chromium.text()
            assert "1 / 3 个工位在烧录" in chromium.text()


def test_each_state_has_a_word_and_a_shape(chromium: Browser, served: Served) -> None:
    text = opened(chromium, served).text()
    for shown in ("✔ PASS", "✘ FAIL", "■ ABORT", "▶ BURN", "? no end", "idle", "E603"):
        assert shown in text
    assert "line1 slot 2 passes fewer units than the others" in text
    assert "12 messages wait for mes: `burner mes status`" in text.replace("\n", " ")


def test_the_page_asks_nobody_else_and_has_no_errors(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    home = f"http://127.0.0.1:{served.port}/"
    page.value("1")
    assert [url for url in page.requests if not url.startswith(home)] == []
    assert [text for text in page.complaints if "favicon" not in text] == []


def test_text_of_a_device_is_no_markup(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    assert "<b>58CF" in page.value("document.querySelector('.tile').title")
    station = replace(served.shown.state.stations[0], station="<img src=x onerror=alert(1)>")
    served.shown.state = replace(served.shown.state, stations=(station,))
    page.wait_for("document.querySelector('.station h2').innerText.startsWith('<img')")
    assert page.value("document.querySelectorAll('main img').length") == 0


@pytest.mark.parametrize("slots", [8, 32])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_wider_than_the_screen(
    chromium: Browser, width: int, height: int, lang: str, slots: int
) -> None:
    with serving(full_state(slots)) as served:
        chromium.window(width, height)
        chromium.open(f"http://127.0.0.1:{served.port}/?lang={lang}")
        chromium.wait_for(f"document.querySelectorAll('.tile').length === {slots}")
        assert chromium.value("document.documentElement.scrollWidth") <= width
        cut = "[...document.querySelectorAll('.tile .word, .figure .value, .quantity b')]"
        cut += ".filter(e => e.scrollWidth > e.parentElement.clientWidth).map(e => e.innerText)"
        assert chromium.value(cut) == []


def test_the_page_is_chinese_as_a_whole(chromium: Browser, served: Served) -> None:
    text = opened(chromium, served, "zh").text()
    known = {"WO-2026-117", "plug-c3", "line1", "English", "mes", "burner mes status", DETAIL.zh}
    assert english_in(text, known) == []
    assert "合格" in text


def test_the_button_changes_the_language_and_it_stays(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    page.value("document.getElementById('language').click()")
    page.wait_for("document.documentElement.lang === 'zh-Hans'")
    page.open(f"http://127.0.0.1:{served.port}/")
    page.wait_for("document.querySelectorAll('.tile').length === 8")
    assert page.value("document.documentElement.lang") == "zh-Hans"
    page.value("localStorage.clear()")


def test_a_manifest_that_is_away_is_said_above_all(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    away, words = WallAway("E711", NOW), code_words(["E603", "E505", "E711"])
    served.shown.state = replace(served.shown.state, away=away, words=words)
    page.wait_for("!document.getElementById('banner').hidden")
    text = page.value("document.getElementById('banner').innerText")
    assert "E711" in text
    assert "Check the network and the server." in text
    served.shown.state = replace(served.shown.state, away=None)
    page.wait_for("document.getElementById('banner').hidden")


def test_codes_without_room_are_counted(chromium: Browser, served: Served) -> None:
    page = opened(chromium, served)
    state = served.shown.state
    many = tuple(replace(state.problems[0], code=f"E60{n}") for n in range(6))
    away, words = WallAway("E711", NOW), code_words([*(row.code for row in many), "E711"])
    page.window(1280, 720)
    served.shown.state = replace(state, problems=many, away=away, words=words)
    page.wait_for("document.body.innerText.includes('more codes')")
    shown = page.value("document.querySelectorAll('.problem').length")
    assert f"and {6 - shown} more codes" in page.text()
    aside = "document.querySelector('aside')"
    assert page.value(f"{aside}.scrollHeight <= {aside}.clientHeight + 1")


def test_a_server_that_is_gone_is_said_and_the_last_state_stays(chromium: Browser) -> None:
    with serving(full_state()) as served:
        page = opened(chromium, served)
    page.value("heardAt -= 20000")
    page.wait_for("!document.getElementById('banner').hidden")
    assert "No news from burner for" in page.text()
    assert "✘ FAIL" in page.text()


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_contrast(chromium: Browser, served: Served, dark: bool) -> None:
    """At least 4.5 to 1, as WCAG asks for."""
    page = opened(chromium, served)
    page.window(1920, 1080, dark=dark)
    weak = page.value((Path(__file__).parent / "contrast.js").read_text(encoding="utf-8"))
    assert weak == []
