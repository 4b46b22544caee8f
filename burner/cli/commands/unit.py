"""`burner unit`: the history of one unit, corrections of its record, its certificate."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.commands.unit_label import label
from burner.cli.groups import OrderedGroup
from burner.cli.pages.label_prints import show_label_prints
from burner.cli.pages.test_results import show_tests
from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json_array
from burner.cli.terminal.language import language
from burner.core.attempt import has_answered, warnings_in
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import Wording
from burner.core.words.visible_text import in_one_line

if TYPE_CHECKING:
    from burner.manifest.writing.corrections import CorrectionKind

ATTEMPTS = (
    *("record", "started (UTC)", "s", "station", "slot", "operator", "batch", "profile"),
    *("outcome", "code", "remark"),
)
CORRECTIONS = ("record", "when (UTC)", "station", "batch", "what", "by", "reason")
CHECKS = ("record", "when (UTC)", "station", "found", "by", "what differs")
REGISTRATIONS = ("record", "when (UTC)", "station", "name", "host", "answer", "by")


@click.group("unit", cls=OrderedGroup)
def unit() -> None:
    """Show one unit, correct its record, write its certificate."""


@unit.command()
@options.unit_argument
@options.manifest_option
@options.json_option
def show(unit: str, manifest: str, as_json: bool) -> None:
    """Show the whole life of a unit, found by any of its IDs."""
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        lives = reader.unit_overviews(unit)
    if not lives:
        raise BurnerError(Code.UNIT_UNKNOWN, unit)
    if as_json:
        print_json_array(lives)
        return
    for life in lives:
        _show(life)


def _correction_options(command: options.Command) -> options.Command:
    """The unit, which of its products, the person, the station, and the reason."""
    command = options.station_option(options.manifest_option(command))
    command = options.operator_option()(options.reason_option(command))
    return options.unit_argument(options.product_id_option(command))


unit.add_command(label)


@unit.command()
@_correction_options
def rework(**correction: str) -> None:
    """Declare a rework: the next burn writes the unit again.

    It also ends a scrap. The reason is on record, and with the next attempt. Where the unit has
    several products, name one with --product.
    """
    from burner.manifest.writing.corrections import CorrectionKind

    _correct(CorrectionKind.REWORK, **correction)


@unit.command()
@_correction_options
def scrap(**correction: str) -> None:
    """Scrap a unit: it leaves its batch and is burned no more.

    Nothing is erased: it is a record of its own, with a name and a reason. Where the unit has
    several products, name one with --product.
    """
    from burner.manifest.writing.corrections import CorrectionKind

    _correct(CorrectionKind.SCRAP, **correction)


@unit.command()
@_correction_options
def void(**correction: str) -> None:
    """Void a unit: its attempts do not count, its names are free.

    Nothing is erased: it is a record of its own, with a name and a reason. The unit leaves its
    batch. Where it has several products, name one with --product.
    """
    from burner.manifest.writing.corrections import CorrectionKind

    _correct(CorrectionKind.VOID, **correction)


def _correct(
    word: "CorrectionKind",
    *,
    unit: str,
    product: str,
    operator: str,
    reason: str,
    station: str,
    manifest: str,
) -> None:
    from burner.cli.existing_ledger import existing_ledger
    from burner.cli.questions.secret_questions import Use
    from burner.manifest.reading.batch_status import batch_status
    from burner.manifest.reading.unit_search import find_one_unit
    from burner.manifest.writing.corrections import correct

    say = Wording(language())
    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        with ledger.reader.connection() as connection:
            row = find_one_unit(connection, unit, product)
        batches = correct(
            ledger,
            word,
            row.unit_id,
            product_id=row.product_id,
            operator=operator,
            reason=reason,
        )
        sums = [(batch, batch_status(ledger.reader, batch).balance(say)) for batch in batches]
    screen.say(say(f"corrected {word}", row.unit_id, reason))
    for batch, counts in sums:
        screen.say(say("batch {}: {}", batch, counts))


@unit.command()
@options.unit_argument
@options.output_option(required=True)
@options.product_id_option
@options.manifest_option
def certificate(unit: str, output: Path, product: str, manifest: str) -> None:
    """Write the proof that the log holds the PASS of a unit.

    It is for whoever gets the unit; the file is usually called UNIT.tlog-proof. It speaks as of the
    size of the log now: a later scrap, or a release that was withdrawn, does not show. Where the
    unit has several products, name one with --product.
    """
    from burner.manifest.entries.body import read
    from burner.manifest.exchange.certificate import certificate as certificate_of
    from burner.manifest.heads.note_file import write_note_file
    from burner.manifest.log.checkpoint import Checkpoint
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader:
        proof = certificate_of(reader, unit, product)
        batch = reader.batch(read(proof.extra.split(b"\n")[0]).batch)
        withdrawal = reader.withdrawal(batch.release_digest) if batch else None
    write_note_file(output, str(proof))
    size = Checkpoint.parse(proof.note.text).size
    screen.say(f"{output}: record {proof.index}, as of size {size}.")
    if withdrawal:
        screen.warn(f"The release was withdrawn {withdrawal}. The certificate does not say so.")


# -- for people ------------------------------------------------------------------------------------


def _show(life: Mapping[str, Any]) -> None:
    names = ", ".join(life["names"]) or "without a name"
    screen.say(f"unit {life['unit_id']}  {names}")
    for line in _ids(life["attempts"]):
        screen.say(line)
    if confirmed := life["confirmed_names"]:
        screen.say_beside("  ", f"on the cloud platform: {', '.join(confirmed)}")
    for article in life["first_articles"]:
        approved = f"approved by {article['name']}, {_minute(article['at'])} UTC: {article['note']}"
        screen.say_beside("  ", in_one_line(f"first article of {article['batch']}, {approved}"))
    rows = [_attempt(element) for element in life["attempts"]]
    if screen.room_beside(ATTEMPTS, rows) >= 0:
        screen.table("", ATTEMPTS, rows)
    else:
        _show_narrow(rows)
    show_tests(life["attempts"])
    if life["corrections"]:
        screen.table("corrections", CORRECTIONS, map(_correction, life["corrections"]))
    if life["checks"]:
        screen.table("checks against its record", CHECKS, map(_check, life["checks"]))
    show_label_prints(life["label_prints"])
    if life["registrations"]:
        screen.table(
            "registered for real", REGISTRATIONS, map(_registration, life["registrations"])
        )
    if (compared := life["reconciliation"]) and (differences := _differences(compared)):
        where = f"{_minute(compared['at'])} UTC, record {compared['number']}"
        screen.warn(f"Compared with the cloud platform ({where}): {differences}")
    if len(life["fingerprints"]) > 1:
        screen.warn(f"Under this MAC came different boards: {', '.join(life['fingerprints'])}")


def _differences(compared: Mapping[str, Any]) -> str:
    """Those of the unit; or how many there are that the record does not list."""
    listed = ", ".join(f"{d['kind']} {d['name']}".rstrip() for d in compared["differences"])
    if listed or not compared["unlisted"]:
        return listed
    return f"this unit may be one of {compared['unlisted']} differences that are not listed there"


def _show_narrow(rows: Sequence[tuple[str, ...]]) -> None:
    """The same where the table would break its cells: a paragraph an attempt."""
    for row in rows:
        number, started, seconds, station, slot, operator, *rest = row
        batch, profile, outcome, code, remark = rest
        took = f"  {seconds} s" if seconds else ""
        screen.say(f"\n{number}  {started} UTC{took}  {outcome} {code}".rstrip())
        where = f"{station} slot {slot}, operator {operator}, batch {batch}, {profile}"
        screen.say_beside("   ", where)
        if remark:
            screen.say_beside("   ", remark)


def _ids(attempts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """`IMEI …`, `serial …`, `label …`; with the records' numbers where attempts differ."""
    for source, title in (("imei", "IMEI"), ("serial", "serial"), ("label", "label")):
        records: dict[str, list[str]] = {}
        for attempt in attempts:
            if value := attempt["ids"].get(source):
                records.setdefault(value, []).append(f"record {attempt['number']}")
        one = len(records) == 1
        values = (v if one else f"{v} ({', '.join(numbers)})" for v, numbers in records.items())
        if records:
            yield f"  {title:<6} {', '.join(values)}"


