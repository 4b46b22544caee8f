"""The command line: one file a command or group, imported only when it is used."""

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.completion_variable import COMPLETION_VARIABLE
from burner.cli.terminal.language import LANGUAGE_HELP, language
from burner.cli.terminal.standard_output import silence_stdout
from burner.core.code import Code
from burner.core.errors import BurnerError, exit_code

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
from burner.core.version import burner_version

SECTIONS = {
    "Product": {
        "profile": "Write, check and look at product profiles.",
        "release": "Build, seal, sign, approve, withdraw and compare release files.",
    },
    "Station": {
        "station": "Teach and show the slots and the policy of this station.",
        "ports": "Show every serial port: its place, adapter and holder.",
        "doctor": "Find out what is wrong with this station.",
        "key": "Make, show, enroll, rotate and withdraw keys.",
    },
    "Units in the slots": {
        "identify": "Read and check every ID of the units in the slots; write nothing.",
        "burn": "Burn units with SOURCE, a profile or release, and record each.",
        "verify": "Compare the units in the slots with their records.",
    },
    "Records": {
        "batch": "Open batches, see how they stand, close them.",
        "unit": "Show one unit, correct its record, write its certificate.",
        "board": "Show all stations, as text or as a live page for a big screen.",
        "report": "Report yield, pace, cycle times, failures and measurements.",
        "manifest": "List, verify, export and back up the production log.",
        "mes": "See what waits for the MES, send it, try it again or skip it.",
    },
    "Help": {
        "explain": "Say what CODE means and what to do now.",
        "cloud": "Prepare the registration of units with the cloud, and try it.",
        "bench": "Serve simulated chips and modems to any client.",
        "completion": "Print the script that lets SHELL complete commands.",
    },
}
"""The commands in the order of work. Their words stand here, so that help imports none of them."""
COMMANDS = {name: words for section in SECTIONS.values() for name, words in section.items()}

COLLECTED = (50_000, 20, 50)
"""How rarely Python looks for cycles: at its own pace (700, 10, 10) it takes a third of a command's
start, where imports make much and drop nothing, and a fifth of reading a manifest.
"""


class CommandTable(click.Group):
    """Finds a command in `burner.cli.commands` when it is used, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands, in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's file, only now."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"burner.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a file without its command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of contents, without importing any of them."""
        width = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """What a TAB offers, without importing any of them."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        return [*(CompletionItem(name, help=COMMANDS[name]) for name in names), *options]


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(burner_version(), prog_name="burner")
@click.option("--lang", type=click.Choice(["en", "zh"]), help=LANGUAGE_HELP)
def root(lang: str | None) -> None:
    """Put one product key into every unit, name each by its own silicon, and record every one."""
    if lang:
        os.environ["BURNER_LANG"] = lang


def main(args: list[str] | None = None) -> None:
    """Run the command line; the one place where an error becomes words and an exit status."""
    _prepare_streams()
    gc.set_threshold(*COLLECTED)
    if COMPLETION_VARIABLE in os.environ:
        importlib.import_module("burner.cli.shell_completion")
    sys.exit(_run(args))


def _prepare_streams() -> None:
    """Make every character writable: as an escape where a stream's encoding has it not.

    Without this `→` ends a command on a pipe of Windows, which gets UTF-8 unless told otherwise.
    """
    # Closed by whoever started us: nobody answers, or nobody reads.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - until we end
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            if (
                sys.platform == "win32"
                and not stream.isatty()
                and not os.environ.get("PYTHONIOENCODING")
            ):
                stream.reconfigure(encoding="utf-8")


def _run(args: list[str] | None) -> int:
    status = _run_command(args)
    if refusal := _unwritable_output():
        return status or _refused(refusal)
    return status


def _run_command(args: list[str] | None) -> int:
    from burner.cli.terminal import screen
    from burner.core.words.phrases import phrase

    try:
        result: Any = root.main(args=args, prog_name="burner", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        screen.warn(phrase("Interrupted.", language()))
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BurnerError as error:
        return _refused(error)
    except BrokenPipeError:
        silence_stdout()
        return 0
    except Exception as error:  # the last door: a bug still gets words
        if refusal := _reason(error, sys.argv[1:] if args is None else args):
            return _refused(refusal)
        screen.bug(error, language())
        return exit_code(Code.UNEXPECTED_ERROR)
    return result if isinstance(result, int) else 0


def _refused(error: BurnerError) -> int:
    """Print an error; the exit status."""
    from burner.cli.terminal import screen

    screen.error(error, language())
    return exit_code(error.code)


def _reason(error: Exception, arguments: Sequence[str]) -> BurnerError | None:
    """The error in our words, if the system or a library raised it; None where it is a bug."""
    if isinstance(error, UnicodeEncodeError):
        return _refused_argument(arguments)
    if isinstance(error, OSError):
        return _unwritable_output("\n")  # a stream without a buffer forgets what failed
    return None


def _unwritable_output(last: str = "") -> BurnerError | None:
    """E729 where standard output takes no more, such as on a full disk."""
    try:
        sys.stdout.write(last)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        silence_stdout()
        return BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"standard output: {error.strerror}")
    return None


def _refused_argument(arguments: Sequence[str]) -> BurnerError | None:
    """E738 for the first argument with bytes that are no text in this encoding.

    Only a file name may have such bytes.
    """
    for before, argument in zip(("", *arguments), arguments, strict=False):
        option, value = "", argument
        if argument.startswith("--"):
            option, _, value = argument.partition("=")
        byte = next((c for c in value if "\ud800" <= c <= "\udfff"), "")
        if byte:
            name = option or (before if before.startswith("-") else ascii(argument))
            position = f"U+{ord(byte):04X} as character {value.index(byte) + 1} of {len(value)}"
            return BurnerError(Code.TEXT_UNUSABLE, f"{name}: {position}")
    return None
