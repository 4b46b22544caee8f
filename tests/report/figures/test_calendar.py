"""Hours and shifts on the factory's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from burner.report.figures.calendar import QUARTER_S, Calendar, parse_boundaries

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def quarter(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // QUARTER_S


def shift(text: str, boundaries: str = "06:00,14:00,22:00") -> tuple[str, str]:
    shift = Calendar(parse_boundaries(boundaries), SHANGHAI).shift(quarter(text))
    return f"{shift.start:%Y-%m-%d %H:%M}", shift.name


def test_a_shift_begins_at_its_boundary_and_ends_before_the_next() -> None:
    assert shift("2025-02-03T06:00+08:00") == ("2025-02-03 06:00", "06:00–14:00")
    assert shift("2025-02-03T13:45+08:00") == ("2025-02-03 06:00", "06:00–14:00")
    assert shift("2025-02-03T14:00+08:00") == ("2025-02-03 14:00", "14:00–22:00")


def test_the_small_hours_belong_to_the_night_shift_of_the_day_before() -> None:
    assert shift("2025-02-03T05:45+08:00") == ("2025-02-02 22:00", "22:00–06:00")
    assert shift("2025-02-02T16:00Z") == ("2025-02-02 22:00", "22:00–06:00")


def test_one_boundary_makes_days() -> None:
    assert shift("2025-02-03T23:00+08:00", "00:00") == ("2025-02-03 00:00", "00:00–00:00")
    assert shift("2025-02-03T07:45+08:00", "08:30") == ("2025-02-02 08:30", "08:30–08:30")


def test_hours_are_local_also_in_zones_of_half_hours() -> None:
    calendar = Calendar(zone=ZoneInfo("Asia/Kolkata"))
    assert f"{calendar.hour(quarter('2025-02-03T08:45Z')):%H:%M %z}" == "14:00 +0530"


def test_the_hour_that_comes_twice_in_autumn_stays_two_hours() -> None:
    calendar = Calendar(zone=BERLIN)
    hours = {
        calendar.hour(quarter(f"2025-10-26T{at}Z")).timestamp()
        for at in ("00:30", "01:30", "02:30")
    }
    assert len(hours) == 3


def test_a_shift_across_the_change_of_clocks_is_one_shift() -> None:
    calendar = Calendar(parse_boundaries("06:00,22:00"), BERLIN)
    shifts = {calendar.shift(quarter(at)) for at in ("2025-10-25T21:00Z", "2025-10-26T04:45Z")}
    assert len(shifts) == 1


@pytest.mark.parametrize("wrong", ["", "6", "25:00", "06:61", "06:10", "14:00,06:00", "a:b", "6:0"])
def test_boundaries_that_are_none_are_refused_with_words(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"06:00|quarter"):
        parse_boundaries(wrong)


def test_the_zone_is_named_with_its_offset() -> None:
    at = datetime(2025, 2, 3, tzinfo=UTC)
    assert Calendar(zone=SHANGHAI).zone_name(at) == "Asia/Shanghai (UTC+08:00)"
    assert Calendar(zone=ZoneInfo("UTC")).zone_name(at) == "UTC+00:00"
