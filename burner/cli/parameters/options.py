"""Options that several commands share: each has one spelling, one meaning and one help text."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from burner.cli.parameters.output_path import OutputPath
from burner.cli.parameters.station_name import check_station_name
from burner.cli.parameters.times import Moment, Zone
from burner.cli.terminal.language import LANGUAGE_HELP
from burner.cli.terminal.next_command import DEFAULT_MANIFEST
from burner.core.attempt import Outcome
from burner.core.secrets import core_dumps

Command = TypeVar("Command", bound=Callable[..., Any])


class Decorator(Protocol):
    """Adds an option to a command."""

    def __call__(self, command: Command, /) -> Command:
        """The same command."""
        ...


OUTCOMES = tuple(outcome.value for outcome in Outcome)
OWN_NAME = "BURNER_STATION, else this computer's name."
MANIFEST_HELP = "Manifest (production log): a file, or postgresql+psycopg://…"
STATION_FILE_HELP = "Station file: the station's name, slots and scanners (`burner station teach`)."
NEW_FILE = OutputPath()
NEW_FOLDER = OutputPath(file_okay=False, dir_okay=True)


LARGEST_QUANTITY = 1_000_000_000
"""Units of a batch: a number with more digits is a typing error."""


def one_line(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Check an option's value: one line of text that can be seen (E738)."""
    from burner.manifest.writing.operator_text import check_one_line

    if value is not None:
        check_one_line(**{f"--{option.name}": value})
    return value


# -- which slots -----------------------------------------------------------------------------------


def slot_options(command: Command) -> Command:
    """--port, --station-file, --bench: which slots (`slots.open_slots`)."""
    bench = click.option(
        "--bench",
        metavar="SPEC",
        help="Simulated slots: sim:8, sim:8,chip=esp32c6,baud=921600, or a YAML file; or "
        "HOST:PORT, the control port of a bench that runs. Goes with --station-file too.",
    )
    port = click.option(
        "--port",
        "ports",
        metavar="PORT",
        multiple=True,
        help="Device name or URL (rfc2217://, socket://); once a slot. "
        "Several ports of one slot: esp=PORT,modem=PORT.",
    )
    return port(station_file_option(bench(command)))


def station_file_option(command: Command) -> Command:
    """--station-file: the file that `station teach` writes."""
    return click.option(
        "--station-file",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help=STATION_FILE_HELP,
    )(command)


def slot_count_option(command: Command) -> Command:
    """--slots: how many there are."""
    return click.option(
        "--slots", "slot_count", metavar="N", type=click.IntRange(1, 256), help="Number of slots."
    )(command)


def product_option(command: Command) -> Command:
    """--profile: of which product."""
    return click.option(
        "--profile",
        metavar="SOURCE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Product: a profile or a release file.",
    )(command)


def repeat_options(command: Command) -> Command:
    """--watch, --count: board after board."""
    count = click.option(
        "--count", metavar="N", type=click.IntRange(1), help="Take board after board, N units."
    )
    watch = click.option("--watch", is_flag=True, help="Take board after board, until Ctrl-C.")
    return watch(count(command))


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
        "keyring:SERVICE/USER or prompt. Left out: where the profile or release says.",
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


# -- which records ---------------------------------------------------------------------------------


def manifest_option(command: Command) -> Command:
    """--manifest: which manifest."""
    return click.option(
        "--manifest",
        metavar="URL",
        envvar="BURNER_MANIFEST",
        default=DEFAULT_MANIFEST,
        show_default=True,
        show_envvar=True,
        help=MANIFEST_HELP,
    )(command)


def compared_manifest_option(command: Command) -> Command:
    """--manifest, of a command that needs none."""
    return click.option("--manifest", metavar="URL", help=MANIFEST_HELP)(command)


def time_options(command: Command) -> Command:
    """--since, --until: of which time."""
    until = click.option("--until", metavar="TIME", type=Moment(), help="Before this time.")
    since = click.option(
        "--since",
        metavar="TIME",
        type=Moment(),
        help="From this time on, such as 2026-01-31 or 2026-01-31T08:00.",
    )
    return since(until(command))


def zone_option(command: Command) -> Command:
    """--zone: of times; None: this computer's."""
    return click.option(
        "--zone",
        metavar="NAME",
        type=Zone(),
        help="Time zone, Asia/Shanghai or +08:00; else this computer's.",
    )(command)