def _attempt(element: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(element["number"]),
        _minute(element["started"]),
        "" if element["seconds"] is None else f"{element['seconds']:.1f}",
        element["station"],
        element["slot"],
        element["operator"],
        element["batch"],
        element["profile"],
        element["outcome"],
        element["code"],
        _remark(element),
    )


def _correction(element: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        element["number"],
        _minute(element["at"]),
        element["station"],
        element["batch"],
        element["what"],
        element["operator"],
        element["reason"],
    )


def _check(element: Mapping[str, Any]) -> tuple[object, ...]:
    differing = [f["what"] for f in element["findings"] if f["verdict"] == "differs"]
    return (
        element["number"],
        _minute(element["at"]),
        element["station"],
        "good" if element["good"] else "differs",
        element["operator"],
        ", ".join(differing),
    )


def _registration(element: Mapping[str, Any]) -> tuple[object, ...]:
    answer = f"registered, {element['credentials']}" if element["registered"] else "refused"
    return (
        element["number"],
        _minute(element["at"]),
        element["station"],
        element["device_name"],
        element["host"],
        f"{answer} {element['code']}".rstrip(),
        element["operator"],
    )


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _remark(element: Mapping[str, Any]) -> str:
    if successor := element["superseded_by"]:
        return f"superseded by record {successor}"
    evidence, rework = element["evidence"], element["rework"] and f"rework: {element['rework']}"
    answered = "challenge answered" if has_answered(evidence) else ""
    return ", ".join(filter(None, (*warnings_in(evidence), element["detail"] or rework, answered)))
