"""Names are created exactly once, whatever is cut, refused or stopped."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burner.cloud.management.api import (
    CreationResult,
    CreationTask,
    DeviceOnPlatform,
    ProductOnPlatform,
)
from burner.cloud.management.errors import CallRefusedError
from burner.cloud.patience import Patience
from burner.cloud.precreation import (
    ChunkSent,
    ChunkSettled,
    CreationFinished,
    CreationHistory,
    TaskStarted,
    precreation_plan,
)
from burner.cloud.precreation_run import (
    NameFate,
    Precreation,
    PrecreationResult,
)
from burner.cloud.present_devices import present_devices, spare_on_platform
from burner.core.code import Code
from burner.core.errors import BurnerError
from tests.cloud.creating_platform import (
    CUT,
    PRODUCT,
    CreatingPlatform,
    JournalInMemory,
    Killed,
    cut,
    not_sent,
)

NAMES = tuple(f"plug-{number:02}" for number in range(11))


class Run:
    """Runs over one platform with one journal; what is confirmed is kept."""

    def __init__(
        self,
        platform: CreatingPlatform,
        journal: JournalInMemory | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.platform, self.journal, self.stop = platform, journal or JournalInMemory(), stop
        self.confirmed: set[str] = set()
        self.paused: list[float] = []
        self.burned: set[str] = set()

    def create(self, names: Sequence[str] = NAMES) -> PrecreationResult:
        reported = set[str]()

        def on_fate(names: Sequence[str], fate: NameFate) -> None:
            assert reported.isdisjoint(names)
            reported.update(names)
            if fate is not NameFate.REFUSED:
                self.confirmed |= set(names)

        precreation = Precreation(
            self.platform,
            PRODUCT,
            self.journal,
            burned=self.burned,
            stop=self.stop,
            patience=Patience(task_s=30, pause=self.paused.append),
        )
        result = precreation.run(names, frozenset(self.confirmed), on_fate)
        assert result.stopped or sum(result.counts.values()) == len(names)
        return result


def bad_name(detail: str) -> CallRefusedError:
    """A refusal that a name may have caused."""
    code = "InvalidParameterValue"
    return CallRefusedError(Code.API_CALL_REFUSED, code, detail, about_names=True)


class Faults:
    """Faults in the order of the moments; after the last one all is well."""

    def __init__(self, *faults: str) -> None:
        self._left = list(faults)

    def __call__(self, moment: str) -> None:
        fault = self._left.pop(0) if self._left else ""
        if fault == "kill":
            raise Killed
        if fault == "cut" and "journal" not in moment:
            raise cut(moment)
        if fault == "not sent" and moment.startswith("before") and "journal" not in moment:
            raise not_sent(moment)

    @property
    def left(self) -> int:
        return len(self._left)


def once(platform: CreatingPlatform, names: Sequence[str] = NAMES) -> bool:
    """Whether each name was created once, and none was sent while it may have been created."""
    return dict(platform.created) == dict.fromkeys(names, 1) and not platform.sent_unasked


def cut_at(*moments: str) -> Callable[[str], None]:
    """Cuts the first calls at these moments."""
    left = list(moments)

    def fault(moment: str) -> None:
        if left and moment == left[0]:
            left.pop(0)
            raise cut(moment)

    return fault


def test_names_are_created_in_chunks_in_their_order() -> None:
    run = Run(CreatingPlatform())
    result = run.create()
    assert tuple(run.platform.sent) == NAMES
    assert run.platform.calls == {"create": 3}
    assert result.counts[NameFate.CREATED] == len(NAMES)
    assert run.confirmed == set(NAMES)


def test_names_that_are_there_count_as_done() -> None:
    run = Run(CreatingPlatform(has={NAMES[0], NAMES[7]}))
    result = run.create()
    assert result.counts == {NameFate.CREATED: 9, NameFate.EXISTING: 2, NameFate.REFUSED: 0}
    assert run.confirmed == set(NAMES)


def test_a_second_run_sends_nothing_and_asks_once() -> None:
    run = Run(CreatingPlatform())
    run.create()
    before = run.platform.calls.copy()
    result = run.create()
    assert run.platform.calls - before == {"device_count": 1, "devices": 1}
    assert result.counts[NameFate.EXISTING] == len(NAMES)


def test_a_name_that_was_deleted_on_the_platform_is_created_again() -> None:
    run = Run(CreatingPlatform())
    run.create()
    run.platform.has.remove(NAMES[3])
    assert run.create().counts[NameFate.CREATED] == 1
    assert run.platform.created[NAMES[3]] == 2


def test_a_name_that_only_the_journal_calls_created_is_asked_for() -> None:
    run = Run(CreatingPlatform(has={NAMES[0]}))
    run.journal.add(ChunkSent(1, NAMES[:2]))
    run.journal.add(ChunkSettled(1))
    result = run.create()
    assert result.counts == {NameFate.CREATED: 9, NameFate.EXISTING: 1, NameFate.REFUSED: 1}
    assert [str(error.code) for error in result.refused.values()] == ["E865"]
    assert NAMES[1] not in run.confirmed
    assert NAMES[1] not in run.platform.sent
    assert run.create().counts[NameFate.CREATED] == 1
    assert run.confirmed == set(NAMES)


def test_a_call_that_was_cut_before_its_effect_is_sent_again_after_asking() -> None:
    run = Run(CreatingPlatform(fault=cut_at("before create")))
    run.create()
    assert once(run.platform)
    assert run.platform.calls["device"] == 16  # four names, before and after three pauses
    assert run.paused[:3] == [2, 8, 20]


def test_a_call_that_was_cut_after_its_effect_is_not_sent_again() -> None:
    run = Run(CreatingPlatform(fault=cut_at("after create")))
    result = run.create()
    assert once(run.platform)
    assert tuple(run.platform.sent) == NAMES
    assert result.counts == {NameFate.CREATED: 7, NameFate.EXISTING: 4, NameFate.REFUSED: 0}


def test_a_platform_that_is_slow_after_a_cut_is_waited_for() -> None:
    run = Run(CreatingPlatform(fault=cut_at("after create"), lag=6))
    run.create()
    assert once(run.platform)
    assert run.paused[0] == Patience().absent_s[0]


def test_names_whose_call_was_killed_are_not_sent_again_while_the_platform_is_at_work() -> None:
    platform = CreatingPlatform()

    def fault(moment: str) -> None:
        if moment == "after create":
            platform.coming, platform.has = [(9, frozenset(NAMES[:3]))], set()
            raise Killed

    platform.fault = fault
    run = Run(platform)
    with pytest.raises(Killed):
        run.create(NAMES[:3])
    platform.fault = lambda _moment: None
    run.create(NAMES[:3])
    assert platform.calls["create"] == 1
    assert run.confirmed == set(NAMES[:3])


def test_a_task_is_continued_by_the_next_run() -> None:
    faults = iter(["", "", "", "kill"])  # before and after the chunk, call, effect

    def fault(_moment: str) -> None:
        if next(faults, "") == "kill":
            raise Killed

    platform = CreatingPlatform(polls=3)
    run = Run(platform, JournalInMemory(fault))
    with pytest.raises(Killed):
        run.create()
    assert [type(event) for event in run.journal.events] == [ChunkSent, TaskStarted]
    run.create()
    assert once(platform)
    assert platform.calls["device"] == platform.calls["devices"] == 0


def test_a_task_that_never_ends_is_left_for_the_next_run() -> None:
    run = Run(CreatingPlatform(polls=1000))
    with pytest.raises(BurnerError, match=r"E864.*task-0"):
        run.create()
    run.platform.polls = 1
    run.create()
    assert once(run.platform)


def test_a_task_that_the_platform_forgot_is_settled_by_asking() -> None:
    run = Run(CreatingPlatform(polls=1000))
    with pytest.raises(BurnerError, match="E864"):
        run.create()
    run.platform.tasks.clear()
    run.platform.polls = 1
    run.create()
    assert once(run.platform)


def test_a_refused_name_is_listed_and_the_others_go_on() -> None:
    bad = BurnerError(Code.CLOUD_REQUEST_INVALID, "of it")
    run = Run(CreatingPlatform(refuses={NAMES[5]: bad}))
    result = run.create()
    assert result.refused == {NAMES[5]: bad}
    assert once(run.platform, [name for name in NAMES if name != NAMES[5]])
    assert NAMES[5] not in run.confirmed


def test_one_name_for_which_a_whole_call_is_refused_is_found() -> None:
    names = (*NAMES, "whole-bad")
    bad = bad_name("of one")
    run = Run(CreatingPlatform(refuses={"whole-bad": bad}))
    result = run.create(names)
    assert result.refused == {"whole-bad": bad}
    assert once(run.platform)


def test_a_platform_that_refuses_every_call_ends_the_run() -> None:
    names = tuple(f"whole-{n}" for n in range(9))
    bad = bad_name("of all")
    run = Run(CreatingPlatform(refuses=dict.fromkeys(names, bad)))
    with pytest.raises(BurnerError, match="of all"):
        run.create(names)
    assert set(run.platform.sent) == set(names[:4])
    assert (run.platform.calls, run.paused) == ({"create": 7}, [])  # nobody asks after a refusal


def test_a_refusal_that_is_not_about_names_ends_the_run_at_once() -> None:
    forbidden = CallRefusedError(
        Code.API_CALL_REFUSED, "UnauthorizedOperation.ProductIsForbidden", "of the product"
    )
    names = tuple(f"whole-{n}" for n in range(100))
    platform = CreatingPlatform(refuses=dict.fromkeys(names, forbidden), names_per_call=100)
    run = Run(platform)
    with pytest.raises(BurnerError, match="of the product"):
        run.create(names)
    assert (platform.calls, run.paused) == ({"create": 1}, [])


def test_a_call_that_was_never_sent_is_sent_again_without_asking() -> None:
    def fault(moment: str) -> None:
        if moment == "before create" and platform.calls["create"] == 1:
            raise not_sent(moment)

    run = Run(platform := CreatingPlatform(fault=fault))
    run.create()
    assert platform.calls == {"create": 4}
    assert once(platform)


def test_a_name_that_a_continued_task_refuses_is_counted_once_and_not_sent_again() -> None:
    bad = bad_name("of one")
    results = {"task-0": CreationResult(created=NAMES[1:4], refused={NAMES[0]: bad})}
    run = Run(CreatingPlatform(has=set(NAMES[1:4]), tasks=results))
    run.journal.add(ChunkSent(1, NAMES[:4]))
    run.journal.add(TaskStarted(1, "task-0"))
    result = run.create()
    assert result.refused == {NAMES[0]: bad}
    assert tuple(run.platform.sent) == NAMES[4:]


def test_an_error_that_a_further_try_does_not_help_ends_the_run() -> None:
    def fault(moment: str) -> None:
        if moment == "before create":
            raise BurnerError(Code.CLOUD_DEVICE_LIMIT_REACHED)

    run = Run(CreatingPlatform(fault=fault))
    with pytest.raises(BurnerError, match="E809"):
        run.create()
    assert run.platform.calls["create"] == 1


def test_a_chunk_that_is_cut_again_and_again_ends_the_run() -> None:
    run = Run(CreatingPlatform(fault=cut_at(*["before create"] * 4)))
    with pytest.raises(BurnerError, match=CUT):
        run.create()
    assert run.platform.calls["create"] == 4
    run.create()
    assert once(run.platform)


def test_a_name_that_no_result_tells_of_and_that_is_not_there_is_refused() -> None:
    run = Run(CreatingPlatform(tasks={"task-0": CreationResult()}, polls=1))
    run.journal.add(ChunkSent(1, NAMES[:1]))
    run.journal.add(TaskStarted(1, "task-0"))
    result = run.create(NAMES[:1])
    assert [str(error.code) for error in result.refused.values()] == ["E865"]


def test_a_stopped_run_ends_after_the_chunk_in_flight() -> None:
    run = Run(platform := CreatingPlatform(), stop=lambda: platform.calls["create"] > 0)
    assert run.create().stopped
    assert tuple(platform.sent) == NAMES[:4]
    run.stop = lambda: False
    assert not run.create().stopped
    assert once(platform)
    assert platform.calls["device"] == platform.calls["devices"] == 0


IN_USE = {
    NAMES[0]: DeviceOnPlatform(NAMES[0], registered=True),
    NAMES[1]: DeviceOnPlatform(NAMES[1], active=True),
    NAMES[2]: DeviceOnPlatform(NAMES[2], enabled=False),
    NAMES[3]: DeviceOnPlatform(NAMES[3], registered=False, enabled=True),
    NAMES[4]: DeviceOnPlatform(NAMES[4], registered=True),
}


@pytest.mark.parametrize("way", ["told by the call", "after a cut", "on record"])
def test_names_that_somebody_uses_are_not_as_good_as_created(way: str) -> None:
    platform = CreatingPlatform(has=set(IN_USE), states=IN_USE)
    if way == "after a cut":
        platform.fault = Faults("", "cut")
    run = Run(platform)
    run.burned = {NAMES[4]}
    if way == "on record":
        run.confirmed = set(IN_USE)
    for _ in range(2):
        result = run.create()
        codes = {name: str(error.code) for name, error in result.refused.items()}
        assert codes == {NAMES[0]: "E808", NAMES[1]: "E808", NAMES[2]: "E819"}
        if way != "on record":
            assert run.confirmed == set(NAMES) - codes.keys()


def test_names_that_were_there_are_asked_for_together() -> None:
    run = Run(platform := CreatingPlatform(has=set(NAMES)))
    assert run.create().counts[NameFate.EXISTING] == len(NAMES)
    assert platform.calls == {"create": 3, "device_count": 1, "devices": 1}


class ForgetfulPlatform(CreatingPlatform):
    """It says that a name is there, and does not show its device."""

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        found = super().device(product_id, name)
        return None if name == NAMES[0] else found


def test_a_name_that_is_said_to_exist_and_is_not_shown_is_not_confirmed() -> None:
    run = Run(ForgetfulPlatform(has=set(NAMES[:3])))
    result = run.create(NAMES[:3])
    assert {name: str(error.code) for name, error in result.refused.items()} == {NAMES[0]: "E865"}
    assert run.confirmed == set(NAMES[1:3])
    assert run.paused == [2, 8, 20]


def test_a_task_with_an_odd_result_is_settled_by_asking() -> None:
    class OddPlatform(CreatingPlatform):
        def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:
            raise BurnerError(CUT, "of another task")

    run = Run(OddPlatform(polls=1))
    assert run.create().counts[NameFate.EXISTING] == len(NAMES)
    assert run.confirmed == set(NAMES)


def test_of_many_names_no_more_are_free_than_there_are_devices() -> None:
    many = {f"plug-{number:05}" for number in range(10_001)}
    large = CreatingPlatform(has=many)
    product = ProductOnPlatform(PRODUCT, "", "", None, None, None, None, 10_001, None)
    assert spare_on_platform(large, product, [*many, "other"]) == 10_001
    assert large.calls == {}
    assert spare_on_platform(large, product, ["plug-00000", "deleted"]) == 1
    small = CreatingPlatform(has=set(NAMES), states=IN_USE)
    assert spare_on_platform(small, replace(product, devices=11), NAMES) == len(NAMES) - 4


def test_many_names_are_asked_for_by_a_list_where_that_is_cheaper() -> None:
    small = CreatingPlatform(has=set(NAMES[:3]))
    assert set(present_devices(small, PRODUCT, NAMES)) == set(NAMES[:3])
    assert small.calls == {"device_count": 1, "devices": 1}
    large = CreatingPlatform(has={f"other-{n}" for n in range(2000)} | {NAMES[0]})
    assert set(present_devices(large, PRODUCT, NAMES)) == {NAMES[0]}
    assert large.calls == {"device_count": 1, "device": len(NAMES)}


def test_the_plan_puts_each_name_in_one_place() -> None:
    history = CreationHistory()
    history.apply(ChunkSent(1, ("old", "deleted")))
    history.apply(ChunkSettled(1))
    history.apply(CreationFinished())
    history.apply(ChunkSent(2, ("done", "refused", "absent")))
    history.apply(ChunkSettled(2, refused={"refused": "E803"}, absent=("absent",)))
    history.apply(ChunkSent(3, ("sent",)))
    names = ("old", "done", "refused", "absent", "sent", "recorded", "new")
    plan = precreation_plan(names, history, {"recorded", "done"})
    assert (plan.done, plan.pending) == (("done",), ("sent",))
    assert (plan.ask, plan.send) == (("old", "recorded"), ("refused", "absent", "new"))
    assert precreation_plan(names, history, ()).ask == ("old", "done")


def test_a_journal_that_contradicts_itself_is_refused() -> None:
    history = CreationHistory()
    with pytest.raises(ValueError, match="chunk 1 was not sent"):
        history.apply(ChunkSettled(1))
    history.apply(ChunkSent(1, ("a",)))
    with pytest.raises(ValueError, match="out of order"):
        history.apply(ChunkSent(1, ("a",)))


def run_until_done(run: Run, faults: int) -> None:
    """Run again after each end, as often as there may be faults."""
    for _ in range(faults + 2):
        try:
            run.create()
        except (BurnerError, Killed):
            continue
        return
    raise AssertionError("it never ended")


@given(
    calls=st.lists(st.sampled_from(["", "", "", "cut", "not sent", "kill"]), max_size=40),
    writes=st.lists(st.sampled_from(["", "", "", "kill"]), max_size=20),
    existing=st.sets(st.sampled_from(NAMES)),
    refused=st.sets(st.sampled_from(NAMES), max_size=2),
    polls=st.integers(0, 2),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_cut_and_whenever_it_is_killed_each_name_is_created_once(
    calls: list[str], writes: list[str], existing: set[str], refused: set[str], polls: int
) -> None:
    bad = dict.fromkeys(refused, BurnerError(Code.CLOUD_REQUEST_INVALID))
    platform = CreatingPlatform(existing - refused, bad, Faults(*calls), polls=polls)
    run = Run(platform, JournalInMemory(Faults(*writes)))
    run_until_done(run, len(calls) + len(writes))
    assert run.confirmed == platform.has == set(NAMES) - refused
    assert once(platform, [name for name in NAMES if name not in existing | refused])


@given(
    calls=st.lists(st.sampled_from(["", "", "", "cut", "not sent", "kill"]), max_size=30),
    lag=st.integers(1, 30),
)
@settings(max_examples=60, deadline=None)
def test_a_platform_that_is_late_creates_each_name_once_and_all_are_confirmed(
    calls: list[str], lag: int
) -> None:
    run = Run(CreatingPlatform(fault=Faults(*calls), lag=lag))
    run_until_done(run, len(calls))
    assert run.confirmed == set(NAMES)
    assert once(run.platform)
