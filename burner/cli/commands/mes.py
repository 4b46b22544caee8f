"""`burner mes`: what waits for a MES, and what people do about it."""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.groups import OrderedGroup
from burner.cli.pages.mes_backlog import backlog_lines, print_backlogs, print_undelivered
from burner.cli.parameters import options
from burner.cli.parameters.mes_options import destination_option, message_arguments
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import Wording

if TYPE_CHECKING:
    from burner.manifest.writing.outbox_queue import OutboxQueue


@click.group("mes", cls=OrderedGroup)
def mes() -> None:
    """See what waits for the MES, send it, try it again or skip it."""


@mes.command()
@destination_option
@click.option("--skipped", is_flag=True, help="Show what is never sent, who decided it, and why.")
@station_file_names
@options.manifest_option
@options.json_option
def status(*, destination: str, skipped: bool, manifest: str, as_json: bool) -> None:
    """Show what was not delivered, and why."""
    from burner.manifest.reading.outbox_backlog import read_backlogs, undelivered
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(manifest) as reader, reader.connection() as connection:
        backlogs = read_backlogs(connection)
        messages = undelivered(connection, destination=destination, skipped=skipped)
    if destination:
        backlogs = tuple(backlog for backlog in backlogs if backlog.destination == destination)
    if as_json:
        print_json(
            {
                "destinations": [asdict(backlog) for backlog in backlogs],
                "messages": [asdict(message) for message in messages],
            }
        )
        return
    print_backlogs(backlogs, language())
    print_undelivered(messages)


@mes.command()
@destination_option
@click.option(
    "--of",
    "of_station",
    metavar="STATION",
    default="",
    help="Send what this station left behind, which burns no more.",
)
@options.station_file_option
@options.manifest_option
def send(*, destination: str, of_station: str, station_file: Path | None, manifest: str) -> int:
    """Send what waits. A station that burns does so by itself.

    The destinations are those of the station file. Exit status 1: something still waits.
    """
    from burner.cli.parameters.command_rules import (
        own_station_file,
        rules_of_command,
        station_of_command,
    )
    from burner.manifest.store.place import manifest_place
    from burner.manifest.writing.outbox_queue import OutboxQueue
    from burner.station.fixture.station_file import load_station
    from burner.station.mes.send_once import send_once
    from burner.station.mes.station_mes import open_destinations

    file = own_station_file(station_file)
    if file is None:
        raise click.UsageError("say which destinations: --station-file FILE")
    rules = rules_of_command(file, source=None, secret="", manifest=manifest, station=None)
    section = [one for one in load_station(file).mes if destination in ("", one.name)]
    if not section:
        raise BurnerError(Code.DESTINATION_UNKNOWN, f"{file}: {destination or 'no mes:'}")
    where = manifest_place(rules.manifest if rules else manifest)
    station = station_of_command(file, None)
    opened = open_destinations(section, station, file.absolute().parent)
    with ExitStack() as stack:
        queue = stack.enter_context(OutboxQueue(where, station))
        queue.take_station()
        if of_station:
            stack.enter_context(OutboxQueue(where, of_station)).take_station()
        delivered = send_once(opened, queue, of_station=of_station)
        backlogs = [b for b in queue.backlogs() if b.destination in delivered]
    say = Wording(language())
    for name, count in delivered.items():
        screen.say(say.counted("mes delivered", count, name, count))
    left = backlog_lines(backlogs, language())
    for line in left:
        screen.warn(line)
    return 1 if left else 0


@mes.command()
@message_arguments
@destination_option
@station_file_names
@options.manifest_option
def retry(*, messages: tuple[str, ...], destination: str, manifest: str) -> None:
    """Try messages again that were refused, and at once those that wait.

    Without MESSAGE: all of them. The station that has them sends them; or `burner mes send`.
    """
    with _queue(manifest) as queue:
        ids = messages or ("",)
        count = sum(queue.retry(destination=destination, message_id=one) for one in ids)
    screen.say(Wording(language()).counted("mes tried again", count, count))


@mes.command()
@message_arguments
@destination_option
@options.operator_option()
@options.reason_option
@station_file_names
@options.manifest_option
def skip(
    *,
    messages: tuple[str, ...],
    destination: str,
    operator: str,
    reason: str,
    manifest: str,
) -> None:
    """Never deliver messages. Operator and reason stay in the outbox, not in the signed log.

    Name MESSAGEs by their ids, or with --destination all that wait for one: for a MES that is gone.
    """
    if not messages and not destination:
        raise click.UsageError("say which messages: their ids, or --destination NAME for all of it")
    with _queue(manifest) as queue:
        ids = messages or ("",)
        count = sum(
            queue.skip(operator=operator, reason=reason, destination=destination, message_id=one)
            for one in ids
        )
    say = Wording(language())
    screen.say(say.counted("mes skipped", count, count) + say("mes skipped look"))


@mes.command()
def schema() -> None:
    """Print the JSON schema of a message."""
    from burner.mes.message_schema import message_schema

    print_json(message_schema())


def _queue(manifest: str) -> "OutboxQueue":
    from burner.manifest.store.place import manifest_place
    from burner.manifest.writing.outbox_queue import OutboxQueue

    return OutboxQueue(manifest_place(manifest), "")
