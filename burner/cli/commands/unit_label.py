"""`burner unit label`: how the printed label of a unit stands; print it, again, or confirm it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.commands.batch_labels import label_json, shown_state
from burner.cli.parameters import options
from burner.cli.parameters.label_options import printer_of_command, printer_option
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd, UnitLabelState

if TYPE_CHECKING:
    from burner.manifest.fold.unit_label_row import UnitLabelRow
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.writing.ledger import Ledger
    from burner.unit_labels.printer import Printer


@click.command()
@options.unit_argument
@click.option("--reprint", is_flag=True, help="Print it again; needs --operator and --reason.")
@click.option("--scanned", metavar="TEXT", default="", help="The code of the label that came out.")
@options.operator_option(required=False)
@click.option("--reason", metavar="TEXT", callback=options.one_line, help="Why, for the record.")
@options.product_id_option
@printer_option
@options.station_file_option
@options.slot_station_option
@options.manifest_option
@options.json_option
def label(
    *,
    unit: str,
    reprint: bool,
    scanned: str,
    operator: str | None,
    reason: str | None,
    product: str,
    printer: str,
    station_file: Path | None,
    station: str | None,
    manifest: str,
    as_json: bool,
) -> None:
    """Show how the printed label of a unit stands.

    --reprint prints it, whatever came out before. --scanned says that it came out: the text of one
    of its codes, as a scanner reads it. Without a code, any text on it. Owed labels are printed by
    `burner batch labels --print`. Where the unit has several products, name one with --product.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.cli.parameters.command_rules import own_station_file, station_of_command
    from burner.cli.questions.secret_questions import Use
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.reading.unit_labels import is_printing

    if reprint and scanned:
        raise click.UsageError("--reprint or --scanned, not both")
    if reprint and not (operator and reason):
        raise click.UsageError("--reprint needs --operator and --reason")
    if reprint or scanned:
        station_file = own_station_file(station_file)
        named = printer_of_command(printer, station_file) if reprint else None
        of = station_of_command(station_file, station)
        with existing_ledger(manifest, of, Use.RECORDS) as ledger:
            row = _label_of(ledger.reader, unit, product)
            if named:
                _print_again(ledger, row, named, operator or "", reason or "")
            else:
                _confirm(ledger, row, scanned)
    with ManifestReader.open(manifest) as reader:
        row = _label_of(reader, unit, product)
        with reader.connection() as connection:
            is_begun = row.state == UnitLabelState.STARTED
            at_work = is_begun and is_printing(connection, row.started)
    if as_json:
        print_json(label_json(row))
        return
    state = shown_state(row, is_printing=at_work)
    screen.say(f"{row.unit_id}  {row.device_name}  {state}  ({row.prints} printed)")


def _label_of(reader: "ManifestReader", unit: str, product: str) -> "UnitLabelRow":
    from burner.manifest.reading.unit_labels import unit_label
    from burner.manifest.reading.unit_search import find_one_unit

    with reader.connection() as connection:
        found = find_one_unit(connection, unit, product)
        row = unit_label(connection, found.product_id, found.unit_id)
    if row is None:
        raise BurnerError(Code.NO_LABEL_TO_PRINT, f"unit {found.unit_id}")
    return row


def _print_again(
    ledger: "Ledger", row: "UnitLabelRow", printer: "Printer", operator: str, reason: str
) -> None:
    from burner.manifest.writing.unit_labels import LabelPrint
    from burner.station.unit_labels.content import label_content
    from burner.station.unit_labels.print_label import print_label

    ordered = LabelPrint(row, printer.name, operator, reason)
    ended = print_label(ledger, printer, ordered, label_content(ledger.reader, row))
    ended.record(ledger)
    if ended.result is not LabelPrintEnd.SENT and ended.error:
        raise ended.error


def _confirm(ledger: "Ledger", row: "UnitLabelRow", scanned: str) -> None:
    from burner.manifest.writing.unit_labels import confirm_label
    from burner.station.unit_labels.content import label_content

    content = label_content(ledger.reader, row)
    allowed = content.codes or tuple(placed.text for placed in content.elements)
    if scanned not in allowed:
        detail = f"{scanned[:64]}, not {', '.join(allowed)}"
        raise BurnerError(Code.PRINTED_LABEL_DIFFERS, detail)
    confirm_label(ledger, row)
