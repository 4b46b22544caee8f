"""`burner batch labels`: the printed labels of a batch, and those that are owed printed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.pages.label_prints import label_counts_line
from burner.cli.parameters import options
from burner.cli.parameters.label_options import printer_of_command, printer_option
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.unit_labels import UnitLabelState
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.manifest.fold.unit_label_row import UnitLabelRow
    from burner.manifest.reading.reader import ManifestReader

COLUMNS = ("unit", "name", "label", "station", "prints", "last start")
OPEN_STATES = (UnitLabelState.OWED, UnitLabelState.STARTED, UnitLabelState.DOUBTFUL)


@click.command()
@options.batch_argument
@click.option("--with-sent", is_flag=True, help="List sent and scanned ones too.")
@click.option("--print", "prints", is_flag=True, help="Print the owed ones now, in their order.")
@printer_option
@options.station_file_option
@options.slot_station_option
@options.manifest_option
@options.json_option
def labels(
    *,
    batch: str,
    with_sent: bool,
    prints: bool,
    printer: str,
    station_file: Path | None,
    station: str | None,
    manifest: str,
    as_json: bool,
) -> int:
    """List the labels of BATCH that are owed or doubtful.

    Doubtful: it may have come out or not. Look for it; `burner unit label` then takes its code, or
    prints it again. --print prints owed ones only, and stops when the printer is away.

    Ends with 1 while labels are owed or doubtful.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.cli.parameters.command_rules import own_station_file, station_of_command
    from burner.cli.questions.secret_questions import Use
    from burner.manifest.reading.reader import ManifestReader
    from burner.station.unit_labels.print_label import print_owed

    if prints:
        station_file = own_station_file(station_file)
        named = printer_of_command(printer, station_file)
        of = station_of_command(station_file, station)
        with existing_ledger(manifest, of, Use.RECORDS) as ledger:
            for row, result in print_owed(ledger, named, batch):
                if not as_json:
                    screen.say(f"{row.unit_id}  {row.device_name}  {result.value}")
    with ManifestReader.open(manifest) as reader:
        return _list(reader, batch, with_sent=with_sent, as_json=as_json)


def _list(reader: "ManifestReader", batch: str, *, with_sent: bool, as_json: bool) -> int:
    from burner.manifest.reading.reader import log_of_batch
    from burner.manifest.reading.unit_labels import is_printing, label_counts, labels_of_batch

    with reader.connection() as connection:
        log = log_of_batch(connection, batch)
        counts = label_counts(connection, batch, log)
        states = () if with_sent else OPEN_STATES
        rows = labels_of_batch(connection, batch, *states, log=log)
        begun = [row.started for row in rows if row.state == UnitLabelState.STARTED]
        at_work = {number for number in begun if is_printing(connection, number, log=log)}
    if as_json:
        print_json([label_json(row) for row in rows])
        return 1 if counts.open else 0
    if rows:
        shown = (shown_state(row, is_printing=row.started in at_work) for row in rows)
        screen.table("", COLUMNS, map(_row, rows, shown))
    screen.say(label_counts_line(counts, language()))
    return 1 if counts.open else 0


def label_json(row: "UnitLabelRow") -> dict[str, object]:
    """A label as JSON for scripts."""
    return {
        "unit_id": row.unit_id,
        "device_name": row.device_name,
        "product_id": row.product_id,
        "batch": row.batch,
        "state": row.state,
        "station": row.station,
        "prints": row.prints,
        "started": row.started if row.started >= 0 else None,
    }


def _row(row: "UnitLabelRow", state: str) -> tuple[object, ...]:
    started = f"record {row.started}" if row.started >= 0 else ""
    return row.unit_id, row.device_name, state, row.station, row.prints, started


def shown_state(row: "UnitLabelRow", *, is_printing: bool = False) -> str:
    """How a label stands, in the reader's language.

    Args:
        row: the label.
        is_printing: whether the print that has no end on record is at work.
    """
    return Wording(language())(f"label is {'printing' if is_printing else row.state}")
