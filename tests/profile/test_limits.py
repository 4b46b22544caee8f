"""Where and when units may be made: what an engineer may write."""

from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.profile.limits import LimitSettings
from burner.profile.reading import load_profile
from tests.images import write_product


def test_a_day_is_valid_to_its_very_end_in_utc() -> None:
    limits = LimitSettings(valid_from="2026-12-01", valid_until="2026-12-31")
    assert limits.first_moment == "2026-12-01T00:00:00.000000Z"
    assert limits.last_moment == "2026-12-31T23:59:59.999999Z"


def test_a_time_of_any_zone_is_kept_in_utc() -> None:
    limits = LimitSettings(valid_until="2026-12-31T18:00+08:00")
    assert limits.model_dump(exclude_defaults=True) == {"valid_until": "2026-12-31T10:00:00Z"}
    assert limits.last_moment == "2026-12-31T10:00:00.000000Z"


def test_without_limits_there_is_no_moment() -> None:
    assert (LimitSettings().first_moment, LimitSettings().last_moment) == ("", "")


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ("{valid_until: 2026-02-30}", "a day in UTC such as 2026-12-31"),
        ("{valid_until: 2026-12-31T18:00}", "a time with its zone"),
        ("{valid_until: 20261231}", "put quotes around it"),
        ("{valid_until: 0001-01-01T00:00+08:00}", "a day in UTC"),
        ("{valid_from: 2026-12-02, valid_until: 2026-12-01}", "valid_from before valid_until"),
        ("{stations: []}", "at least one; leave the key out for any"),
        ("{stations: [line1, line 2]}", "1 to 32 of the characters A-Z a-z 0-9 _ . -"),
        ("{batches: []}", "at least one; leave the key out for any"),
        ("{batches: [WO/1]}", "characters of batch ids"),
        ("{batches: [WO*, '']}", "at least 1 character"),
        ("{places: [shenzhen]}", "keys here: valid_from, valid_until, stations, batches"),
    ],
)
def test_a_mistake_in_the_limits_is_named_with_what_is_allowed(
    tmp_path: Path, limits: str, allowed: str
) -> None:
    with pytest.raises(BurnerError) as caught:
        load_profile(write_product(tmp_path, limits=limits))
    (finding,) = caught.value.findings
    assert finding.code == "E101"
    assert " limits" in finding.place
    assert allowed in finding.allowed
