"""Tests that go wrong in every way, through the real burn, and what is left behind afterwards."""

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.burn.testing.equipment import TestEquipment
from burner.burn.testing.factory_programs import FactoryPrograms
from burner.burn.testing.resources import Resources
from burner.core.attempt import Outcome, Record
from burner.core.code import Code
from burner.core.errors import Fault, lookup
from burner.core.unit_events import Finished
from burner.manifest.writing.ledger import Ledger
from burner.profile.tests import UnitTest
from burner.release.release import Release
from tests.burn.one_slot import SECRET, boot_lines
from tests.burn.testing.programs import unit_test
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.programs import fixture_package

PLAIN = SECRET.reveal().decode()
HANGS_S = 0.1
TESTS_OF_A_UNIT = 5
SLOTS = ("1", "2", "3")
GOOD_SLOT = "good"
"""The slot whose tests all pass, while those of the others go wrong."""


@dataclass(frozen=True)
class Wrong:
    """One way to go wrong, and the code that it must have; empty: it passes all the same."""

    code: str
    script: str = ""
    function: str = ""
    hangs: bool = False

    def test(self, name: str) -> UnitTest:
        kind = {"python": self.function} if self.function else {"run": ("sh", "-c", self.script)}
        deadline_s = HANGS_S if self.hangs else 120.0
        return unit_test(name, **kind, before="write", go_on=True, deadline_s=deadline_s)


def _said(text: str) -> str:
    return f"printf '%s' '{text}'"


def _function(name: str, code: str, *, hangs: bool = False) -> Wrong:
    return Wrong(code, function=name, hangs=hangs)


GOOD: Mapping[str, Wrong] = {
    "says nothing": Wrong("", "exit 0"),
    "measures": Wrong("", _said('{"measurements": {"tx": 12.30}}')),
    "does not read": Wrong("", "exec <&-; " + _said("{}")),
    "function measures": _function("measures", ""),
    "function returns nothing": _function("nothing", ""),
}
LEAVES = "setsid sh -c 'trap \"\" TERM HUP INT; sleep 600; sleep 600'"
WAYS: Mapping[str, Wrong] = {
    **GOOD,
    "fails": Wrong(Code.TEST_PROGRAM_FAILED_UNIT, "echo no carrier >&2; exit 1"),
    "reports": Wrong(Code.TEST_PROGRAM_REPORTED_ERROR, "exit 9"),
    "crashes": Wrong(
        Code.TEST_PROGRAM_REPORTED_ERROR, "echo 'Traceback (most recent call last):' >&2; exit 1"
    ),
    "hangs": Wrong(Code.TEST_TOO_SLOW, "trap '' TERM INT HUP; sleep 600", hangs=True),
    "closes and hangs": Wrong(Code.TEST_TOO_SLOW, "exec >&- 2>&-; sleep 600", hangs=True),
    "floods": Wrong(Code.TEST_OUTPUT_TOO_LARGE, "yes"),
    "floods errors": Wrong(Code.TEST_TOO_SLOW, "yes >&2", hangs=True),
    "10 MB": Wrong(Code.TEST_OUTPUT_TOO_LARGE, "head -c 10000000 /dev/zero"),
    "10 MB of errors": Wrong("", "head -c 10000000 /dev/zero >&2"),
    "is killed": Wrong(Code.TEST_PROGRAM_DIED, "kill -9 $$"),
    "dies": Wrong(Code.TEST_PROGRAM_DIED, "kill -SEGV $$"),
    "garbage": Wrong(Code.TEST_ANSWER_INVALID, "echo TX 12 dBm"),
    "bytes": Wrong(Code.TEST_ANSWER_INVALID, r"printf '\377\376{}'"),
    "NaN": Wrong(Code.TEST_ANSWER_INVALID, _said('{"measurements": {"tx": NaN}}')),
    "Infinity": Wrong(Code.TEST_ANSWER_INVALID, _said('{"measurements": {"tx": -Infinity}}')),
    "twice": Wrong(Code.TEST_ANSWER_INVALID, _said('{"measurements": {"a": 1, "a": 2}}')),
    "half": Wrong(Code.TEST_ANSWER_INVALID, _said('{"measurements": {"a": 1')),
    "contradicts": Wrong(Code.TEST_ANSWER_INVALID, _said('{"outcome": "pass"}') + "; exit 1"),
    "prints the secret": Wrong(Code.TEST_PRINTED_SECRET, f"echo {PLAIN}"),
    "answers the secret": Wrong(
        Code.TEST_PRINTED_SECRET, _said(f'{{"measurements": {{"key": "{PLAIN}"}}}}')
    ),
    "hex of the secret": Wrong(
        Code.TEST_PRINTED_SECRET, f"echo {PLAIN.encode().hex(':')} >&2; exit 1"
    ),
    "leaves a process": Wrong("", f"{LEAVES} & exit 0"),
    "leaves a process and hangs": Wrong(
        Code.TEST_TOO_SLOW, f"{LEAVES} & {LEAVES} & trap '' TERM; sleep 600", hangs=True
    ),
    "leaves what holds its pipes": Wrong("", "sleep 600 & sleep 600 & exit 0"),
    "kills its guard": Wrong(Code.PROGRAM_GUARD_FAILED, "kill -9 $PPID; sleep 600"),
    "function hangs": _function("hangs", Code.TEST_TOO_SLOW, hangs=True),
    "function floods": _function("floods", Code.TEST_TOO_SLOW, hangs=True),
    "function floods its answer": _function("floods-with-its-answer", Code.TEST_OUTPUT_TOO_LARGE),
    "function raises": _function("raises", Code.TEST_FUNCTION_RAISED),
    "function raises the secret": _function("raises-the-secret", Code.TEST_PRINTED_SECRET),
    "function exits": _function("exits", Code.TEST_FUNCTION_RAISED),
    "function dies": _function("dies", Code.TEST_PROGRAM_DIED),
    "function forks": _function("forks", Code.TEST_PROGRAM_FAILED_UNIT),
    "function starts many": _function("starts-many", ""),
    "function answers a list": _function("answers-a-list", Code.TEST_ANSWER_INVALID),
    "function answers NaN": _function("answers-nan", Code.TEST_ANSWER_INVALID),
    "function prints the secret": _function("prints-the-secret", Code.TEST_PRINTED_SECRET),
    "function prints the secret and raises": _function(
        "prints-the-secret-and-raises", Code.TEST_PRINTED_SECRET
    ),
    "function writes anywhere": _function("writes-where-the-answer-goes", Code.TEST_ANSWER_INVALID),
    "function is unknown": _function("no-such-function", Code.TEST_FUNCTION_UNKNOWN),
    "function cannot be imported": _function("broken", Code.TEST_FUNCTION_RAISED),
}


