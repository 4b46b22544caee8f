"""Options that several commands share, each defined once."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from burner.cli.next_command import DEFAULT_MANIFEST
from burner.core.secrets import core_dumps

Command = TypeVar("Command", bound=Callable[..., Any])

OUTCOMES = ("PASS", "FAIL", "ERROR", "ABORTED", "OPEN")


class Moment(click.ParamType[datetime]):
    """`2025-01-31`, `2025-01-31T08:00`, with a zone or in this computer's."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read a time; one without a zone is this computer's."""
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value} is no ISO 8601 date or time", param, ctx)


def slot_options(command: Command) -> Command:
    """--port, --station, --bench: which slots; exactly one of them (see `slots.open_slots`)."""
    for option in (
        click.option(
            "--bench",
            metavar="SPEC",
            help="Simulated slots: sim:8, sim:8,chip=esp32c6,baud=921600, or a YAML file; or "
            "HOST:PORT, the control port of a bench that runs.",
        ),
        click.option(
            "--station",
            "station_file",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Station file: slots by USB place (burner station teach).",
        ),
        click.option(
            "--port",
            "ports",
            metavar="PORT",
            multiple=True,
            help="Device name or URL (rfc2217://, socket://); once a slot. "
            "Several ports of one slot: esp=PORT,modem=PORT.",
        ),
    ):
        command = option(command)
    return command


def manifest_option(command: Command) -> Command:
    """--manifest: which ledger."""
    return click.option(
        "--manifest",
        metavar="URL",
        envvar="BURNER_MANIFEST",
        default=DEFAULT_MANIFEST,
        show_default=True,
        show_envvar=True,
        help="The production ledger: a file, or postgresql+psycopg://…",
    )(command)


def secret_option(command: Command) -> Command:
    """--secret: where this station keeps it; never the secret."""
    return click.option(
        "--secret",
        metavar="REFERENCE",
        default="",
        envvar="BURNER_SECRET",
        show_envvar=True,
        callback=_before_secret,
        help="Where this station keeps the ProductSecret: env:NAME, file:PATH, "
        "keyring:SERVICE/USER or prompt. Left out: where SOURCE says.",
    )(command)


def _before_secret(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Of a command that will fetch a secret; one of the environment is in its memory already."""
    core_dumps.forbid()
    return value


def logs_option(command: Command) -> Command:
    """--logs: where each slot's log goes."""
    return click.option(
        "--logs",
        metavar="DIR",
        type=click.Path(path_type=Path),
        envvar="BURNER_LOGS",
        default=Path("logs"),
        show_default=True,
        help="Folder of the rotating logs, one a slot.",
    )(command)


def scope_options(command: Command) -> Command:
    """--since --until --batch --product: which attempts."""
    for option in (
        click.option("--product", default="", metavar="ID", help="Only this ProductID."),
        click.option("--batch", default="", metavar="ID", help="Only this batch."),
        click.option("--until", type=Moment(), help="Started before this time."),
        click.option("--since", type=Moment(), help="Started at or after this time."),
    ):
        command = option(command)
    return command


def filter_options(command: Command) -> Command:
    """Those, and --outcome."""
    choice = click.Choice(OUTCOMES, False)
    option = click.option(
        "--outcome", type=choice, callback=lambda _c, _p, value: value or "", help="Only these."
    )
    return scope_options(option(command))


def json_option(command: Command) -> Command:
    """--json: for scripts; nothing else is printed then."""
    return click.option("--json", "as_json", is_flag=True, help="For scripts; nothing else then.")(
        command
    )


def lang_option(command: Command) -> Command:
    """--lang, also after the command's name: operators' start scripts put it anywhere."""

    def choose(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
        if value:
            os.environ["BURNER_LANG"] = value

    return click.option(
        "--lang",
        type=click.Choice(["en", "zh"]),
        callback=choose,
        expose_value=False,
        help="Language of messages to people.",
    )(command)
