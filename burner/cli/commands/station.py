"""`burner station`: teach it which slot is which USB place, see it, print its barcodes."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from burner.cli import options, screen
from burner.cli.groups import OrderedGroup
from burner.cli.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.cli.label_page import Label
    from burner.station.station_file import PortPlace, StationFile, UsbPort

Listing = Callable[[], Sequence["UsbPort"]]
By = Literal["serial", "location"]


@click.group(cls=OrderedGroup)
def station() -> None:
    """Teach the slots of this station, show them, print barcodes."""


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
@options.slot_station_option
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
    by: By,
    station: str | None,
    timeout_s: float | None,
) -> None:
    """Teach which slot is which USB place; write a station file.

    Plug in one board at a time, slot by slot, and nothing else meanwhile. It ends after --slots, or
    at Ctrl-C. The file is written after every slot. --station is the station's name in records;
    without it the file names none.
    """
    from burner.devices.ports import listing

    lesson = Lesson(
        lambda: listing(usb_only=False, with_holders=False),
        names=tuple(name.strip() for name in names.split(",")),
        by=by,
        station=station,
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


class Lesson:
    """Slots learned so far, one board at a time."""

    def __init__(
        self,
        listing: Listing,
        *,
        names: tuple[str, ...] = ("esp",),
        by: By = "serial",
        station: str | None = None,
        timeout_s: float | None = None,
        settled_s: float = 1.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._listing = listing
        self._names = names
        self._by: By = by
        self._station = station
        self._wait: dict[str, Any] = {
            "timeout_s": timeout_s,
            "settled_s": settled_s,
            "pause": pause,
        }
        self.slots: dict[str, dict[str, PortPlace]] = {}

    def one_slot(self) -> bool:
        """Learn the next slot; what is refused is said and asked for again. False: time is up."""
        slot = str(len(self.slots) + 1)
        places: dict[str, PortPlace] = {}
        while len(places) < len(self._names):
            missing = self._names[len(places) :]
            _ask_for(slot, missing[0])
            try:
                found = self._new_ports(len(missing))
                if not found:
                    return False
                places |= self._places(dict(zip(missing, found, strict=False)))
            except BurnerError as error:
                screen.error(error, language())
        self.slots[slot] = places
        return True

    def _new_ports(self, wanted: int) -> "Sequence[UsbPort]":
        from burner.station.teach import new_ports

        return new_ports(self._listing, self._listing(), wanted, **self._wait)

    def _places(self, ports: "Mapping[str, UsbPort]") -> "dict[str, PortPlace]":
        """How each port will be found again; said aloud.

        Raises:
            BurnerError: E196 the place is another slot's already, E199 it is none.
        """
        from burner.station.station_file import place_of

        taken = {place: slot for slot, ports in self.slots.items() for place in ports.values()}
        listed = self._listing()
        places = {}
        for name, port in ports.items():
            place = place_of(port, listed, self._by)
            if place in taken:
                raise BurnerError(Code.SLOT_PLACE_SHARED, f"{place} is slot {taken[place]} already")
            screen.say(f"  {name}: {place} ({port.device})")
            places[name] = place
        return places

    def save(self, path: Path) -> None:
        """Write the station file, whole or not at all."""
        from burner.station.station_file import StationFile, to_yaml

        fresh = path.with_name(path.name + ".new")
        text = to_yaml(StationFile(station=self._station, slots=self.slots))
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)


def _ask_for(slot: str, name: str) -> None:
    if language() == "zh":
        screen.say(f"工位 {slot}：请插入 {name}（Ctrl-C 结束）")
    else:
        screen.say(f"Slot {slot}: plug in its {name} now (Ctrl-C ends)")


@station.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.json_option
def show(file: Path, as_json: bool) -> int:
    """Show the slots of a station FILE, and each one's port today.

    Ends with 4 if one is not there.
    """
    from burner.devices.ports import listing
    from burner.station.station_file import load_station

    rows = where(load_station(file), listing(usb_only=False, with_holders=False))
    if as_json:
        screen.say(json.dumps(rows, indent=2))
    else:
        cells = [(r["slot"], r["name"], r["place"], r["port"] or r["problem"]) for r in rows]
        screen.table("", ("slot", "port", "place", "today"), cells)
    return 0 if all(row["port"] for row in rows) else 4


def where(station: "StationFile", listed: "Sequence[UsbPort]") -> list[dict[str, Any]]:
    """Each port of each slot: its place, and today's device or why there is none."""
    rows: list[dict[str, Any]] = []
    for slot, places in station.slots.items():
        for name, place in places.items():
            port, code, problem = "", "", ""
            try:
                port = station.port(slot, name, listed)
            except BurnerError as error:
                code, problem = error.code, str(error)
            row = {"slot": slot, "name": name, "place": str(place), "port": port}
            rows.append({**row, "code": code, "problem": problem})
    return rows + _scanners(station, listed)


def _scanners(station: "StationFile", listed: "Sequence[UsbPort]") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, place in enumerate(station.scanner.ports):
        port, code, problem = "", "", ""
        try:
            port = station.scanner_port(number, listed)
        except BurnerError as error:
            code, problem = error.code, str(error)
        row = {"slot": "", "name": f"scanner {number + 1}", "place": str(place), "port": port}
        rows.append({**row, "code": code, "problem": problem})
    return rows


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
    from burner.cli.label_page import NoFontError, page
    from burner.core.atomic_file import write_whole

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
    write_whole(output, data)
    screen.say(str(output))


def _slot_names(station_file: Path) -> list[str]:
    from burner.station.station_file import load_station

    return list(load_station(station_file).slots)


def _reasons(source: Path | None) -> tuple[str, ...]:
    if source is None:
        return ()
    from burner.core.errors import refuse
    from burner.profile.profile import Profile
    from burner.release.opening import is_release_file, open_release_file
    from burner.release.preflight import survey_without_secret

    if is_release_file(source):
        seen = open_release_file(source)[1]
    else:
        seen = survey_without_secret(source)
        refuse(list(seen.findings))
    return seen.plan.rework.reasons if isinstance(seen.plan, Profile) else ()


def _labels(slots: Sequence[str], reasons: Sequence[str]) -> "list[Label]":
    from burner.cli.board.words import phrase
    from burner.cli.label_page import Label
    from burner.station import operator_commands

    lang = language()
    return [
        *(
            Label(f"{phrase('slot', lang)} {slot}", operator_commands.slot_barcode(slot))
            for slot in slots
        ),
        Label(phrase("REWORK", lang), operator_commands.REWORK),
        Label(phrase("CANCEL", lang), operator_commands.CANCEL),
        *(Label(reason, operator_commands.reason_barcode(reason)) for reason in reasons),
    ]
