"""Limits of a release hold in the transaction of a record; verify finds a broken one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.manifest.entries.body import read, write
from burner.manifest.entries.kinds import Intent
from burner.manifest.entries.release_kinds import BatchLimits
from burner.manifest.log.tree import leaf_hash
from burner.manifest.verify.replay import Replay
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import check_release_limits
from burner.profile.reading import load_profile
from tests.images import write_product
from tests.manifest.records import (
    KEY,
    Ticking,
    a_result,
    an_attempt,
    burned,
    flaws,
    open_batch,
    unit_mac,
)

DAY = BatchLimits(
    valid_from="2025-01-31T09:00:00.000000Z", valid_until="2025-01-31T17:59:59.999999Z"
)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 1, 31, hour, minute, tzinfo=UTC)


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def ledger(path: Path, clock: Ticking) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", clock) as opened:
        yield opened


def refused(ledger: Ledger, unit: int = 1) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        ledger.begin(an_attempt(unit, batch="WO1", station=ledger.writer.station))
    return caught.value


def refused_batch(ledger: Ledger, batch: str, limits: BatchLimits) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        open_batch(ledger, batch, limits=limits)
    return caught.value


# -- where and when -------------------------------------------------------------------------------


def test_units_are_begun_from_the_first_moment_to_the_last(ledger: Ledger, clock: Ticking) -> None:
    open_batch(ledger, limits=DAY)
    too_early = refused(ledger)
    assert too_early.code == "E237"
    assert too_early.detail == "from 2025-01-31 09:00 UTC; now 2025-01-31 08:00 UTC"
    clock.now = at(9)
    burned(ledger, 1, batch="WO1")
    clock.now = at(18)
    assert refused(ledger, 2).code == "E238"
    assert ledger.reader.count_passed("WO1") == 1
    assert flaws(ledger.reader) == []


def test_a_unit_that_was_begun_in_time_may_end_later(ledger: Ledger, clock: Ticking) -> None:
    open_batch(ledger, limits=DAY)
    clock.now = at(17)
    attempt = an_attempt(batch="WO1")
    ledger.begin(attempt)
    clock.now = at(18)
    ledger.finish(attempt, a_result())
    assert ledger.reader.count_passed("WO1") == 1


def test_no_batch_is_opened_for_a_release_that_is_over(ledger: Ledger, clock: Ticking) -> None:
    clock.now = at(18)
    assert refused_batch(ledger, "WO1", DAY).code == "E238"
    assert ledger.reader.batch("WO1") is None


def test_a_release_is_burned_only_at_the_stations_that_it_names(path: Path, ledger: Ledger) -> None:
    open_batch(ledger, limits=BatchLimits(stations=("line2", "line3")))
    wrong = refused(ledger)
    assert (wrong.code, wrong.detail) == ("E239", "line2, line3; not line1")
    with Ledger.open(path, "line2", Ticking()) as line2:
        burned(line2, 1, batch="WO1")
    assert flaws(ledger.reader) == []


def test_a_batch_is_opened_only_if_its_id_has_a_form_that_the_release_names(
    ledger: Ledger,
) -> None:
    limits = BatchLimits(batches=("WO-24*", "TRIAL?"))
    wrong = refused_batch(ledger, "wo-2417", limits)
    assert (wrong.code, wrong.detail) == ("E240", "WO-24*, TRIAL?; not wo-2417")
    open_batch(ledger, "WO-2417", limits=limits)
    open_batch(ledger, "TRIAL1", limits=limits)


def test_the_quantity_of_a_release_counts_over_all_stations_of_a_manifest(
    path: Path, ledger: Ledger
) -> None:
    open_batch(ledger, "WO1", release_quantity=2)
    open_batch(ledger, "WO2", release_quantity=2)
    burned(ledger, 1, batch="WO1")
    with Ledger.open(path, "line2", Ticking()) as line2:
        burned(line2, 2, batch="WO2")
        with pytest.raises(BurnerError, match="E460"):
            line2.begin(an_attempt(3, batch="WO2", station="line2"))
    assert refused(ledger, 4).code == "E460"


def test_a_good_unit_counts_for_the_release_until_a_person_scraps_it(ledger: Ledger) -> None:
    """Otherwise boards with other flash contents (E453) would give back what was made."""
    open_batch(ledger, "WO1", quantity=2, release_quantity=1)
    burned(ledger, 1, batch="WO1")
    ledger.finish(an_attempt(1, batch="WO1"), a_result(Outcome.FAIL, code="E453", written=False))
    assert refused(ledger, 2).code == "E460"
    burned(ledger, 1, Outcome.FAIL, batch="WO1", rework="new antenna")
    assert refused(ledger, 2).code == "E460"
    burned(ledger, 1, batch="WO1", rework="new antenna")
    who = {"product_id": "S3EUVBRJLB", "operator": "qa", "reason": "scratched"}
    correct(ledger, CorrectionKind.SCRAP, str(unit_mac(1)), **who)
    burned(ledger, 2, batch="WO1")
    assert flaws(ledger.reader) == []


def test_the_quantity_of_a_sealed_release_counts_over_its_batches(ledger: Ledger) -> None:
    product = {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"}
    seal = {"key": KEY, "product_secret": "00" * 32}
    index = {"format": 2, "profile": {"product": product, "quantity": 1}, "sealed": seal}
    terms: dict[str, Any] = {
        "index": canonical(index).decode(),
        "release_digest": digest(index),
    }
    for batch in ("WO1", "WO2"):
        open_batch(ledger, batch, release_quantity=1, **terms)
    burned(ledger, 1, batch="WO2", release_digest=digest(index))
    with pytest.raises(BurnerError, match="E460"):
        ledger.begin(an_attempt(2, batch="WO1", release_digest=digest(index)))


@pytest.mark.parametrize(
    ("of_index", "of_record", "differs"),
    [
        ({"limits": {"stations": ["line1"]}}, {"limits": BatchLimits(stations=("line1",))}, ""),
        ({"limits": {"stations": ["line1"]}}, {}, "limits"),
        ({"quantity": 5}, {"release_quantity": 5}, ""),
        ({"quantity": 5}, {"release_quantity": 50}, "quantity"),
        ({"quantity": 5, "quantity_of": "release"}, {"release_quantity": 5}, "quantity"),
        ({}, {"limits": DAY}, "limits"),
        ({}, {"profile": "plug-c3 1.3.0"}, "name or version"),
        ({}, {"product_id": "S3EUVBRJLC"}, "product id"),
    ],
)
def test_a_batch_is_opened_with_the_limits_of_the_release_that_was_signed(
    ledger: Ledger, of_index: dict[str, Any], of_record: dict[str, Any], differs: str
) -> None:
    product = {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"}
    index = {"format": 2, "parts": [], "profile": {"product": product, **of_index}}
    terms = {"index": canonical(index).decode(), "release_digest": digest(index), **of_record}
    if not differs:
        open_batch(ledger, **terms)
    else:
        with pytest.raises(BurnerError, match=f"the index says another {differs}"):
            open_batch(ledger, **terms)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ("{stations: [line2]}", "E239"),
        ("{valid_until: 2025-01-30}", "E238"),
        ("{valid_from: 2025-02-01}", "E237"),
        ("{valid_from: 2025-01-31, stations: [line1]}", "E241"),
    ],
)
def test_a_run_is_refused_before_anybody_is_asked(
    tmp_path: Path, ledger: Ledger, clock: Ticking, limits: str, code: str
) -> None:
    clock.now = at(12)
    burned(ledger, 1)
    clock.now = at(8)
    profile = load_profile(write_product(tmp_path, limits=limits))
    with pytest.raises(BurnerError, match=code):
        check_release_limits(ledger, profile)


# -- the clock -------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_begins_no_unit(ledger: Ledger, clock: Ticking) -> None:
    open_batch(ledger, limits=DAY)
    clock.now = at(19)
    burned(ledger, 9)  # of any other product
    clock.now = at(12)
    behind = refused(ledger)
    assert (behind.code, behind.detail) == (
        *("E241", "records of 2025-01-31 19:00 UTC; now 2025-01-31 12:00 UTC"),
    )


def test_a_few_minutes_are_no_clock_that_was_set_back(ledger: Ledger, clock: Ticking) -> None:
    open_batch(ledger, limits=DAY)
    clock.now = at(12)
    burned(ledger, 1, batch="WO1")
    clock.now = at(11, 56)
    burned(ledger, 2, batch="WO1")
    clock.now = at(11, 54)
    assert refused(ledger, 3).code == "E241"


def test_a_release_without_validity_goes_by_no_clock(ledger: Ledger, clock: Ticking) -> None:
    open_batch(ledger, limits=BatchLimits(stations=("line1",)))
    clock.now = at(12) - timedelta(days=900)
    burned(ledger, 1, batch="WO1")


def test_another_name_of_the_station_does_not_free_a_clock(
    path: Path, ledger: Ledger, clock: Ticking
) -> None:
    open_batch(ledger, limits=DAY)
    clock.now = at(19)
    burned(ledger, 9)
    with Ledger.open(path, "other", Ticking(at(12))) as other:
        assert refused(other).code == "E241"
        burned(other, 8)  # its own first record is of 12 o'clock: that does not free it either
        assert refused(other).code == "E241"


def test_one_station_whose_clock_is_far_ahead_does_not_stop_the_others(
    path: Path, ledger: Ledger, clock: Ticking
) -> None:
    clock.now = at(12)
    open_batch(ledger, limits=DAY)
    with Ledger.open(path, "ahead", Ticking(at(12) + timedelta(days=3650))) as ahead:
        burned(ahead, 9)
    burned(ledger, 1, batch="WO1")
    with Ledger.open(path, "line3", Ticking(at(13))) as third:
        burned(third, 2, batch="WO1")


def test_two_other_stations_that_agree_bind_a_clock(
    path: Path, ledger: Ledger, clock: Ticking
) -> None:
    clock.now = at(10)
    open_batch(ledger, limits=DAY)
    for name in ("line2", "line3"):
        with Ledger.open(path, name, Ticking(at(19))) as other:
            burned(other, int(name[-1]))
    assert refused(ledger).code == "E241"


# -- verify ----------------------------------------------------------------------------------------


def test_verify_finds_a_unit_that_was_begun_outside_of_the_limits(
    ledger: Ledger, clock: Ticking
) -> None:
    clock.now = at(12)
    open_batch(ledger, limits=DAY)
    burned(ledger, 1, batch="WO1")
    replay = Replay()
    with ledger.reader.connection() as connection:
        bodies = [
            body for _, body in connection.exec_driver_sql("SELECT number, body FROM records")
        ]
    entries = [read(body.encode()) for body in bodies]
    for number, entry in enumerate(entries[:-2]):
        replay.take(number, write(entry), leaf_hash(write(entry)))
    intent = entries[-2]
    assert isinstance(intent, Intent)
    late = write(msgspec.structs.replace(intent, at="2025-01-31T18:00:00.000000Z"))
    with pytest.raises(BurnerError, match="may no longer be made"):
        replay.take(len(entries) - 2, late, leaf_hash(late))