def batch_option(command: Command) -> Command:
    """--batch: of which batch; empty where it is left out."""
    return click.option(
        "--batch", default="", metavar="ID", help="Batch (work order).", shell_complete=_batches
    )(command)


def batch_argument(command: Command) -> Command:
    """BATCH: which one."""
    return click.argument("batch", metavar="BATCH", shell_complete=_batches)(command)


def product_id_option(command: Command) -> Command:
    """--product: of which product; empty where it is left out."""
    return click.option(
        "--product", default="", metavar="ID", help="Only units of this ProductID."
    )(command)


def scope_options(command: Command) -> Command:
    """--since --until --batch --product: which attempts."""
    return time_options(batch_option(product_id_option(command)))


def filter_options(command: Command) -> Command:
    """Those, and --outcome."""
    outcome = click.option(
        "--outcome",
        type=click.Choice(OUTCOMES, False),
        callback=lambda _context, _option, value: value or "",
        help="Only attempts that ended so.",
    )
    return scope_options(outcome(command))


def unit_argument(command: Command) -> Command:
    """UNIT: by any of its IDs."""
    return click.argument("unit", metavar="NAME|MAC|IMEI|SN")(command)


def quantity_option(*, required: bool = False, smallest: int = 0) -> Decorator:
    """--quantity: planned units; 0, where it is allowed, is no limit."""
    return click.option(
        "--quantity",
        metavar="N",
        type=click.IntRange(smallest, LARGEST_QUANTITY),
        required=required,
        help="Planned units of the batch.",
    )


# -- who writes, and why ---------------------------------------------------------------------------


def operator_option(*, required: bool = True) -> Decorator:
    """--operator: a person; no correction without a name."""
    return click.option(
        "--operator",
        metavar="ID",
        required=required,
        envvar="BURNER_OPERATOR" if required else None,
        callback=one_line,
        help="Who does this, for the record.",
    )


def reason_option(command: Command) -> Command:
    """--reason: no correction without one."""
    return click.option(
        "--reason", required=True, metavar="TEXT", callback=one_line, help="Why, for the record."
    )(command)


def station_option(command: Command) -> Command:
    """--station: the station's name in records; a station that is burning needs its own name."""
    return station_option_with(lambda name: name or _this_computer(), OWN_NAME)(command)


def slot_station_option(command: Command) -> Command:
    """--station, where a station file may give the name too: None if left out."""
    return station_option_with(lambda name: name, f"the station file's, else {OWN_NAME}")(command)


def station_option_with(resolve: Callable[[str | None], str | None], default: str) -> Decorator:
    """--station; `default` says what holds where it is left out."""

    def callback(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
        check_station_name(name or os.environ.get("BURNER_STATION", ""))
        return resolve(name)

    return click.option(
        "--station",
        metavar="NAME",
        callback=callback,
        help=f"Name of this station in records. Default: {default}",
    )


def _this_computer() -> str:
    from burner.cli.parameters.slots import station_id

    return station_id()


def record_option(command: Command) -> Command:
    """--record: of a check or a draw."""
    return click.option(
        "--record", is_flag=True, help="Put the draw or the check on record, for the sample audit."
    )(command)


# -- what comes out --------------------------------------------------------------------------------


def output_option(kind: click.Path = NEW_FILE, *, required: bool = False) -> Decorator:
    """-o, --output: a file or folder to write."""
    return click.option(
        "-o", "--output", metavar="PATH", type=kind, required=required, help="Write to this path."
    )


def force_option(command: Command) -> Command:
    """--force: replace what is there."""
    return click.option("--force", is_flag=True, help="Replace a file that is there.")(command)


def bom_option(command: Command) -> Command:
    """--bom: for spreadsheets."""
    return click.option(
        "--bom", is_flag=True, help="Begin CSV with a byte order mark, for spreadsheets."
    )(command)


def json_option(command: Command) -> Command:
    """--json: for scripts; nothing else is printed then."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON for scripts, and nothing else."
    )(command)


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
        help=LANGUAGE_HELP,
    )(command)


def _batches(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """What a TAB offers for a batch."""
    from burner.cli.shell_completion import batches

    return list(batches(context, incomplete))
