"""`burner station`: teaches it which slot is which USB place, shows it, prints its barcodes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.commands import station_policy
from burner.cli.commands.station_bauds import bauds
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.errors import BurnerError
from burner.core.words.phrases import phrase
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.cli.pages.barcode_page import FixtureBarcode
    from burner.station.fixture.station_file import PortPlace
    from burner.station.fixture.teach import By


@click.group(cls=OrderedGroup)
def station() -> None:
    """Teach and show the slots and the policy of this station."""


@station.command()
@options.output_option(required=True)
@options.slot_count_option
@click.option(
    "--names",
    metavar="NAME,…",
    default="esp",
    show_default=True,
    help="Ports of each slot, as esp,modem.",
)
@click.option(
    "--by",
    type=click.Choice(["serial", "location"]),
    default="serial",
    show_default=True,
    help="serial: the adapter's own number, where it has one; location: the USB socket.",
)
@options.station_option_with(lambda name: name, "the one in the file, else none.")
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=float,
    help="End when no board comes for so long.",
)
@options.lang_option
def teach(
    *,
    output: Path,
    slot_count: int | None,
    names: str,
    by: "By",
    station: str | None,
    timeout_s: float | None,
) -> None:
    """Teach which slot is which USB place; write a station file.

    Plug in one board at a time, slot by slot, and nothing else meanwhile. It ends after --slots, or
    at Ctrl-C. The file is written after every slot. Of a file that is there the slots are replaced;
    the rest is kept.
    """
    from burner.devices.ports import listing
    from burner.station.fixture.teach import Lesson, taught_before

    lesson = Lesson(
        lambda: listing(usb_only=False, with_holders=False),
        TerminalTeacher(),
        names=tuple(name.strip() for name in names.split(",")),
        by=by,
        station=station,
        before=taught_before(output),
        timeout_s=timeout_s,
    )
    try:
        while slot_count is None or len(lesson.slots) < slot_count:
            if not lesson.one_slot():
                break
            lesson.save(output)
    except KeyboardInterrupt:
        screen.warn("")
    if not lesson.slots:
        raise click.ClickException("no slot was taught; nothing was written")
    screen.say(f"{output}: {counted(len(lesson.slots), 'slot')}")


class TerminalTeacher:
    """The dialogue with the person who plugs boards in."""

    def ask_for(self, slot: str, port: str) -> None:
        """Ask for a slot's port."""
        screen.say(phrase("plug in", language(), slot, port))

    def learned(self, port: str, place: "PortPlace", device: str) -> None:
        """Print where a port will be found again."""
        screen.say(f"  {port}: {place} ({device})")

    def refused(self, error: BurnerError) -> None:
        """Print why what was plugged in does not count."""
        screen.error(error, language())


@station.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.json_option
def show(file: Path, as_json: bool) -> int:
    """Show the slots of a station FILE, and each one's port today.

    Ends with 4 if one is not there.
    """
    from burner.devices.ports import listing
    from burner.station.fixture.station_file import load_station
    from burner.station.fixture.todays_ports import todays_ports

    rows = todays_ports(load_station(file), listing(usb_only=False, with_holders=False))
    if as_json:
        print_json(rows)
    else:
        cells = [(r["slot"], r["name"], r["place"], r["port"] or r["problem"]) for r in rows]
        screen.table("", ("slot", "port", "place", "today"), cells)
    return 0 if all(row["port"] for row in rows) else 4


station.add_command(bauds)
station.add_command(station_policy.policy)
station.add_command(station_policy.adopt)


@station.command()
@options.output_option(required=True)
@options.station_file_option
@options.slot_count_option
@options.product_option
@options.lang_option
def labels(
    output: Path, station_file: Path | None, slot_count: int | None, profile: Path | None
) -> None:
    """Print barcodes (Code 128) to fix beside the slots.

    One for each slot, REWORK and CANCEL; with --profile also its reasons for a rework. --output
    names a .png (one page), .pdf (A4 pages) or .svg. Slots are those of --station-file, or --slots
    from 1 on.

    A scanned slot is asked for its label next; while it is empty, its board is announced.
    """
    from burner.cli.pages.barcode_page import NoFontError, page
    from burner.core.atomic_file import write_output

    kind = output.suffix.lower().removeprefix(".")
    if kind not in ("png", "pdf", "svg"):
        raise click.UsageError("-o names a .png, .pdf or .svg")
    if (station_file is None) == (slot_count is None):
        raise click.UsageError("say which slots: either --station-file FILE or --slots N")
    numbered = [str(number + 1) for number in range(slot_count or 0)]
    named = _slot_names(station_file) if station_file else numbered
    try:
        data = page(_labels(named, _reasons(profile)), kind)
    except NoFontError as error:
        raise click.ClickException(
            f"this computer has no font for {str(error)!r}: write a .svg instead"
        ) from None
    write_output(output, data)
    screen.say(str(output))


def _slot_names(station_file: Path) -> list[str]:
    from burner.station.fixture.station_file import load_station

    return list(load_station(station_file).slots)


def _reasons(source: Path | None) -> tuple[str, ...]:
    """The product's reasons for a rework."""
    from burner.release.opening import open_keyless

    return open_keyless(source).profile.rework.reasons if source else ()


def _labels(slots: Sequence[str], reasons: Sequence[str]) -> "list[FixtureBarcode]":
    from burner.cli.board.words import phrase
    from burner.cli.pages.barcode_page import FixtureBarcode
    from burner.station.scanning import operator_commands

    lang = language()
    return [
        *(
            FixtureBarcode(f"{phrase('slot', lang)} {slot}", operator_commands.slot_barcode(slot))
            for slot in slots
        ),
        FixtureBarcode(phrase("REWORK", lang), operator_commands.REWORK),
        FixtureBarcode(phrase("CANCEL", lang), operator_commands.CANCEL),
        *(FixtureBarcode(reason, operator_commands.reason_barcode(reason)) for reason in reasons),
    ]
