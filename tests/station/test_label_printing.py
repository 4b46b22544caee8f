"""Labels of many units while the printer is away, is cut off, and the station is killed."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from burner.bench.printer.zpl import read_labels
from burner.core.canonical_json import canonical, digest
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import NOT_CERTAIN, UnitLabelState
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.unit_labels import LabelCounts, label_counts, labels_of_batch
from burner.manifest.writing.ledger import Ledger
from burner.station.events import PrinterStateChanged, StationEvent, UnitLabelChanged
from burner.station.unit_labels.print_label import print_owed
from burner.station.unit_labels.printing import LabelPrinting
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError
from tests.manifest.records import a_ledger, burned, flaws, open_batch, unit_mac

PRODUCT, BATCH = "S3EUVBRJLB", "WO1"
ELEMENTS = [
    {"text": "{name}", "at_mm": [1, 1]},
    {"qr": "{name}", "at_mm": [22, 6], "module_mm": 0.4},
]


class StationKilledError(BaseException):
    """The process is gone: nothing after it is done."""


@dataclass
class FakePrinter:
    """A printer in memory, with faults by the number of a label that is sent, from 1."""

    faults: dict[int, str] = field(default_factory=dict)
    away: dict[int, int] = field(default_factory=dict)
    """After so many labels → so many connections are refused."""
    name: str = "tcp://zebra:9100"
    sends: int = 0
    out: list[str] = field(default_factory=list)
    """The labels that came out."""

    def connect(self) -> "FakePrinter":
        if self.away.get(self.sends, 0):
            self.away[self.sends] -= 1
            raise BurnerError(Code.PRINTER_UNREACHABLE, self.name)
        return self

    def send(self, label: bytes) -> None:
        self.sends += 1
        fault = self.faults.get(self.sends, "")
        if fault == "hangs up":
            raise NothingSentError(fault)
        if fault == "killed before":
            raise StationKilledError
        if fault != "cut":
            (printed,) = read_labels(label)
            self.out += printed.codes
        if fault == "killed after":
            raise StationKilledError
        if fault in {"cut", "stuck"}:
            raise PrintDoubtfulError(fault)

    def close(self) -> None:
        """Nothing: it is in memory."""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as ledger:
        label = {"size_mm": [40, 20], "elements": ELEMENTS}
        product = {"name": "plug-c3", "version": "1.2.0", "id": PRODUCT}
        index = {"profile": {"product": product, "label": label}, "parts": []}
        text, of = canonical(index).decode(), digest(index)
        open_batch(ledger, BATCH, index=text, release_digest=of)
        yield ledger


def name(unit: int) -> str:
    return unit_mac(unit).octets.hex()


def one_run(
    ledger: Ledger, printer: FakePrinter, units: Iterator[int], count: int
) -> list[StationEvent]:
    """A run of the station: units pass, and their labels are printed until it ends or is killed."""
    events: list[StationEvent] = []
    printing = LabelPrinting(ledger, printer, events.append, pause_s=0)
    batch = ledger.reader.batch(BATCH)
    assert batch is not None
    for unit in islice(units, count):
        burned(ledger, unit, batch=BATCH, release_digest=batch.release_digest)
        printing.unit_passed("1", PRODUCT, str(unit_mac(unit)))
    printing._units.put(None)
    try:
        printing.work()
    except StationKilledError:
        events.append(UnitLabelChanged("1", "", UnitLabelState.STARTED))
    return events


def rows(ledger: Ledger, *states: UnitLabelState) -> list[UnitLabelRow]:
    with ledger.reader.connection() as connection:
        return labels_of_batch(connection, BATCH, *states)


def counts(ledger: Ledger) -> LabelCounts:
    with ledger.reader.connection() as connection:
        return label_counts(connection, BATCH)


def campaign(size: int) -> FakePrinter:
    """Away twice; cut, stuck, hung up and killed in between."""
    part = size // 10
    return FakePrinter(
        away={2 * part: 7, 6 * part: 30},
        faults={
            part: "cut",
            3 * part: "stuck",
            4 * part: "hangs up",
            7 * part: "cut",
            5 * part: "killed before",
            8 * part: "killed after",
        },
    )


@pytest.mark.parametrize("size", [30, pytest.param(500, marks=pytest.mark.full)])
def test_no_label_is_printed_twice_by_itself_and_every_doubtful_one_is_listed(
    line: Ledger, size: int
) -> None:
    printer, units, part = campaign(size), iter(range(1, size + 1)), size // 10
    runs = 0
    while left := size - len(rows(line)):
        one_run(line, printer, units, min(left, 4 * part))
        runs += 1
    assert runs == 3
    assert counts(line).owed  # those of the run that was killed
    while counts(line).owed:  # the command is killed too
        with suppress(StationKilledError):
            list(print_owed(line, printer, BATCH))
    times = Counter(printer.out)
    assert set(times.values()) == {1}
    doubtful = {row.device_name for row in rows(line, *NOT_CERTAIN)}
    assert counts(line) == LabelCounts(doubtful=5, sent=size - 5)
    not_out = {name(unit) for unit in range(1, size + 1)} - set(printer.out)
    assert len(not_out) == 3  # cut twice, and killed before
    assert not_out < doubtful
    assert all(row.prints == 1 for row in rows(line))
    assert flaws(line.reader) == []


def test_a_printer_that_is_away_is_said_once_and_its_labels_come_in_order(line: Ledger) -> None:
    printer = FakePrinter(away={1: 3})
    events = one_run(line, printer, iter((3, 1, 2)), 3)
    states = [event for event in events if isinstance(event, PrinterStateChanged)]
    assert [event.error.code if event.error else "" for event in states] == ["E337", ""]
    assert printer.out == [name(3), name(1), name(2)]


def test_a_known_unit_gets_the_label_that_it_is_owed_and_no_second_one(line: Ledger) -> None:
    printer = FakePrinter(faults={2: "cut"})
    one_run(line, printer, iter((1, 2)), 2)
    events: list[StationEvent] = []
    printing = LabelPrinting(line, printer, events.append, pause_s=0)
    for unit in (1, 2):
        printing.unit_passed("1", PRODUCT, str(unit_mac(unit)))
    printing._units.put(None)
    printing.work()
    assert printer.out == [name(1)]
    doubts = [(e.unit_id, e.code) for e in events if isinstance(e, UnitLabelChanged) and e.code]
    assert doubts == [(str(unit_mac(2)), "E338")]


def test_the_end_of_a_run_waits_for_no_printer_that_is_away(line: Ledger) -> None:
    printer = FakePrinter(away={0: 10**9})
    printing = LabelPrinting(line, printer, lambda _: None)
    batch = line.reader.batch(BATCH)
    assert batch is not None
    for unit in (1, 2, 3):
        burned(line, unit, batch=BATCH, release_digest=batch.release_digest)
        printing.unit_passed("1", PRODUCT, str(unit_mac(unit)))
    printing.start()
    printing.finish()
    assert counts(line) == LabelCounts(owed=3)
    with pytest.raises(BurnerError) as error:
        next(print_owed(line, printer, BATCH))
    assert error.value.code == "E337"


def test_two_stations_that_print_what_is_owed_share_the_labels(line: Ledger) -> None:
    batch = line.reader.batch(BATCH)
    assert batch is not None
    for unit in (1, 2, 3):
        burned(line, unit, batch=BATCH, release_digest=batch.release_digest)
    first, second = FakePrinter(), FakePrinter()
    printing = print_owed(line, first, BATCH)
    next(printing)
    next(print_owed(line, second, BATCH))
    assert [row.device_name for row, _ in printing] == [name(3)]
    assert (first.out, second.out) == ([name(1), name(3)], [name(2)])


def test_an_operator_who_is_in_a_hurry_waits_for_no_label_but_the_one_that_prints(
    line: Ledger,
) -> None:
    is_hurried = threading.Event()

    class Hurrying(FakePrinter):
        def send(self, label: bytes) -> None:
            is_hurried.set()  # Ctrl-C, twice
            assert printing._aborting.wait(5)
            super().send(label)

    printer = Hurrying(faults={1: "stuck"})
    printing = LabelPrinting(line, printer, lambda _: None)
    batch = line.reader.batch(BATCH)
    assert batch is not None
    for unit in (1, 2, 3):
        burned(line, unit, batch=BATCH, release_digest=batch.release_digest)
        printing.unit_passed("1", PRODUCT, str(unit_mac(unit)))
    printing.start()
    printing.finish(is_hurried.is_set)
    assert counts(line) == LabelCounts(owed=2, doubtful=1)


def test_a_bug_of_a_printer_ends_no_slot_and_the_label_is_owed(line: Ledger) -> None:
    class Broken(FakePrinter):
        def connect(self) -> FakePrinter:
            raise KeyError("bug")

    events = one_run(line, Broken(), iter((1, 2)), 2)
    codes = [event.code for event in events if isinstance(event, UnitLabelChanged)]
    assert codes == ["E901", "E901"]
    assert counts(line) == LabelCounts(owed=2)
