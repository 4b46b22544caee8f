"""One label printed, with its records: connected → start on record → sent → end on record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd, UnitLabelState
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.unit_labels import labels_of_batch
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.unit_labels import LabelPrint, end_print, start_print
from burner.profile.unit_label.boxes import PlacedLabel
from burner.station.unit_labels.content import label_content
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError, Printer
from burner.unit_labels.zpl import to_zpl

NOT_OWED_NOW = (Code.LABEL_PRINTED_BEFORE, Code.NO_LABEL_TO_PRINT)
"""Why a label that was owed a moment ago is not printed: of it nothing was sent."""


@dataclass(frozen=True)
class EndedPrint:
    """A print whose end is to be put on record."""

    label: LabelPrint
    started: int
    """Number of the record of its start."""
    result: LabelPrintEnd
    error: BurnerError | None = None
    """Why it is not sent."""

    def record(self, ledger: Ledger) -> None:
        """Put the end on record. It can be repeated: nothing is recorded twice.

        Raises:
            BurnerError: E7.
        """
        end_print(ledger, self.label, self.started, self.result, self.error)


def print_label(
    ledger: Ledger, printer: Printer, label: LabelPrint, content: PlacedLabel
) -> EndedPrint:
    """Send a label once. Its PASS stands whatever comes of it.

    Raises:
        BurnerError: nothing was sent: E337 the printer is away; E777 it was printed before; E778;
            E731, E738 operator or reason; E7 the start could not be put on record. With the same
            `label` it can be called again.
    """
    data = to_zpl(content)
    connection = printer.connect()
    try:
        started = start_print(ledger, label)
        result, error = _sent(connection.send, data, printer.name)
    finally:
        connection.close()
    return EndedPrint(label, started, result, error)


def print_owed(
    ledger: Ledger, printer: Printer, batch: str
) -> Iterator[tuple[UnitLabelRow, LabelPrintEnd]]:
    """Print the labels of a batch that are owed, in the order in which the units passed.

    A label that another station has begun to print meanwhile, or that is owed no more, is left out.

    Yields:
        Each label, and how its print ended.

    Raises:
        BurnerError: E337 the printer is away: the rest is owed still; as `print_label`.
    """
    with ledger.reader.connection() as connection:
        owed = labels_of_batch(connection, batch, UnitLabelState.OWED)
    for row in owed:
        content = label_content(ledger.reader, row)
        try:
            ended = print_label(ledger, printer, LabelPrint(row, printer.name), content)
        except BurnerError as error:
            if error.code not in NOT_OWED_NOW:
                raise
            continue
        ended.record(ledger)
        if ended.result is LabelPrintEnd.NOT_SENT and ended.error:
            raise ended.error
        yield row, ended.result


def _sent(
    send: Callable[[bytes], None], data: bytes, printer: str
) -> tuple[LabelPrintEnd, BurnerError | None]:
    try:
        send(data)
    except NothingSentError as error:
        away = BurnerError(Code.PRINTER_UNREACHABLE, f"{printer}: {error}")
        return LabelPrintEnd.NOT_SENT, away
    except PrintDoubtfulError as error:
        return LabelPrintEnd.DOUBTFUL, BurnerError(Code.PRINT_DOUBTFUL, f"{printer}: {error}")
    except Exception as error:  # a bug: something may have left
        why = BurnerError(Code.PRINT_DOUBTFUL, f"{printer}: {type(error).__name__}")
        return LabelPrintEnd.DOUBTFUL, why
    return LabelPrintEnd.SENT, None
