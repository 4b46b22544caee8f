"""Days and months in both languages, whatever the computer's locale."""

from datetime import datetime

from burner.core.words.phrases import Wording
from burner.report.page.dates import day, month, weekday

MONDAY = datetime(2025, 2, 3)


def test_a_day_is_named_in_english() -> None:
    say = Wording("en")
    assert (weekday(MONDAY, say), day(MONDAY, say), month(MONDAY, say)) == (
        *("Mon", "Mon 03 Feb", "Feb 2025"),
    )


def test_a_day_is_named_in_chinese() -> None:
    say = Wording("zh")
    assert (weekday(MONDAY, say), day(MONDAY, say), month(MONDAY, say)) == (
        *("周一", "2月3日 周一", "2025年2月"),
    )
