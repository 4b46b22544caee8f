"""`burner manifest`: read, check and export the production ledger."""

import json
import sys
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from burner.cli import screen
from burner.cli.audit import audit
from burner.cli.manifest_batch import BATCH_COMMANDS
from burner.cli.manifest_desk import DESK_COMMANDS
from burner.cli.manifest_verify import verify
from burner.cli.options import filter_options, json_option, manifest_option
from burner.cli.report import report
from burner.errors import BurnerError
from burner.files import is_plain
from burner.model import warnings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from burner.manifest.reader import Filter, Reader


FORMATS = ("csv", "jsonl", "names", "chain")


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
        elements = reader.elements(reader.meant(_filter(wanted)))
        if as_json:
            _array(elements)
            return
        screen.table(
            "",
            ("seq", "started (UTC)", "station", "slot", "unit", "name", "outcome", "code", "s"),
            (_row(element) for element in elements),
        )


@manifest.command()
@click.argument("unit", metavar="NAME|MAC|IMEI|SN")
@manifest_option
@json_option
def show(unit: str, manifest: str, as_json: bool) -> None:
    """Show the whole life of a unit, found by any of its IDs."""
    from burner.manifest.life import lives_of

    with _reader(manifest) as reader:
        units = lives_of(reader, unit)
    if not units:
        raise BurnerError("E712", unit)
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
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Else to stdout."
)
def export(
    manifest: str, kind: str, header: str, bom: bool, out: Path | None, **wanted: Any
) -> None:
    """Write attempts as CSV or JSON lines, one line each; or the chain, for `verify` and `import`.

    --format names lists the good units for the cloud's batch upload. The chain is whole; with
    --batch it begins at the batch and withholds what is not of it.
    """
    from burner.manifest.files import export as formats
    from burner.manifest.files.chainfile import export_chain
    from burner.manifest.files.name_list import name_lines

    chosen = _filter(wanted)
    if kind == "chain" and chosen != _filter({"batch": chosen.batch}):
        raise click.UsageError("A chain cannot be cut by time, product or outcome.")
    if bom and kind != "csv":
        raise click.UsageError("--bom is for --format csv; the other formats are read by programs.")
    with _reader(manifest) as reader, _target(out) as file:
        chosen = reader.meant(chosen)
        lines: Generator[str, None, None]
        if kind == "chain":
            lines, count = export_chain(reader, chosen.batch), None
        elif kind == "names":
            lines, count = name_lines(reader, chosen, header), None
        else:
            lines, count = formats.FORMATS[kind](reader, chosen), reader.count(chosen)
        lines = formats.with_bom(lines) if bom else lines
        with closing(lines):  # before the manifest it reads, also when nobody reads on
            file.writelines(screen.track(lines, "export", count) if out else lines)


def _reader(manifest: str) -> "Reader":
    from burner.manifest.reader import Reader

    return Reader.open(manifest)


def _filter(wanted: dict[str, Any]) -> "Filter":
    from burner.manifest.reader import Filter

    return Filter(**wanted)


@contextmanager
def _target(out: Path | None) -> "Iterator[TextIO]":
    """A file that appears when it is complete, or stdout."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(out.name + ".part")
    try:
        is_plain(out)  # a device or a pipe in its place would be gone
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(out)
    except OSError as error:
        raise BurnerError("E705", f"{out}: {error.strerror}") from error
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
        element["seq"],
        element["started"][:19].replace("T", " "),
        element["station"],
        element["slot"],
        element["unit_id"] or "–",
        element["device_name"] or "–",
        element["outcome"],
        element["code"],
        _seconds(element),
    )


def _seconds(element: dict[str, Any]) -> str:
    seconds = element["seconds"]
    return f"{seconds:.1f}" if seconds is not None else ""


COLUMNS = (
    *("seq", "started (UTC)", "s", "station", "slot", "operator", "batch", "profile"),
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
                found.setdefault(value, []).append(f"{e['station']} {e['seq']}")
        one = len(found) == 1
        values = (v if one else f"{v} ({', '.join(seqs)})" for v, seqs in found.items())
        if found:
            yield f"  {called:<6} {', '.join(values)}"


def _attempt(element: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(element["seq"]),
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
            ("seq", "when (UTC)", "station", "batch", "what", "by", "reason"),
            [
                (
                    c["seq"],
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
            ("seq", "when (UTC)", "station", "found", "by", "what differs"),
            [
                (
                    c["seq"],
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
        return f"superseded by {successor['station']} {successor['seq']}"
    rework = f"rework: {element['rework']}" if element["rework"] else ""
    return ", ".join(filter(None, (*warnings_in(element["evidence"]), element["detail"] or rework)))


for _command in (verify, report, audit, *BATCH_COMMANDS, *DESK_COMMANDS):
    manifest.add_command(_command)
