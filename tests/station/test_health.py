"""What the doctor asks, over facts."""

from datetime import UTC, datetime

import pytest

from burner.core.errors import BurnerError, Finding
from burner.devices.ports import Holder, Port
from burner.station import health
from burner.station.health import HealthState

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def a_port(latency_ms: int | None = None, *holders: Holder) -> Port:
    return Port("/dev/ttyUSB0", "FT232R", "1-1", "A1", 0x0403, 0x6001, latency_ms, holders)


def check_port(port: Port, can_open: bool = True) -> list[tuple[HealthState, str]]:
    checks = health.port("3", port.device, {port.device: port}, can_open)
    assert all(check.what == "slot 3" for check in checks)
    return [(check.state, check.code) for check in checks]


def test_a_port_that_may_not_be_opened_fails() -> None:
    assert check_port(a_port(), can_open=False) == [(HealthState.FAIL, "E304")]


def test_a_port_that_somebody_holds_fails_with_his_name() -> None:
    held = a_port(None, Holder(4711, "minicom"))
    assert check_port(held) == [(HealthState.FAIL, "E303")]
    (check,) = health.port("3", held.device, {held.device: held}, can_open=True)
    assert "minicom (process 4711)" in check.detail


@pytest.mark.parametrize(
    ("latency_ms", "state"), [(16, HealthState.WARN), (1, HealthState.OK), (None, HealthState.OK)]
)
def test_a_slow_latency_timer_is_a_warning_that_names_its_file(
    latency_ms: int | None, state: HealthState
) -> None:
    port = a_port(latency_ms)
    (check,) = health.port("3", port.device, {port.device: port}, can_open=True)
    assert check.state is state
    assert ("/ttyUSB0/latency_timer" in check.detail) == (state is HealthState.WARN)


def test_a_port_that_is_not_usb_is_fine_when_it_can_be_opened() -> None:
    (check,) = health.port("1", "/dev/ttyS0", {}, can_open=True)
    assert check.state is HealthState.OK


def test_programs_that_take_ports_are_named() -> None:
    assert health.grabbers(["bash", "ModemManager"]).detail == "ModemManager"
    assert health.grabbers(["bash"]).state is HealthState.OK


@pytest.mark.parametrize(
    ("free", "state", "code"),
    [
        (1 << 20, HealthState.FAIL, "E705"),
        (1 << 29, HealthState.WARN, "E329"),
        (1 << 40, HealthState.OK, ""),
    ],
)
def test_a_disk_without_room_fails_before_it_is_full(
    free: int, state: HealthState, code: str
) -> None:
    check = health.disk("disk", free)
    assert (check.state, check.code) == (state, code)


def test_a_clock_before_the_last_record_or_before_burner_is_wrong() -> None:
    assert health.clock(NOW, None).state is HealthState.OK
    assert health.clock(NOW, NOW.replace(hour=7)).state is HealthState.OK
    assert health.clock(NOW, NOW.replace(hour=9)).code == "E328"
    assert health.clock(NOW.replace(year=1970), None).code == "E328"


def test_a_missing_slot_fails() -> None:
    assert health.slots(8, 8).state is HealthState.OK
    assert health.slots(7, 8).code == "E327"


def test_an_error_with_findings_tells_each_of_them() -> None:
    findings = (Finding("E102", "a.yaml:3 id", "x", "y"), Finding("E104", "a.yaml:4 id", "v", "w"))
    check = health.failed("release", BurnerError("E102", "2 errors", findings))
    assert "a.yaml:3" in check.detail
    assert "a.yaml:4" in check.detail
