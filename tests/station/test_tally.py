"""Counts that add up, an honest first-pass yield, and slots that fall behind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from burner.core.attempt import WAIT, Outcome, Record, Step
from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.core.unit_events import Finished
from burner.station.events import SlotState, SlotStateChanged
from burner.station.tally import Tally
from tests.station.units import a_result, an_attempt

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def finished(
    mac: int | None,
    outcome: Outcome = Outcome.PASS,
    *,
    slot: str = "1",
    minute: int = 0,
    code: str = "",
    seconds: float = 8.0,
    named: bool = True,
    known: bool = False,
) -> Finished:
    silicon = None
    if mac is not None:
        chip_mac = Mac(bytes.fromhex("6055f9") + mac.to_bytes(3, "big"))
        silicon = Silicon("esp32c3", "v0.4", chip_mac, 0x1640EF, 4 << 20)
    attempt = replace(
        an_attempt(slot, silicon=silicon),
        device_name=f"plug-{mac}" if named and mac is not None else "",
        started=START + timedelta(minutes=minute),
    )
    result = replace(
        a_result(outcome, code, seconds), ended=START + timedelta(minutes=minute, seconds=seconds)
    )
    return Finished(slot, Record(1, attempt, result), known)


def tally_of(*boards: Sequence[Finished]) -> Tally:
    """Each board is the list of its tries."""
    tally = Tally()
    for tries in boards:
        for event in tries:
            tally.add(SlotStateChanged(event.slot, SlotState.BURNING))
            tally.add(event)
        tally.add(SlotStateChanged(tries[-1].slot, SlotState.PASS))
    return tally


def counts(tally: Tally) -> dict[str, int]:
    return {state.value: number for state, number in tally.counts.items() if number}


def test_a_scan_between_two_tries_does_not_part_them() -> None:
    tally = Tally()
    tally.add(finished(1, Outcome.ERROR, code="E501"))
    for state in (SlotState.BURNING, SlotState.SCAN, SlotState.BURNING):
        tally.add(SlotStateChanged("1", state))
    tally.add(finished(1))
    tally.add(SlotStateChanged("1", SlotState.PASS))
    assert [(unit.tries, unit.outcome) for unit in tally.units] == [(2, Outcome.PASS)]


def test_the_counts_add_up_to_the_units() -> None:
    tally = tally_of(
        [finished(1)],
        [finished(2, Outcome.FAIL)],
        [finished(3, Outcome.ERROR)],
        [finished(4, Outcome.ABORTED)],
        [finished(5, known=True)],
        [of_another_batch(6)],
    )
    assert sum(tally.counts.values()) == len(tally.units) == 6
    assert counts(tally) == {
        "PASS": 1,
        "KNOWN": 1,
        "OTHER BATCH": 1,
        "FAIL": 1,
        "ERROR": 1,
        "ABORTED": 1,
    }


def of_another_batch(mac: int) -> Finished:
    return replace(finished(mac, known=True), other_batch=True)


def test_boards_that_came_too_late_are_no_longer_waited_for_when_the_batch_is_complete() -> None:
    late = [[finished(n, Outcome.ERROR, code="E452")] for n in (2, 3)]
    tally = tally_of([finished(1)], *late)
    tally.batch_full()
    assert [unit.code for unit in tally.units] == ["", "E451", "E451"]
    assert tally.without_place == 2


def test_a_scrapped_unit_that_is_refused_lowers_no_first_pass() -> None:
    refused = finished(2, Outcome.FAIL, code="E464", minute=5)
    result = replace(refused.record.result, step=Step.NAME)
    refused = replace(refused, record=replace(refused.record, result=result))
    tally = tally_of([finished(1)], [finished(2)], [refused])
    assert tally.first_pass_yield == 1.0
    assert counts(tally) == {"PASS": 2, "FAIL": 1}


def test_a_unit_of_another_batch_is_no_good_unit_of_this_one() -> None:
    assert tally_of([finished(1)], [finished(2, known=True)]).all_passed
    tally = tally_of([finished(1)], [of_another_batch(2)])
    assert not tally.all_passed
    assert tally.units[-1].code == "E628"


def test_a_unit_that_needed_a_second_try_is_a_pass_but_no_first_pass() -> None:
    tally = tally_of([finished(1, Outcome.ERROR), finished(1)], [finished(2)])
    assert counts(tally) == {"PASS": 2}
    assert tally.first_pass_yield == 0.5
    assert tally.units[0].tries == 2


def test_a_try_that_ended_before_its_intent_judges_no_unit() -> None:
    early = finished(1, Outcome.ERROR)
    result = replace(early.record.result, step=Step.IDENTIFY)
    early = replace(early, record=replace(early.record, result=result))
    assert tally_of([early]).first_pass_yield is None
    assert tally_of([early, finished(1)]).first_pass_yield == 1.0


def test_a_unit_interrupted_in_the_write_is_no_first_pass() -> None:
    assert tally_of([finished(1, Outcome.ERROR)], [finished(2)]).first_pass_yield == 0.5


def test_a_failed_unit_that_passes_in_another_slot_is_one_unit_and_no_first_pass() -> None:
    tally = tally_of([finished(1, Outcome.FAIL)], [finished(1, slot="2", minute=5)])
    assert counts(tally) == {"PASS": 1}
    assert tally.first_pass_yield == 0.0
    assert tally.units[0].tries == 2


def test_a_board_that_wears_the_mac_of_a_passed_one_is_another_unit() -> None:
    tally = tally_of([finished(1)], [finished(1, Outcome.FAIL, slot="2", minute=5)])
    assert counts(tally) == {"PASS": 1, "FAIL": 1}


def test_two_boards_with_one_mac_in_work_together_are_two_units() -> None:
    tally = tally_of([finished(1, Outcome.FAIL, slot="2")], [finished(1)])
    assert counts(tally) == {"PASS": 1, "FAIL": 1}


def test_boards_with_a_blank_mac_are_not_one_unit() -> None:
    blank = {"outcome": Outcome.FAIL, "named": False}
    tally = tally_of([finished(0, **blank)], [finished(0, **blank, minute=5)])  # type: ignore[arg-type]
    assert counts(tally) == {"FAIL": 2}


def test_a_slot_where_nothing_answers_counts_no_unit_but_is_not_all_passed() -> None:
    tally = tally_of([finished(1)], [finished(None, Outcome.ERROR, slot="2", code="E301")])
    assert counts(tally) == {"PASS": 1}
    assert [u.code for u in tally.silent] == ["E301"]
    assert not tally.all_passed


def test_a_wrong_chip_whose_mac_was_not_read_is_a_unit() -> None:
    tally = tally_of([finished(None, Outcome.FAIL, code="E401")])
    assert counts(tally) == {"FAIL": 1}


def test_a_passed_unit_that_comes_back_in_the_same_run_is_not_counted_twice() -> None:
    tally = tally_of([finished(1)], [finished(1, minute=5, known=True)])
    assert counts(tally) == {"PASS": 1}


def test_a_known_unit_comes_back_and_is_counted_once() -> None:
    tally = tally_of([finished(1, known=True)], [finished(1, minute=5, known=True)])
    assert counts(tally) == {"KNOWN": 1}
    assert tally.all_passed
    assert tally.first_pass_yield is None


def test_a_trouble_of_a_slot_is_kept_with_its_slot() -> None:
    tally = Tally()
    tally.add(SlotStateChanged("7", SlotState.ERROR, error=BurnerError("E902")))
    assert tally.troubles["7"].code == "E902"
    assert not tally.all_passed


def test_a_slot_with_low_yield_is_named() -> None:
    good = [[finished(n, slot="1")] for n in range(8)]
    bad = [[finished(n, Outcome.FAIL, slot="2")] for n in range(8, 12)]
    assert tally_of(*good, *bad).behind() == {"2": "yield"}


def test_a_slow_slot_is_named() -> None:
    good = [[finished(n, slot="1")] for n in range(8)]
    slow = [[finished(n, slot="2", seconds=11.0)] for n in range(8, 12)]
    assert tally_of(*good, *slow).behind() == {"2": "slow"}


def test_a_slot_that_waited_for_the_others_is_not_slow() -> None:
    good = [[finished(n, slot="1")] for n in range(8)]
    boards = [finished(n, slot="2", seconds=11.0) for n in range(8, 12)]
    waited = [
        replace(b, record=replace(b.record, result=replace(b.record.result, timings={WAIT: 3.0})))
        for b in boards
    ]
    tally = tally_of(*good, *([board] for board in waited))
    assert tally.behind() == {}
    assert tally.units[-1].seconds == 11


def test_a_slot_is_not_judged_by_its_first_units() -> None:
    good = [[finished(n, slot="1")] for n in range(8)]
    bad = [[finished(9, Outcome.FAIL, slot="2")]]
    assert tally_of(*good, *bad).behind() == {}


def test_units_per_hour_is_the_pace_of_passed_units() -> None:
    tally = tally_of([finished(1)], [finished(2)], [finished(3, Outcome.FAIL)])
    assert tally.per_hour(60) == 120
    assert tally.per_hour(0) == 0


def test_a_warning_counts_units_not_tries() -> None:
    def warned(event: Finished, *codes: str) -> Finished:
        result = replace(event.record.result, evidence={"warnings": list(codes)})
        return replace(event, record=replace(event.record, result=result))

    first = warned(finished(1, Outcome.ERROR, code="E501"), "E625")
    tally = tally_of(
        [first, warned(finished(1, minute=1), "E625")],
        [warned(finished(2, slot="2"), "E625")],
        [finished(3, slot="3")],
        [warned(finished(4, slot="4", known=True), "E625")],
    )
    assert dict(tally.warnings) == {"E625": 2}
    assert [unit.warnings for unit in tally.units] == [("E625",), ("E625",), (), ()]
