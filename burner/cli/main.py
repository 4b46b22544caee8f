"""The command line: one file a topic, imported only when its command is used."""

import gc
import importlib
import importlib.util
import io
import os
import sys
from typing import Any

import click

from burner.cli.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError, exit_code
from burner.core.version import burner_version

TOPICS = {
    "profile": "Write, check and look at product profiles.",
    "release": "Build, check and compare release files.",
    "ports": "Show slots and ports, and who holds them.",
    "station": "Teach which slot is which USB place.",
    "identify": "Read every ID of the units; write nothing.",
    "burn": "Burn units and record every one of them.",
    "verify": "Check a unit against its record.",
    "manifest": "Read, check, export and close the production ledger.",
    "bench": "Serve simulated chips and modems to any client.",
    "doctor": "Find out what is wrong with this station.",
    "explain": "Say what a code means and what to do.",
}

COLLECTED = (50_000, 20, 50)
"""How rarely Python looks for cycles: at its own pace (700, 10, 10) it takes a third of a command's
start, where imports make much and drop nothing, and a fifth of reading a manifest.
"""


class Topics(click.Group):
    """Finds a topic in `burner.cli.commands`, so that help needs no heavy import."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The topics, in the order of a product's life."""
        return [
            t for t in TOPICS if importlib.util.find_spec(f"burner.cli.commands.{t}") is not None
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the topic's file, only now."""
        if cmd_name not in TOPICS:
            return None
        command = getattr(importlib.import_module(f"burner.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a topic file without its command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the topics without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(topic, TOPICS[topic]) for topic in self.list_commands(ctx)])


@click.group(cls=Topics, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(burner_version(), prog_name="burner")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages to people.")
def root(lang: str | None) -> None:
    """One product key into every unit, each named by its own silicon, every one on record."""
    if lang:
        os.environ["BURNER_LANG"] = lang


def main(args: list[str] | None = None) -> None:
    """Run the command line; the one place where an error becomes words and an exit status."""
    _prepare_streams()
    gc.set_threshold(*COLLECTED)
    sys.exit(_run(args))


def _prepare_streams() -> None:
    """Make every character writable: as an escape where a stream's encoding has it not.

    Without this `→` ends a command on a pipe of Windows, which gets UTF-8 unless told otherwise.
    """
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
    from burner.cli import screen
    from burner.core.words.phrases import phrase

    try:
        result: Any = root.main(args=args, prog_name="burner", standalone_mode=False)
    except click.exceptions.Abort:
        screen.warn(phrase("Interrupted.", language()))
        return 130
    except KeyboardInterrupt:
        screen.warn(phrase("Interrupted.", language()))
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BurnerError as error:
        screen.error(error, language())
        return exit_code(error.code)
    except BrokenPipeError:
        silence_stdout()
        return 0
    except Exception as error:  # the last door: a bug still gets words
        screen.bug(error, language())
        return exit_code(Code.UNEXPECTED_ERROR)
    return result if isinstance(result, int) else 0


def silence_stdout() -> None:
    """The reader of our pipe left (`| head`): nothing more to say, and no traceback about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
