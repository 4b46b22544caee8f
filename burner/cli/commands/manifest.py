"""`burner manifest`: read, check and export the production ledger."""

import json
import sys
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from burner.cli import screen
from burner.cli.commands.audit import audit
from burner.cli.commands.manifest_batch import BATCH_COMMANDS
from burner.cli.commands.manifest_desk import DESK_COMMANDS
from burner.cli.commands.manifest_verify import verify
from burner.cli.commands.report import report
from burner.cli.options import filter_options, json_option, manifest_option
from burner.core.atomic_file import check_is_place_for_file
from burner.core.attempt import warnings_in
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader


FORMATS = ("csv", "jsonl", "names", "log")


@click.group()
def manifest() -> None:
    """Read, check, export and close the production ledger."""


@manifest.command("list")
@manifest_option
@filter_options
@json_option
def list_(manifest: str, as_json: bool, **wanted: Any) -> None:
    """List attempts, one row each, in their order."""
    with _reader(manifest) as reader:
        elements = reader.elements(reader.resolved(_filter(wanted)))
        if as_json:
            _array(elements)
            return
        screen.table(
            "",
            ("record", "started (UTC)", "station", "slot", "unit", "name", "outcome", "code", "s"),
            (_row(element) for element in elements),
        )


@manifest.command()
@click.argument("unit", metavar="NAME|MAC|IMEI|SN")
@manifest_option
@json_option
def show(unit: str, manifest: str, as_json: bool) -> None:
    """Show the whole life of a unit, found by any of its IDs."""

    with _reader(manifest) as reader:
        units = reader.lives(unit)
    if not units:
        raise BurnerError(Code.UNIT_UNKNOWN, unit)
    if as_json:
        _array(units)
        return
    for each in units:
        _show(each)


@manifest.command()
@manifest_option
@filter_options
@click.option("--format", "kind", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option(
    "--header",
    metavar="TEXT",
    default="DeviceName",
    show_default=True,
    help="First line of --format names; empty for none.",
)
@click.option(
    "--bom", is_flag=True, help="CSV with a byte order mark: a spreadsheet then reads UTF-8."
)
@click.option(
    "--tiles",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The whole log as C2SP tlog-tiles, into a new folder.",
)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Else to stdout."
)
def export(
    *,
    manifest: str,
    kind: str,
    header: str,
    bom: bool,
    tiles: Path | None,
    out: Path | None,
    **wanted: Any,
) -> None:
    """Write attempts as CSV or JSON lines, one line each; or the log, for `verify` and `import`.

    --format names lists the good units for the cloud's batch upload. --format log is whole; with
    --batch it shows that batch alone, with the proofs of its records. --tiles writes the log as a
    folder of static files.
    """
    from burner.manifest.exchange import table
    from burner.manifest.exchange.log_file import export_log

    chosen = _filter(wanted)
    if tiles is not None:
        if chosen != _filter({}) or out is not None:
            raise click.UsageError("--tiles writes the whole log, into its own folder.")
        _tiles(manifest, tiles)
        return
    if kind == "log" and chosen != _filter({"batch": chosen.batch}):
        raise click.UsageError("A log cannot be cut by time, product or outcome.")
    if bom and kind != "csv":
        raise click.UsageError("--bom is for --format csv; the other formats are read by programs.")
    with _reader(manifest) as reader, _target(out) as file:
        chosen = reader.resolved(chosen)
        lines: Generator[str, None, None]
        if kind == "log":
            lines, count = export_log(reader, chosen.batch), None
        elif kind == "names":
            names = (row.device_name for row in reader.passing_attempts(chosen))
            lines, count = table.names_of(names, header), None
        else:
            write = table.csv_of if kind == "csv" else table.json_lines
            lines, count = write(reader.elements(chosen)), reader.attempt_count(chosen)
        if bom:
            file.write(table.BOM)
        with closing(lines):  # before the manifest it reads, also when nobody reads on
            file.writelines(screen.track(lines, "export", count) if out else lines)


def _tiles(manifest: str, folder: Path) -> None:
    from burner.manifest.exchange.tiles import export_tiles

    with _reader(manifest) as reader, screen.progress("export", reader.size()) as advance:
        size = export_tiles(reader, folder, advance)
    screen.say(f"{counted(size, 'record')}: {folder}")


def _reader(manifest: str) -> "ManifestReader":
    from burner.manifest.reading.reader import ManifestReader

    return ManifestReader.open(manifest)


def _filter(wanted: dict[str, Any]) -> "AttemptFilter":
    from burner.manifest.reading.attempt_filter import AttemptFilter

    return AttemptFilter(**wanted)


