"""The wall view follows a manifest: what it reads, counts and says."""

import json
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from jsonschema import Draft202012Validator

from burner.core.attempt import Outcome
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.report.figures.production_figures import production_figures
from burner.wall.feed import ManifestFeed
from burner.wall.state import Activity, WallSlot, WallState, WarningKind
from tests.manifest.postgres import Server
from tests.manifest.records import START, a_ledger, a_result, an_attempt, burned, open_batch
from tests.wall.states import SCHEMA, checked

BAD, ERROR, OPEN = Outcome.FAIL, Outcome.ERROR, Outcome.OPEN


class Line:
    """A ledger of one station, and a clock that the wall view reads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "manifest.db"
        self.now = START + timedelta(minutes=1)
        self.ledger = a_ledger(folder)
        self.feeds: list[ManifestFeed] = []

    def feed(self) -> ManifestFeed:
        feed = ManifestFeed(str(self.path), UTC, lambda: self.now)
        self.feeds.append(feed)
        return feed

    def fresh(self) -> WallState:
        """The state as a new reader sees it."""
        return checked(self.feed().poll())

    def burn(self, unit: int, outcome: Outcome = Outcome.PASS, **changes: Any) -> None:
        """One attempt that ends now."""
        begun: dict[str, Any] = {
            "started": self.now - timedelta(seconds=12.345),
            "batch": "WO1",
            **changes,
        }
        burned(self.ledger, unit, outcome, **begun)

    def close(self) -> None:
        for feed in self.feeds:
            feed.close()
        self.ledger.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    open_batch(made.ledger, "WO1", 10)
    yield made
    made.close()


def slot_of(state: WallState, slot: str) -> WallSlot:
    return next(s for station in state.stations for s in station.slots if s.slot == slot)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_slot_shows_its_last_outcome_with_code_and_words(line: Line) -> None:
    line.burn(1)
    line.burn(2, BAD, slot="4")
    state = line.fresh()
    assert [station.station for station in state.stations] == ["line1"]
    assert (slot_of(state, "3").outcome, slot_of(state, "3").code) == ("PASS", "")
    bad = slot_of(state, "4")
    assert (bad.activity, bad.outcome, bad.code) == (Activity.ENDED, "FAIL", "E501")
    assert bad.since == line.now
    assert state.words["E501"]["zh"].do
    assert state.problems[0].code == "E501"
    assert [(at.station, at.slot) for at in state.problems[0].places] == [("line1", "4")]


def test_a_slot_in_work_says_since_when_and_keeps_its_last_outcome(line: Line) -> None:
    line.burn(1, BAD)
    begun = an_attempt(2, batch="WO1", started=line.now)
    line.ledger.begin(begun)
    line.now += timedelta(seconds=40)
    slot = slot_of(line.fresh(), "3")
    assert (slot.activity, slot.since) == (Activity.AT_WORK, line.now - timedelta(seconds=40))
    assert (slot.outcome, slot.code, slot.unit) == ("FAIL", "E501", begun.device_name)


def test_an_attempt_without_outcome_for_an_hour_is_to_be_looked_at(line: Line) -> None:
    line.ledger.begin(an_attempt(1, batch="WO1", started=line.now))
    line.now += timedelta(minutes=61)
    state = line.fresh()
    assert slot_of(state, "3").activity is Activity.NO_OUTCOME
    assert [w.kind for w in state.warnings] == [WarningKind.NO_OUTCOME]


def test_an_open_attempt_is_in_work_no_more_once_its_unit_was_begun_again(line: Line) -> None:
    feed = line.feed()
    line.burn(9)
    line.ledger.begin(an_attempt(1, batch="WO1", started=line.now))
    assert slot_of(feed.poll(), "3").activity is Activity.AT_WORK
    line.ledger.close()  # the station dies
    line.ledger = a_ledger(line.path.parent)
    line.burn(1, slot="4")
    state = feed.poll()
    assert slot_of(state, "3").activity is Activity.ENDED
    assert slot_of(state, "4").outcome == "PASS"
    assert replace(state, now=line.now) == replace(line.fresh(), now=line.now)


def test_a_slot_is_idle_after_a_while(line: Line) -> None:
    line.burn(1)
    line.now += timedelta(minutes=11)
    assert slot_of(line.fresh(), "3").activity is Activity.IDLE


def test_what_was_followed_is_what_a_new_reader_sees(line: Line) -> None:
    """After any attempts, in any order of their ends."""
    feed, dice, at_work = line.feed(), random.Random(7), []
    open_batch(line.ledger, "WO2")
    for step in range(60):
        line.now += timedelta(seconds=dice.randrange(1, 400))
        changes = {"batch": dice.choice(["WO1", "WO2"]), "slot": str(dice.randrange(1, 5))}
        attempt = an_attempt(100 + step if step % 4 else 100, started=line.now, **changes)
        if step % 4 and changes["batch"] == "WO2":
            line.ledger.begin(attempt)
            at_work.append(attempt)
        elif dice.random() < 0.3:
            line.ledger.finish(attempt, a_result(BAD, written=False, code="E402"))
        if at_work and dice.random() < 0.7:
            ended = at_work.pop(dice.randrange(len(at_work)))
            line.ledger.finish(ended, a_result(dice.choice([Outcome.PASS, BAD, ERROR])))
        if step % 3 == 0:
            assert checked(feed.poll()) == line.fresh()
    assert feed.poll().today == line.fresh().today


def test_units_are_counted_as_in_the_report(line: Line) -> None:
    line.burn(1)
    line.burn(2, BAD)
    line.burn(2)
    line.burn(3, BAD)
    line.ledger.finish(
        an_attempt(4, batch="WO1", started=line.now), a_result(BAD, written=False, code="E402")
    )
    line.burn(4, slot="5")
    assert slot_of(line.fresh(), "5").new == 0
    today, batch = line.fresh().today, line.fresh().batches[0]
    with ManifestReader.open(line.path) as reader:
        units = production_figures(reader, AttemptFilter(batch="WO1")).units
    assert today
    assert (today.new, today.first_pass, today.good) == (units.new, units.first_pass, units.passed)
    assert (batch.new, batch.first_pass, batch.good) == (units.new, units.first_pass, units.passed)


def test_a_unit_that_passes_after_its_first_attempt_was_cut_off_did_not_pass_at_once(
    line: Line,
) -> None:
    followed, fresh = line.feed(), line.feed()
    line.burn(1)
    line.ledger.begin(an_attempt(2, batch="WO1", started=line.now))
    followed.poll()
    line.ledger.close()  # the station dies
    line.ledger = a_ledger(line.path.parent)
    line.burn(3)
    followed.poll()
    line.burn(2, slot="4")
    line.burn(2, slot="4")
    with ManifestReader.open(line.path) as reader:
        units = production_figures(reader, AttemptFilter(batch="WO1")).units
    for feed in (followed, fresh):
        state = feed.poll()
        assert state.today
        assert (state.today.new, state.today.first_pass) == (units.new, units.first_pass) == (3, 2)
        assert (state.batches[0].new, state.batches[0].first_pass) == (3, 2)
        assert (slot_of(state, "3").new, slot_of(state, "4").new) == (3, 0)


def test_a_batch_shows_its_pace_and_when_it_will_be_done(line: Line) -> None:
    for unit in range(4):
        line.burn(unit + 1)
        line.now += timedelta(minutes=5)
    (batch,) = line.fresh().batches
    assert (batch.batch, batch.planned, batch.good, batch.last_hour) == ("WO1", 10, 4, 4)
    assert batch.per_hour == pytest.approx(4 / (20 + 12.345 / 60) * 60)
    assert batch.expected_end is not None
    assert batch.per_hour
    hours = (batch.expected_end - line.now) / timedelta(hours=1)
    assert hours * batch.per_hour == pytest.approx(6)


def test_of_a_few_minutes_no_pace_is_told(line: Line) -> None:
    line.burn(1)
    (batch,) = line.fresh().batches
    assert (batch.per_hour, batch.expected_end) == (None, None)


def test_when_nothing_passed_for_an_hour_the_end_is_not_known(line: Line) -> None:
    line.burn(1)
    line.now += timedelta(hours=2)
    (batch,) = line.fresh().batches
    assert (batch.last_hour, batch.per_hour, batch.expected_end) == (0, None, None)


def test_a_slot_that_fails_more_than_the_others_is_named(line: Line) -> None:
    open_batch(line.ledger, "WO2")
    for unit in range(30):
        line.burn(unit + 1, batch="WO2", slot=str(unit % 3 + 1))
    for unit in range(3):
        line.burn(unit + 50, BAD, batch="WO2", slot="4")
    kinds = {(w.kind, w.slot, w.number) for w in line.fresh().warnings}
    assert kinds == {(WarningKind.BEHIND, "4", 0), (WarningKind.IN_A_ROW, "4", 3)}


def test_what_the_station_tries_again_is_one_board(line: Line) -> None:
    for attempt in range(3):
        line.burn(1, ERROR, try_number=attempt + 1)
    assert line.fresh().warnings == ()


def test_a_clock_that_is_ahead_is_named(line: Line) -> None:
    line.burn(1)
    line.now = START - timedelta(minutes=10)
    (warning,) = line.fresh().warnings
    assert (warning.kind, warning.station) == (WarningKind.CLOCK_AHEAD, "line1")
    assert warning.number > 600


def test_at_midnight_the_day_begins_again_and_slots_stay(line: Line) -> None:
    feed = line.feed()
    line.burn(1)
    assert feed.poll().today.good == 1  # type: ignore[union-attr]
    line.now += timedelta(hours=18)
    state = feed.poll()
    assert state.today
    assert (state.today.good, state.today.since.hour) == (0, 0)
    assert slot_of(state, "3").activity is Activity.IDLE
    assert state.batches[0].new == 1


def test_after_a_weekend_the_slots_of_the_last_day_of_work_are_there(line: Line) -> None:
    line.burn(1)
    line.now += timedelta(days=3)
    assert slot_of(line.fresh(), "3").outcome == "PASS"


def test_a_void_does_not_hide_what_the_slot_did(line: Line) -> None:
    line.burn(1)
    feed = line.feed()
    feed.poll()
    unit = an_attempt(1)
    who = {"product_id": unit.product_id, "operator": "li", "reason": "a trial"}
    correct(line.ledger, CorrectionKind.VOID, unit.unit_id, **who)
    assert feed.poll().records == line.fresh().records


def test_a_manifest_that_is_gone_is_said_and_what_was_read_stays(line: Line) -> None:
    feed = line.feed()
    line.burn(1)
    feed.poll()
    line.path.rename(line.path.with_name("away.db"))
    state = checked(feed.poll())
    assert state.away
    assert state.away.since == line.now
    assert state.away.code.startswith("E7")
    assert state.words[state.away.code]["en"].says
    assert slot_of(state, "3").outcome == "PASS"
    line.now += timedelta(seconds=30)
    later = feed.poll()
    assert later.away == state.away
    line.path.with_name("away.db").rename(line.path)
    assert feed.poll().away is None
    assert feed.error is None


def test_a_manifest_that_was_never_read_has_no_figures(tmp_path: Path) -> None:
    feed = ManifestFeed(str(tmp_path / "none.db"), UTC, lambda: START)
    state = checked(feed.poll())
    assert (state.today, state.stations) == (None, ())
    assert state.away
    assert state.away.code == "E701"


def test_a_server_that_does_not_answer_is_said_with_what_to_do() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens there
        port = closed.getsockname()[1]
        feed = ManifestFeed(f"postgresql+psycopg://li:pw@127.0.0.1:{port}/m", UTC, lambda: START)
        state = checked(feed.poll())
    assert state.away
    assert state.away.code == "E711"
    assert state.words["E711"]["en"].do == "Check the network and the server."
    assert "pw" not in json.dumps(state.plain())


def test_another_manifest_in_the_same_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    line, other = Line(tmp_path / "a"), Line(tmp_path / "b")
    open_batch(line.ledger, "WO1")
    open_batch(other.ledger, "WO1")
    for unit in range(3):
        line.burn(unit + 1)
        other.burn(unit + 11, BAD, slot="7")
    feed = line.feed()
    feed.poll()
    line.ledger.close()
    other.close()
    other.path.replace(line.path)
    state = feed.poll()
    feed.close()
    assert state.away is None
    assert [slot.slot for station in state.stations for slot in station.slots] == ["7"]


def test_an_empty_manifest_is_shown_and_then_its_first_units(tmp_path: Path) -> None:
    line = Line(tmp_path)
    feed = line.feed()
    state = checked(feed.poll())
    assert (state.away, state.stations) == (None, ())
    open_batch(line.ledger, "WO1")
    line.burn(1)
    assert slot_of(checked(feed.poll()), "3").outcome == "PASS"
    line.close()


def test_the_state_of_a_server_is_the_same(server: Server) -> None:
    url = server.database()
    with Ledger.open(url, "line1", lambda: START) as ledger:
        open_batch(ledger, "WO1", 10)
        burned(ledger, 1, batch="WO1")
        feed = ManifestFeed(url, UTC, lambda: START + timedelta(minutes=1))
        first = checked(feed.poll())
        burned(ledger, 2, Outcome.FAIL, batch="WO1", slot="4")
        ledger.begin(an_attempt(3, batch="WO1", slot="5"))
        second = checked(feed.poll())
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    lost = checked(feed.poll())
    again = checked(feed.poll())
    feed.close()
    assert lost.away
    assert lost.away.code == "E711"
    assert lost.today == second.today
    assert again == second
    assert slot_of(first, "3").outcome == "PASS"
    assert slot_of(second, "4").code == "E501"
    assert slot_of(second, "5").activity is Activity.AT_WORK
    assert second.batches[0].new == 2


def test_text_of_devices_stays_text_in_json(line: Line) -> None:
    line.burn(1, device_name="<script>alert(1)</script>")
    state = line.fresh()
    assert json.loads(json.dumps(state.plain()))["stations"][0]["slots"][0]["unit"].startswith("<")