@dataclass
class Campaign:
    """Units in several slots at once, each with tests that go wrong."""

    release: Release
    ledger: Ledger
    folder: Path
    wrong: list[str] = field(default_factory=list)
    """What was not as it must be."""
    ran: Counter[str] = field(default_factory=Counter)
    """Tests that ran, by the way in which they went wrong."""
    good_units: int = 0
    """That passed in the slot beside."""

    def run(self, tests: int, seed: int) -> None:
        """Run so many tests in `SLOTS`, and for each twenty a good unit beside them."""
        fixture_package.install(self.folder, PLAIN)
        plans = {slot: [*self._plan(slot, tests // len(SLOTS) + 1, seed)] for slot in SLOTS}
        with closing(FactoryPrograms(self.release.search, self.folder)) as programs:
            equipment = TestEquipment(Resources(), programs)
            self.job = Job(self.release, "station-1", "li", "", {}, equipment)
            slots = [
                threading.Thread(target=self._guarded, args=(slot, plans[slot])) for slot in SLOTS
            ]
            for thread in slots:
                thread.start()
            for number in range(1, tests // 20 + 1):
                record = self._burn(GOOD_SLOT, number, ("measures", "function measures"))
                self.good_units += record.result.outcome is Outcome.PASS
            for thread in slots:
                thread.join()

    def _plan(self, slot: str, tests: int, seed: int) -> Iterator[tuple[str, ...]]:
        """For each unit its tests; every way comes up before one comes again."""
        random_ways = random.Random(f"{seed} {slot}")
        deck: list[str] = []
        while tests > 0:
            if len(deck) < TESTS_OF_A_UNIT:
                more = [*WAYS]
                random_ways.shuffle(more)
                deck += more
            yield tuple(deck[:TESTS_OF_A_UNIT])
            del deck[:TESTS_OF_A_UNIT]
            tests -= TESTS_OF_A_UNIT

    def _guarded(self, slot: str, units: list[tuple[str, ...]]) -> None:
        try:
            for number, ways in enumerate(units, 1):
                self._check(slot, ways, self._burn(slot, number, ways))
        except BaseException as error:
            self.wrong.append(f"slot {slot}: {error!r}")

    def _burn(self, slot: str, number: int, ways: tuple[str, ...]) -> Record:
        tests = tuple(WAYS[way].test(f"t{n}") for n, way in enumerate(ways))
        profile = self.release.profile.model_copy(update={"tests": tests})
        job = replace(self.job, release=replace(self.release, profile=profile))
        place = (*SLOTS, GOOD_SLOT).index(slot)
        mac = f"60:55:f9:{place:02x}:{number >> 8:02x}:{number & 255:02x}"
        name = mac.replace(":", "").upper()
        board = FakeBoard(mac=mac, prints=boot_lines(name))
        *_, last = burn(job, FakeDevice(board), self.ledger, AttemptRequest(slot, 921600))
        assert isinstance(last, Finished)
        return last.record

    def _check(self, slot: str, ways: tuple[str, ...], record: Record) -> None:
        """Each test has its code, and the unit that of the first that failed, if one did."""
        results = record.result.tests
        for way, result in zip(ways, results, strict=True):
            self.ran[way] += 1
            if result.code != WAYS[way].code:
                what = f"{result.code or 'a pass'} ({result.detail})"
                self.wrong.append(f"slot {slot}: {way} is {what}, not {WAYS[way].code or 'a pass'}")
        codes = [result.code for result in results if result.code]
        failed = [code for code in codes if lookup(code).fault is Fault.UNIT]
        code, is_unit = next(iter([*failed, *codes]), ""), bool(failed)
        bad = Outcome.FAIL if is_unit else Outcome.ERROR
        expected = (bad if code else Outcome.PASS, code)
        if (record.result.outcome, record.result.code) != expected:
            self.wrong.append(f"slot {slot}: {ways}: {record.result.code} {expected}")


def processes_in(folder: Path) -> list[int]:
    """The processes whose working folder this is: what tests have started, and its children."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if place.readlink() == folder.resolve():
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


def open_pipes() -> int:
    """Descriptors of this process that are pipes or sockets."""
    count = 0
    for place in Path("/proc/self/fd").iterdir():
        try:
            count += str(place.readlink()).startswith(("pipe:", "socket:"))
        except OSError:
            continue
    return count


AVAILABLE = sys.platform == "linux"
