"""Names are created exactly once through the real SDK, whatever happens to its calls."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from burner.cloud.gateway.registered_devices import CreationOutcome, ListedName
from burner.cloud.management.calls import CallLimits
from burner.cloud.patience import Patience
from burner.cloud.precreation_journal import CreationTarget, open_journal
from burner.cloud.precreation_run import NameFate, Precreation, PrecreationResult
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from tests.cloud.creating_platform import Killed
from tests.cloud.gateway.products import PRODUCT_ID
from tests.cloud.management.alibaba_api import PRODUCT_KEY, alibaba_api, alibaba_product
from tests.cloud.management.faulty_api import (
    THROTTLED,
    CountedDevices,
    Fault,
    counted_product,
    faulty_api,
)
from tests.cloud.management.local_api import LocalApi
from tests.cloud.management.opened import opened

TARGET = CreationTarget(Cloud.TENCENT_HUB, PRODUCT_ID)
QUICK = CallLimits(per_second=10_000)
CREATE, TASK = "CreateMultiDevice", "DescribeMultiDevTask"


@dataclass
class Creation:
    """A platform with some names, one of which it refuses, and the names to create there."""

    folder: Path
    api: LocalApi
    devices: CountedDevices
    names: tuple[str, ...]
    existing: frozenset[str]
    refused: frozenset[str]
    cloud: Cloud
    fates: Counter[NameFate] = field(default_factory=Counter)

    def run(
        self, pause: Callable[[float], None] = lambda _seconds: None, stop_after: int = 10**9
    ) -> PrecreationResult:
        api = opened(self.api.url, self.cloud, limits=QUICK)
        patience = Patience(pause=pause)

        def stop() -> bool:
            return len(self.devices.created) >= stop_after

        with open_journal(self.folder / "names.jsonl", TARGET) as journal:
            work = Precreation(*(api, PRODUCT_ID, journal), burned=(), stop=stop, patience=patience)
            return work.run(self.names, frozenset(), self.on_fate)

    def on_fate(self, names: Sequence[str], fate: NameFate) -> None:
        """Count what became of names."""
        self.fates[fate] += len(names)

    @property
    def sent(self) -> int:
        return self.api.actions.count(CREATE)

    def check(self) -> None:
        """Each name is there, and was created once at the most."""
        wanted = set(self.names) - self.refused
        assert {device.name for device in self.devices.page(0, 10_000)[1]} == wanted
        assert dict(self.devices.created) == dict.fromkeys(wanted - self.existing, 1)


@contextmanager
def creation(
    folder: Path,
    count: int,
    faults: Mapping[tuple[str, int], Fault | str],
    polls: int = 0,
    cloud: Cloud = Cloud.TENCENT_HUB,
) -> Iterator[Creation]:
    names = tuple(f"plug-{number:04}" for number in range(count))
    of_hub = cloud is Cloud.TENCENT_HUB  # elsewhere what is refused so ends the run
    refused = frozenset({names[count // 3]} if of_hub else ())
    existing = frozenset(names[7::97]) - refused
    outcomes = dict.fromkeys(refused, CreationOutcome.TOO_MANY)
    devices = CountedDevices(names=existing, refused=outcomes)
    product = counted_product(devices, cloud=cloud)
    with faulty_api(product, faults=faults, task_polls=polls) as api:
        yield Creation(folder, api, devices, names, existing, refused, cloud)


def run_until_done(creation: Creation, *, kill_at: tuple[int, ...] = ()) -> int:
    """Run again after each end; how many runs it took. The process is killed at some pauses."""
    pauses = 0

    def pause(_seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses in kill_at:
            raise Killed

    for number in range(1, 30):
        try:
            if not creation.run(pause).stopped:
                return number
        except (BurnerError, Killed):
            continue
    raise AssertionError("it never ended")


def test_a_stopped_run_is_gone_on_with(tmp_path: Path) -> None:
    with creation(tmp_path, 230, {}) as work:
        assert work.run(stop_after=1).stopped
        sent = work.sent
        assert not work.run().stopped
        assert (sent, work.sent) == (1, 3)
        work.check()


def test_2350_names_are_created_once_over_cuts_throttling_existing_names_and_kills(
    tmp_path: Path,
) -> None:
    kinds: list[Fault | str] = [
        *(Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.HALF_ANSWER, Fault.BROKEN_JSON, THROTTLED),
        *(Fault.HTML, Fault.EMPTY, Fault.STATUS_500, Fault.STATUS_502, "InternalError"),
    ]
    faults: dict[tuple[str, int], Fault | str] = {}
    for number, fault in enumerate(kinds):
        faults |= {(CREATE, 2 + 3 * number): fault, (TASK, 3 + 5 * number): fault}
        faults |= {("DescribeDevices", 2 + 4 * number): fault}
    with creation(tmp_path, 2350, faults, polls=2) as work:
        assert run_until_done(work, kill_at=(4, 9, 21, 40, 60)) >= 6
        work.check()
        sent = work.sent
        result = work.run()
        assert (len(result.refused), result.counts[NameFate.EXISTING]) == (1, 2349)
        assert work.sent == sent + 1  # the refused one, again
        work.check()


def test_names_are_created_once_where_each_is_a_call_of_its_own(tmp_path: Path) -> None:
    one = "CreateDevice"
    faults: dict[tuple[str, int], Fault | str] = {
        (one, 4): Fault.CUT_AFTER,
        (one, 15): Fault.CUT_BEFORE,
        (one, 16): THROTTLED,
        (one, 30): Fault.STATUS_500,
    }
    with creation(tmp_path, 45, faults, cloud=Cloud.TENCENT_EXPLORER) as work:
        assert run_until_done(work, kill_at=(2,)) >= 2
        work.check()


def test_names_before_an_error_count_as_created_where_each_is_a_call_of_its_own(
    tmp_path: Path,
) -> None:
    none_left = {("CreateDevice", 6): "LimitExceeded.DeviceLicenseLimitExceeded"}
    with creation(tmp_path, 8, none_left, cloud=Cloud.TENCENT_EXPLORER) as work:
        with pytest.raises(BurnerError, match="E814"):
            work.run()
        assert work.existing == {"plug-0007"}  # asked for after the error
        assert work.fates == {NameFate.CREATED: 5, NameFate.EXISTING: 1}


def test_alibaba_creates_names_once_too(tmp_path: Path) -> None:
    names = tuple(f"plug-{number:04}" for number in range(120))
    fates: dict[NameFate, list[str]] = {fate: [] for fate in NameFate}
    target = CreationTarget(Cloud.ALIBABA, PRODUCT_KEY)
    served = alibaba_product({names[3]: ListedName(), names[110]: ListedName()})
    with alibaba_api(served, task_polls=1) as api:
        for _ in range(2):
            with open_journal(tmp_path / "names.jsonl", target) as journal:
                work = Precreation(
                    api.opened(),
                    PRODUCT_KEY,
                    journal,
                    burned=(),
                    stop=lambda: False,
                    patience=Patience(pause=lambda _seconds: None),
                )
                work.run(names, frozenset(), lambda some, fate: fates[fate].extend(some))
        assert api.actions.count("BatchRegisterDeviceWithApplyId") == 1
    assert len(fates[NameFate.CREATED]) == 118
    assert set(fates[NameFate.EXISTING]) == set(names)
    assert fates[NameFate.REFUSED] == []
