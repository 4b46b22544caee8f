"""The campaign itself: units come in, something goes wrong, and everything is compared."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from burner.bench.unit.unit_spec import FaultKind, UnitSpec, mac_for
from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.core.attempt import Outcome, Step
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.core.silicon import Mac
from burner.core.unit_events import Event, Finished, StepStarted
from burner.devices.segment_cache import SegmentCache
from burner.manifest.verify.database import verify
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.station.slots import retry
from tests.campaign import accidents, check, products, units
from tests.campaign.accidents import Accident, Killed
from tests.campaign.check import BurnObservation
from tests.campaign.clock import Clock
from tests.campaign.products import CampaignRelease, Product
from tests.campaign.slot import InlineEsp, InlineLog, Socket, WatchedChip
from tests.campaign.units import Unit
from tests.images import PRODUCT_ID
from tests.secret_shapes import leaks

POOL = 16
"""Units that come back; others are seen no more."""
SETTLED_S = 1.0
"""A unit that was plugged in has started by then."""
DEFECTS = frozenset({FaultKind.WRONG_CHIP, FaultKind.FLASH_SIZE, FaultKind.BLANK_MAC})
"""Another part sits on the board: it has a flash of its own."""


class DiffersError(AssertionError):
    """A unit is not what its record says."""


@dataclass
class Tally:
    """What became of the burns."""

    faulty: int = 0
    """Burns with an accident, or of a unit that was not simply as burner left it."""
    clean: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    by_cause: dict[str, Counter[str]] = field(default_factory=dict)
    """Accident, or what had become of the unit → outcome → burns."""

    def count(self, causes: list[str], outcome: str) -> None:
        self.faulty += bool(causes)
        self.clean += not causes
        self.outcomes[outcome] += 1
        for cause in causes:
            self.by_cause.setdefault(cause, Counter())[outcome] += 1

    def add(self, other: "Tally") -> None:
        """Take in what another campaign counted."""
        self.faulty += other.faulty
        self.clean += other.clean
        self.outcomes += other.outcomes
        for cause, outcomes in other.by_cause.items():
            self.by_cause.setdefault(cause, Counter()).update(outcomes)

    def __str__(self) -> str:
        """Two tables: by outcome, and by cause."""
        lines = [f"{self.faulty} faulty burns, {self.clean} others", "", _row(self.outcomes), ""]
        for cause, outcomes in sorted(self.by_cause.items()):
            lines.append(f"{cause:<40} {outcomes.total():>6}  {_row(outcomes)}")
        return "\n".join(lines)


@dataclass
class Campaign:
    """One station, one product in three releases, one manifest."""

    folder: Path
    product: Product
    seed: int
    clock: Clock
    socket: Socket
    log: InlineLog
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.product.variant} {self.seed}")
        self.search = SecretSearch(*(Secret(key.encode()) for key in _KEYS))
        self.segment_cache = SegmentCache()
        self.pool: list[Unit] = []
        self.made = 0
        self.recorded = 0
        self.ledger = self._open()
        self.device = self._device()

    def run(self, burns: int) -> Tally:
        """Go on until so many faulty burns were made and compared.

        Raises:
            DiffersError: with the story of the unit.
        """
        while self.tally.faulty < burns:
            self._one_unit()
        self._whole_manifest()
        self.ledger.close()
        self._no_secret()
        return self.tally

    # -- one unit in the slot ----------------------------------------------------------------------

    def _one_unit(self) -> None:
        unit = self._some_unit()
        changed = units.between_burns(self.rng, unit, self.product) if unit.story else ""
        causes = [f"unit {changed}"] if changed else []
        self._correction(unit)
        made = self.rng.choices(self.product.releases, (8, 2, 1))[0]
        drawn = [self._accident() for _ in range(self.rng.choice((0, 1, 1, 1, 2)))]
        causes += [accident.kind.value for accident in drawn]
        rework = "repaired" if self.rng.random() < 0.08 else ""
        spec = accidents.faulty_unit(unit.spec, drawn, self.rng)
        if not DEFECTS.isdisjoint(accident.kind for accident in drawn):
            spec = replace(spec, flash_file=None)
        chip = self.socket.plug(spec, self.clock.monotonic())
        text = f"{made.version} {made.region}; rework {rework!r}; {', '.join(map(str, drawn))}"
        unit.story.append(f"burn {self.seed}/{self.tally.faulty}: {text}")
        try:
            self._tries(unit, chip, made, drawn, causes, rework)
        finally:
            self.socket.unplug()

    def _tries(
        self,
        unit: Unit,
        chip: WatchedChip,
        made: CampaignRelease,
        drawn: list[Accident],
        causes: list[str],
        rework: str,
    ) -> None:
        """As `station.slot` tries a board again, with everything compared after each."""
        baud, number = 921_600, 1
        while True:
            request = AttemptRequest("1", baud, number, rework=rework)
            finished = self._one_burn(unit, chip, made, drawn, causes, request)
            if finished is None or finished.record.result.outcome in _ENDS:
                return
            code = finished.record.result.code
            if not retry.again(code, number):
                return
            baud, number = retry.next_baud(code, baud), number + 1

    def _one_burn(
        self,
        unit: Unit,
        chip: WatchedChip,
        made: CampaignRelease,
        drawn: list[Accident],
        causes: list[str],
        request: AttemptRequest,
    ) -> Finished | None:
        """One attempt, compared; None where the station was killed in it."""
        self._settle(chip)
        before, at_product_before, stopped = chip.whole, chip.at_product, list[bool]()
        chip.history.clear()
        job = Job(made.release, "campaign", "li", "", {"burner": "campaign"})
        self.socket.interrupt = accidents.interruption(drawn, lambda: stopped.append(True))
        events: list[Event] = []
        try:
            events.extend(
                burn(job, self.device, self.ledger, request, aborted=lambda: bool(stopped))
            )
        except Killed:
            self._killed(unit, str(chip.unit.mac), events, causes)
            return None
        self.socket.interrupt = lambda _: None
        self.device.close()
        finished = events[-1]
        assert isinstance(finished, Finished)
        self._settle(chip)
        next_starts = tuple(self._starts(chip, unit))
        seen = BurnObservation(
            before, tuple(chip.history), chip.whole, next_starts, at_product_before, chip.at_product
        )
        self._compare(unit, made, finished, seen, events)
        self.tally.count(causes, _summary(finished))
        self.recorded += not finished.known
        return finished

    def _compare(
        self,
        unit: Unit,
        made: CampaignRelease,
        finished: Finished,
        seen: BurnObservation,
        events: list[Event],
    ) -> None:
        record = finished.record
        unit.story.append(f"try {record.attempt.try_number}: {_summary(finished)}")
        wrong: list[str] = []
        if finished.known:
            wrong += check.known(record, made, self.product, seen)
        elif record.result.outcome is Outcome.PASS:
            wrong += check.passed(record, made, self.product, seen)
        elif not record.result.written:
            wrong += check.not_written(self.product, seen)
        text = repr(events).encode()
        wrong += [f"the secret is in its events: {shape}" for shape in _leaks(text)]
        self._insist(wrong, unit)

    def _insist(self, wrong: list[str], unit: Unit) -> None:
        """Nothing is wrong; else the unit's story is told, and how to see it again."""
        if wrong:
            lines = [f"{unit.spec.mac}", *unit.story, *(f"WRONG: {fault}" for fault in wrong)]
            raise DiffersError("\n  ".join([*lines, self._again]))

    @property
    def _again(self) -> str:
        where = f"--variant {self.product.variant} --seed {self.seed}"
        return f"again: python -m tests.campaign {where} --burns {self.tally.faulty + 1}"

    # -- the station -------------------------------------------------------------------------------

    def _open(self) -> Ledger:
        return Ledger.open(self.folder / "manifest.db", "campaign", simulated=True)

    def _device(self) -> InlineEsp:
        log_path = self.folder / "logs" / "slot-1.log"
        return InlineEsp(log_path, self.segment_cache, self.search, self.log)

    def _killed(self, unit: Unit, unit_id: str, events: list[Event], causes: list[str]) -> None:
        """Start the station again, as somebody would. What had begun must show as open."""
        self.socket.interrupt = lambda _: None
        self.ledger.close()
        self.ledger, self.device = self._open(), self._device()
        begun = StepStarted("1", Step.WRITE) in events
        self.recorded += begun
        unit.story.append("killed" + " after its intent" * begun)
        history = self.ledger.unit(unit_id, PRODUCT_ID)
        self._insist(["no OPEN attempt"] if begun and history.open is None else [], unit)
        self.tally.count(causes, "OPEN" if begun else "killed before it began")

    def _correction(self, unit: Unit) -> None:
        """Sometimes somebody at the desk says a word on the unit."""
        if self.rng.random() > 0.06:
            return
        what = self.rng.choice(list(CorrectionKind))
        unit_id = str(_mac(unit))
        if self.ledger.unit(unit_id, PRODUCT_ID).last is None:
            return
        unit.story.append(f"desk: {what.value}")
        facts = {"product_id": PRODUCT_ID, "operator": "anna", "reason": "a look"}
        correct(self.ledger, what, unit_id, **facts)

    # -- the units ---------------------------------------------------------------------------------

    def _some_unit(self) -> Unit:
        if self.pool and self.rng.random() < 0.75:
            return self.rng.choice(self.pool)
        if len(self.pool) >= POOL:
            self.pool.pop(self.rng.randrange(POOL)).throw_away()
        mac = mac_for(self.seed, self.made, self.product.variant.chip)
        self.made += 1
        spec = UnitSpec(self.product.variant.chip, mac, serial=f"part {self.made}")
        unit = units.new(self.folder / "units", self.product, spec, self.made)
        self.pool.append(unit)
        if self.rng.random() < 0.5:
            unit.story.append("a new part")
        return unit

    def _accident(self) -> Accident:
        somebody = self.rng.choice(self.pool)
        return accidents.draw(self.rng, self.product.variant.chip, _mac(somebody))

    def _settle(self, chip: WatchedChip) -> None:
        self.clock.sleep(SETTLED_S)
        chip.take(self.clock.monotonic())

    def _starts(self, chip: WatchedChip, unit: Unit) -> Iterator[str]:
        """What the unit prints at its next two starts, without its faults."""
        identity = tuple(f for f in chip.unit.faults if f.kind is FaultKind.SAME_MAC)
        flash = chip.whole
        for _ in range(2):
            sound = WatchedChip(replace(unit.spec, faults=identity, flash_file=None))
            sound.silicon.flash.program(0, flash)
            if sound.silicon.modem:
                sound.silicon.modem.product.stored = chip.at_product
            yield sound.take(SETTLED_S).decode("utf-8", "replace")
            flash = sound.whole

    # -- the end -----------------------------------------------------------------------------------

    def _whole_manifest(self) -> None:
        with self.ledger.reader.connection() as connection:
            verification = verify(connection)
        for result in verification.results.values():
            if result.code:
                raise DiffersError(f"the manifest: {result.code} {result.place}; {self._again}")
        count = self.ledger.reader.count_attempts()
        if count != self.recorded:
            raise DiffersError(f"{self.recorded} attempts, {count} on record; {self._again}")

    def _no_secret(self) -> None:
        for path in self._left_behind():
            data = path.read_bytes()
            if leaks := _leaks(data):
                raise DiffersError(f"seed {self.seed}: the secret is in {path.name}: {leaks}")

    def _left_behind(self) -> Iterator[Path]:
        """Every file but the products' own and the units' flashes."""
        for path in self.folder.rglob("*"):
            if path.is_file() and not {"products", "units"} & set(path.parts):
                yield path


_KEYS = (products.KEY, products.OTHER_KEY)
_ENDS = (Outcome.PASS, Outcome.ABORTED)


def _leaks(data: bytes) -> list[str]:
    return [shape for key in _KEYS for shape in leaks(data, key)]


def _row(outcomes: Counter[str]) -> str:
    return "  ".join(f"{outcome} {number}" for outcome, number in outcomes.most_common())


def _mac(unit: Unit) -> Mac:
    return unit.spec.mac


def _summary(finished: Finished) -> str:
    result = finished.record.result
    return "KNOWN" if finished.known else f"{result.outcome.value} {result.code}".strip()
