"""Whatever boards and faults come: states follow as they may, and the counts add up."""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from burner.core.attempt import Outcome
from burner.core.unit_events import Finished
from burner.station.events import SlotState, StationEvent
from burner.station.slots.boards import SwappedByBench, UnitLimit
from burner.station.station import Station
from burner.station.tally import Tally
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.station.units import BAUD, FakeBurnUnit, states

S = SlotState
AFTER = {
    S.SEEN: {S.BURNING},
    S.BURNING: {S.BURNING, S.PASS, S.KNOWN, S.FAIL, S.ERROR},
    S.PASS: {S.SEEN, S.CLOSED},
    S.KNOWN: {S.SEEN, S.CLOSED},
    S.FAIL: {S.SEEN, S.CLOSED},
    S.ERROR: {S.SEEN, S.CLOSED},
}


@dataclass(frozen=True)
class Visit:
    """A board that comes to the slot, and how often its write fails with what."""

    unit: int
    code: str
    failures: int


VISITS = st.lists(
    st.builds(
        Visit,
        unit=st.integers(1, 4),
        code=st.sampled_from(["E301", "E320", "E501", "E503", "E601", "E902", "E901"]),
        failures=st.integers(0, 5),
    ),
    min_size=1,
    max_size=8,
)


def run(visits: list[Visit]) -> tuple[list[StationEvent], FakeBurnUnit]:
    device = FakeDevice()
    coming = iter(visits)

    def next_board(_slot: str = "1") -> bool:
        visit = next(coming)
        device.insert(FakeBoard(f"60:55:f9:00:00:{visit.unit:02x}"))
        device.succeeds()
        device.fails("write", visit.code, visit.failures)
        return True

    next_board()
    burns = FakeBurnUnit()
    station = Station({"1": device}, SwappedByBench(UnitLimit(len(visits)), next_board), BAUD)
    return list(station.run(burns)), burns


@settings(max_examples=40)
@given(VISITS)
def test_states_follow_one_another_as_they_may(visits: list[Visit]) -> None:
    seen = states(run(visits)[0])
    assert seen[0] is S.SEEN
    assert seen[-1] is S.CLOSED
    assert all(after in AFTER[before] for before, after in pairwise(seen))
    assert seen.count(S.SEEN) == len(visits)


@settings(max_examples=40)
@given(VISITS)
def test_the_tally_agrees_with_the_records(visits: list[Visit]) -> None:
    events, burns = run(visits)
    tally = Tally()
    for event in events:
        tally.add(event)
    passed = {r.attempt.unit_id for r in burns.records if r.result.outcome is Outcome.PASS}
    assert tally.passed == len(passed)
    assert sum(tally.counts.values()) == len(tally.units)
    tries = [e for e in events if isinstance(e, Finished) and not e.known]
    assert len(tries) == len(burns.records)
    assert all(unit.tries >= 1 for unit in tally.units)
