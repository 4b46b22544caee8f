"""How an attempt ends: its result, from what was seen on the way."""

from datetime import UTC, datetime
from typing import Any

from burner.burn.step_clock import StepClock
from burner.burn.testing.unit_tests import UnitTests
from burner.core.attempt import Outcome, Result, Step
from burner.core.code import Code
from burner.core.errors import BurnerError, Fault
from burner.core.secrets.search import SecretSearch
from burner.devices.device import Device


class AttemptEnd:
    """Gathers what goes on record, and makes the result of it."""

    def __init__(
        self, device: Device, search: SecretSearch, clock: StepClock, tests: UnitTests, baud: int
    ) -> None:
        """Nothing was written yet."""
        self._device, self._search, self._clock, self._tests = device, search, clock, tests
        self.evidence: dict[str, Any] = {"baud": baud}
        """What was seen."""
        self.written = False
        """Whether any of the flash may have been erased or written."""

    def passed(self) -> Result:
        """The unit is good."""
        return self._result(Outcome.PASS)

    def failed(self, error: BurnerError, *, by_person: bool) -> Result:
        """FAIL: the unit is bad. ERROR: the station is bad. ABORTED: a person stopped it."""
        if by_person:
            return self._result(Outcome.ABORTED, Code.STOPPED_BY_OPERATOR, error.detail)
        is_unit = error.row.fault is Fault.UNIT
        return self._result(Outcome.FAIL if is_unit else Outcome.ERROR, error.code, error.detail)

    def _result(self, outcome: Outcome, code: str = "", detail: str = "") -> Result:
        step = self._clock.step
        self._clock.enter(Step.RECORD)
        if self._device.printed_secret:  # the unit is as the release wants it: the release is wrong
            self.evidence["warnings"] = [Code.SECRET_PRINTED]
        return Result(
            outcome=outcome,
            step=step,
            ended=datetime.now(UTC),
            seconds=self._clock.seconds,
            code=code,
            # a detail may quote flash that was read back, which no door has cleaned
            detail=self._search.clean(detail),
            written=self.written,
            timings=self._clock.timings,
            evidence=self.evidence,
            tests=self._tests.results,
        )
