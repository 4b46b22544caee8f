"""A batch whose release has tests: no unit passes without them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.core.measurements import Measurement, TestOutcome, TestResult, TestTry
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.evidence_rows import evidence_rows
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_release
from tests.burn.one_slot import PASSED, Line, boot_lines, ended
from tests.burn.testing.programs import ScriptedPrograms, values, with_programs
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import write_product
from tests.manifest.records import Ticking, a_result, an_attempt, flaws, open_batch

POWER = {"name": "tx_power", "unit": "dBm", "low": "10", "high": "14.0"}
RF = {"name": "rf", "run": ["rf.py"], "measurements": [POWER]}
GOOD = Measurement("tx_power", "12.30", "dBm", "10", "14.0")
PASSED_RF = TestResult("rf", "run", TestOutcome.PASS, measurements=(GOOD,))


def index_with(**sections: object) -> Mapping[str, Any]:
    product = {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"}
    return {"profile": {"product": product, **sections}, "parts": []}


def open_with(ledger: Ledger, **sections: object) -> str:
    index = index_with(**sections)
    open_batch(ledger, index=canonical(index).decode(), release_digest=digest(index))
    return digest(index)


def end(
    ledger: Ledger, release: str, unit: int, *tests: TestResult, outcome: Outcome = Outcome.PASS
) -> None:
    attempt = an_attempt(unit, batch="WO1", release_digest=release)
    ledger.begin(attempt)
    ledger.finish(attempt, a_result(outcome, tests=tests))


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", Ticking()) as opened:
        yield opened


def test_a_unit_passes_with_its_tests_and_fails_without(ledger: Ledger) -> None:
    release = open_with(ledger, tests=[RF])
    more = replace(PASSED_RF, measurements=(GOOD, Measurement("temperature", "25")))
    end(ledger, release, 1, more, TestResult("other", "run", TestOutcome.FAIL))
    end(ledger, release, 2, outcome=Outcome.FAIL)
    assert len(batch_status(ledger.reader, "WO1").passed) == 1
    assert flaws(ledger.reader) == []


def test_only_the_last_try_of_a_test_must_be_good(ledger: Ledger) -> None:
    release = open_with(ledger, tests=[RF])
    bad = TestTry(1, TestOutcome.FAIL, "E655", measurements=(replace(GOOD, value="9", good=False),))
    end(ledger, release, 1, replace(PASSED_RF, tries=2, earlier=(bad,)))
    good = replace(bad, outcome=TestOutcome.PASS, measurements=(GOOD,))
    failed = replace(PASSED_RF, outcome=TestOutcome.FAIL, tries=2, earlier=(good,))
    with pytest.raises(BurnerError, match="E714"):
        end(ledger, release, 2, failed)
    assert len(batch_status(ledger.reader, "WO1").passed) == 1
    assert flaws(ledger.reader) == []


def with_value(**changes: Any) -> TestResult:
    return replace(PASSED_RF, measurements=(replace(GOOD, **changes),))


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ((), "0 results"),
        ((PASSED_RF, replace(PASSED_RF, outcome=TestOutcome.FAIL)), "2 results"),
        ((replace(PASSED_RF, outcome=TestOutcome.FAIL),), "its outcome is fail"),
        ((replace(PASSED_RF, outcome=TestOutcome.NOT_RUN),), "its outcome is not-run"),
        ((replace(PASSED_RF, measurements=()),), "tx_power has 0 values"),
        ((replace(PASSED_RF, measurements=(GOOD, GOOD)),), "tx_power has 2 values"),
        ((with_value(high="15"),), "tx_power was compared with other limits"),
        ((with_value(low=""),), "tx_power was compared with other limits"),
        ((with_value(value="14.00000000000000000001"),), "tx_power is not good"),
        ((with_value(value="NaN"),), "tx_power is not good"),
        ((with_value(good=False),), "tx_power is not good"),
    ],
)
def test_no_unit_passes_without_every_test_with_good_values(
    ledger: Ledger, tests: tuple[TestResult, ...], why: str
) -> None:
    release = open_with(ledger, tests=[RF])
    with pytest.raises(BurnerError) as refused:
        end(ledger, release, 3, *tests)
    assert refused.value.code == "E714"
    assert refused.value.detail.endswith(f"passed without its test rf: {why}")


def test_an_attempt_that_another_one_has_superseded_does_not_pass_without_its_tests_either(
    ledger: Ledger, path: Path
) -> None:
    release = open_with(ledger, tests=[RF], boot={"challenge": True})
    old = an_attempt(1, batch="WO1", release_digest=release)
    ledger.begin(old)
    with Ledger.open(path, "line2", Ticking()) as other:
        other.begin(an_attempt(1, batch="WO1", release_digest=release, station="line2"))
    answered = {"challenge": "answered", "challenge_version": 1}
    for tests, evidence in (((), answered), ((PASSED_RF,), {})):
        with pytest.raises(BurnerError) as refused:
            ledger.finish(old, a_result(tests=tests, evidence=evidence))
        assert refused.value.code == "E714"
    ledger.finish(old, a_result(tests=(PASSED_RF,), evidence=answered))
    assert flaws(ledger.reader) == []


def test_the_tests_of_a_route_are_owed_too(ledger: Ledger) -> None:
    release = open_with(ledger, route={"images": [], "tests": [RF]})
    end(ledger, release, 1, PASSED_RF)
    with pytest.raises(BurnerError):
        end(ledger, release, 2)


@pytest.mark.parametrize(
    "sections",
    [
        {"tests": [{"run": ["x"]}]},
        {"tests": "rf"},
        {"tests": [{"name": "rf", "measurements": [{"name": "c", "pattern": "("}]}]},
        {"route": ["rf"]},
    ],
)
def test_an_index_with_tests_that_are_none_opens_no_batch(
    ledger: Ledger, sections: Mapping[str, object]
) -> None:
    with pytest.raises(BurnerError) as refused:
        open_with(ledger, **sections)
    assert refused.value.code == "E714"


def test_what_the_station_measures_is_what_the_index_asks_for(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Limits as YAML writes them, through profile, index, record and fold."""
    limits = '{name: tx_power, unit: dBm, low: 1e1, high: "14.0"}, {name: x, low: 0.10}'
    more = "{name: v, pattern: '[0-9.]+'}, {name: color, text: RED}"
    tests = f'[{{name: rf, run: ["{{python}}", rf.py], measurements: [{limits}, {more}]}}]'
    release = open_release(write_product(tmp_path, tests=tests))
    line = Line(release, ledger)
    programs = ScriptedPrograms(rf=values(tx_power="14.00", x="0.1", v="1.2", color="RED"))
    line.job = replace(with_programs(line.job, programs), batch="WO1", station="line1")
    open_batch(
        ledger,
        index=canonical(release.index).decode(),
        release_digest=release.digest,
        key=release.key_fingerprint,
        profile=release.profile.title,
        product_id=release.profile.product.id,
    )
    record = line.burn(FakeDevice(FakeBoard(prints=boot_lines())))
    assert ended(record) == PASSED
    assert flaws(ledger.reader) == []


def test_the_evidence_of_a_batch_says_which_tests_every_good_unit_has_passed(
    ledger: Ledger,
) -> None:
    open_with(ledger, tests=[RF, {"name": "led"}])
    evidence = release_evidence(ledger.reader, "WO1")
    assert evidence.tests == ("led", "rf")
    said = "no unit passes without each of them, with good values: led, rf"
    assert ("tests", said) in [*evidence_rows(evidence)]
