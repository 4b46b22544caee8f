"""`burner manifest export`: attempts as tables, or the log itself."""

import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from burner.cli.parameters import options
from burner.cli.parameters.name_options import names_header_option
from burner.cli.parameters.output_path import OutputPath
from burner.cli.parameters.whole_file import written_whole
from burner.cli.terminal import screen
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader

FORMATS = ("csv", "jsonl", "measurements", "names", "log", "tiles")


@click.command()
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help="What to write: see above.",
)
@names_header_option
@options.bom_option
@options.output_option(OutputPath(dir_okay=True))
@options.filter_options
@options.manifest_option
def export(
    *,
    kind: str,
    header: str,
    bom: bool,
    output: Path | None,
    manifest: str,
    **attempts: Any,
) -> None:
    """Write attempts as a table, or the log for others.

    \b
      csv           one line an attempt, for people
      jsonl         one line of JSON an attempt, for an MES
      measurements  CSV, one line a value that a test measured
      names         the good units, for the cloud's batch upload
      log           the log, for `verify` and `import`; with --batch that batch
                    alone, with the proofs of its records
      tiles         the whole log as C2SP tlog-tiles; --output names a new folder

    Without --output it goes to stdout.
    """
    from burner.manifest.exchange.table import BOM
    from burner.manifest.reading.attempt_filter import AttemptFilter
    from burner.manifest.reading.reader import ManifestReader

    chosen = AttemptFilter(**attempts)
    _check_usage(kind, chosen, bom, output)
    with ManifestReader.open(manifest) as reader:
        if kind == "tiles" and output is not None:
            _write_tiles(reader, output)
            return
        with _opened(output) as file:
            lines, count = _lines(reader, kind, reader.with_log_of_batch(chosen), header)
            if bom:
                file.write(BOM)
            with closing(lines):  # before the manifest it reads, also when nobody reads on
                file.writelines(screen.track(lines, "export", count) if output else lines)


def _check_usage(kind: str, chosen: "AttemptFilter", bom: bool, output: Path | None) -> None:
    from burner.manifest.reading.attempt_filter import AttemptFilter

    if kind == "tiles" and (chosen != AttemptFilter() or output is None):
        raise click.UsageError("--format tiles writes the whole log, into the folder of --output.")
    if kind == "log" and chosen != AttemptFilter(batch=chosen.batch):
        raise click.UsageError("A log cannot be cut by time, product or outcome.")
    if bom and kind not in ("csv", "measurements"):
        raise click.UsageError(
            "--bom is for --format csv and measurements; the other formats are read by programs."
        )


def _lines(
    reader: "ManifestReader", kind: str, chosen: "AttemptFilter", header: str
) -> tuple[Generator[str, None, None], int | None]:
    """The lines of a file, and their number where it is known."""
    from burner.manifest.exchange import table
    from burner.manifest.exchange.log_file import export_log
    from burner.manifest.exchange.measurement_table import measurements_csv
    from burner.manifest.reading.tested_attempts import attempts_with_tests

    if kind == "log":
        return export_log(reader, chosen.batch), None
    if kind == "names":
        names = (row.device_name for row in reader.passing_attempts(chosen))
        return table.names_csv(names, header), None
    if kind == "measurements":
        return measurements_csv(attempts_with_tests(reader, chosen, with_voided=True)), None
    write = table.attempts_csv if kind == "csv" else table.json_lines
    return write(reader.attempts_json(chosen)), reader.count_attempts(chosen)


def _write_tiles(reader: "ManifestReader", folder: Path) -> None:
    from burner.manifest.exchange.tiles import export_tiles

    with screen.progress("export", reader.size()) as advance:
        size = export_tiles(reader, folder, advance)
    screen.say(f"{counted(size, 'record')}: {folder}")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """A file that appears when it is complete, or stdout."""
    if output is None:
        yield sys.stdout
        return
    with written_whole(output) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        yield file