@contextmanager
def _target(out: Path | None) -> "Iterator[TextIO]":
    """A file that appears when it is complete, or stdout."""
    if out is None:
        yield sys.stdout
        return
    check_is_place_for_file(out)
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(out)
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _array(elements: Iterable[Any]) -> None:
    """One JSON array, an element a line, without holding them all."""
    separator = "[\n"
    for element in elements:
        sys.stdout.write(separator + json.dumps(element, ensure_ascii=False))
        separator = ",\n"
    screen.say("[]" if separator == "[\n" else "\n]")


def _row(element: dict[str, Any]) -> tuple[object, ...]:
    return (
        element["number"],
        element["started"][:19].replace("T", " "),
        element["station"],
        element["slot"],
        element["unit_id"] or "–",
        element["device_name"] or "–",
        " → ".join(filter(None, (element["outcome"], element["corrected"]))),
        element["code"],
        _seconds(element),
    )


def _seconds(element: dict[str, Any]) -> str:
    seconds = element["seconds"]
    return f"{seconds:.1f}" if seconds is not None else ""


COLUMNS = (
    *("record", "started (UTC)", "s", "station", "slot", "operator", "batch", "profile"),
    *("outcome", "code", "remark"),
)
"""Of the attempts on a unit."""


def _show(unit: dict[str, Any]) -> None:
    called = ", ".join(unit["names"]) or "without a name"
    screen.say(f"unit {unit['unit_id']}  {called}")
    for line in _ids(unit["attempts"]):
        screen.say(line)
    rows = [_attempt(element) for element in unit["attempts"]]
    if screen.room_beside(COLUMNS, rows) >= 0:
        screen.table("", COLUMNS, rows)
    else:
        _show_narrow(rows)
    _show_words(unit)
    if len(unit["fingerprints"]) > 1:
        screen.warn(f"Under this MAC came different boards: {', '.join(unit['fingerprints'])}")


def _show_narrow(rows: list[tuple[str, ...]]) -> None:
    """The same where the table would break its cells: a paragraph an attempt."""
    for row in rows:
        seq, started, seconds, station, slot, operator, batch, profile, outcome, code, remark = row
        took = f"  {seconds} s" if seconds else ""
        screen.say(f"\n{seq}  {started} UTC{took}  {outcome} {code}".rstrip())
        where = f"{station} slot {slot}, operator {operator}, batch {batch}, {profile}"
        screen.say_beside("   ", where)
        if remark:
            screen.say_beside("   ", remark)


def _ids(attempts: list[dict[str, Any]]) -> Iterable[str]:
    """`IMEI …`, `serial …`, `label …`; with the records' numbers where attempts differ."""
    for source, called in (("imei", "IMEI"), ("serial", "serial"), ("label", "label")):
        found: dict[str, list[str]] = {}
        for e in attempts:
            if value := e["ids"].get(source):
                found.setdefault(value, []).append(f"record {e['number']}")
        one = len(found) == 1
        values = (v if one else f"{v} ({', '.join(seqs)})" for v, seqs in found.items())
        if found:
            yield f"  {called:<6} {', '.join(values)}"


def _attempt(element: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(element["number"]),
        _minute(element, "started"),
        _seconds(element),
        element["station"],
        element["slot"],
        element["operator"],
        element["batch"],
        element["profile"],
        element["outcome"],
        element["code"],
        _remark(element),
    )


def _show_words(unit: dict[str, Any]) -> None:
    """What people said of it, and what its checks against the record found."""
    if unit["corrections"]:
        screen.table(
            "corrections",
            ("record", "when (UTC)", "station", "batch", "what", "by", "reason"),
            [
                (
                    c["number"],
                    _minute(c),
                    c["station"],
                    c["batch"],
                    c["what"],
                    c["operator"],
                    c["reason"],
                )
                for c in unit["corrections"]
            ],
        )
    if unit["checks"]:
        screen.table(
            "checks against its record",
            ("record", "when (UTC)", "station", "found", "by", "what differs"),
            [
                (
                    c["number"],
                    _minute(c),
                    c["station"],
                    "good" if c["good"] else "differs",
                    c["operator"],
                    ", ".join(f["what"] for f in c["findings"] if f["verdict"] == "differs"),
                )
                for c in unit["checks"]
            ],
        )


def _minute(said: dict[str, Any], key: str = "at") -> str:
    return str(said[key])[:16].replace("T", " ")


def _remark(element: dict[str, Any]) -> str:
    if successor := element["superseded_by"]:
        return f"superseded by record {successor}"
    rework = f"rework: {element['rework']}" if element["rework"] else ""
    return ", ".join(filter(None, (*warnings_in(element["evidence"]), element["detail"] or rework)))


for _command in (verify, report, audit, *BATCH_COMMANDS, *DESK_COMMANDS):
    manifest.add_command(_command)
