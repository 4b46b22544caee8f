"""Time that passes when somebody sleeps, and a little whenever somebody looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import esp_pylib.serial_reset
import esptool.cmds
import esptool.loader
import esptool.reset

from burner.devices import esp
from burner.devices.esp_worker import listening, reading, worker
from tests.bench import sim_serial

_LOOK_S = 1e-6
_SLEEPERS: tuple[Any, ...] = (
    esp_pylib.serial_reset,
    esptool.cmds,
    esptool.loader,
    esptool.reset,
    esp,
    listening,
    reading,
    worker,
    sim_serial,
)
"""The modules between a burn and a chip that sleep, or look at the time."""


class Clock:
    """In place of the module `time`, as far as those modules use it."""

    def __init__(self) -> None:
        self._now = 1000.0

    def monotonic(self) -> float:
        self._now += _LOOK_S
        return self._now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        self._now += max(seconds, 0.0)


@contextmanager
def virtual_time() -> Iterator[Clock]:
    """For this process, until the end of the block."""
    clock = Clock()
    usual = [module.time for module in _SLEEPERS]
    for module in _SLEEPERS:
        module.time = clock
    try:
        yield clock
    finally:
        for module, time in zip(_SLEEPERS, usual, strict=True):
            module.time = time
