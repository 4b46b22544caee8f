"""The start of one chip from its flash, the application that runs then, and who spoke so far."""

from collections import Counter

from burner.bench.firmware import executed, firmware
from burner.bench.firmware.console import App, BootRecord
from burner.bench.firmware.rom_log import Reset, rom_log
from burner.bench.processor.program import RunningProgram
from burner.bench.silicon.silicon import SimSilicon


class FlashBoot:
    """Starts a chip from its flash.

    A program is executed as soon as it is clear that the chip will start from flash; what it prints
    is put on the wire at the moment of the start. So the computer's time passes within the modelled
    time of the start, also where many chips start at once.
    """

    def __init__(self, silicon: SimSilicon, boot_s: float) -> None:
        self.app: App | None = None
        self._ended = Counter[BootRecord]()
        self._counts_running = False
        self._silicon, self._boot_s = silicon, boot_s
        self._ran_ahead: RunningProgram | executed.NotExecuted | None = None
        self._reset_ended = 0.0

    @property
    def record(self) -> BootRecord | None:
        """Who speaks; None while nothing runs."""
        return self.app.record if self.app else None

    @property
    def counts(self) -> Counter[BootRecord]:
        """How often who spoke after a start from a burned flash; of what runs still, as of now."""
        running = [self.app.record] if self.app and self._counts_running else []
        return self._ended + Counter(running)

    def clear(self, *, starts: bool = False) -> None:
        """The chip is reset, or has lost its power.

        `starts`: it starts from flash now, with what was run ahead.
        """
        if self.app:
            self._ended = self.counts
            self.app.end()
        self.app = None
        if not starts:
            self._end_ahead()

    def _end_ahead(self) -> None:
        if isinstance(self._ran_ahead, RunningProgram):
            self._ran_ahead.end()
        self._ran_ahead = None

    def run_ahead(self) -> None:
        """Execute the program; it is not seen before `start`."""
        self._end_ahead()
        self._ran_ahead = self._execute()

    def _execute(self) -> RunningProgram | executed.NotExecuted:
        firmware.apply_stale_key(self._silicon)
        return executed.run(self._silicon, self._boot_s)

    def start(self, reset: Reset, now: float, *, download: bool) -> App:
        """The application, from `now` on."""
        ran, self._ran_ahead = self._ran_ahead or self._execute(), None
        if isinstance(ran, RunningProgram):
            log = rom_log(self._silicon, reset, download=download)
            self.app = executed.ExecutedApp(log, ran)
        else:
            self.app = firmware.start(self._silicon, reset, why=ran.reason, download=download)
        self._reset_ended = now - self._boot_s
        self._counts_running = self._silicon.is_burned
        return self.app

    def receive(self, data: bytes, now: float) -> tuple[bytes, float]:
        """The application's answer to bytes that have come at `now`, and when it is sent."""
        if self.app is None:
            return b"", now
        answer = self.app.receive(data, now - self._reset_ended)
        return answer, max(now, self._reset_ended + self.app.answers_at_s)
