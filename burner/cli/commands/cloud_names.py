"""`burner cloud names`: names for the console of the cloud platform, as CSV."""

from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.name_options import (
    NameListOptions,
    name_list_options,
    names_header_option,
)
from burner.cli.terminal import screen
from burner.cli.terminal.language import language


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@name_list_options
@options.output_option(required=True)
@names_header_option
@click.option("--no-header", is_flag=True, help="Write no first line.")
@click.option(
    "--per-file",
    metavar="N",
    type=click.IntRange(1, 1_000_000),
    help="Names in a file. Left out: what the platform's console takes.",
)
@options.force_option
def names(
    *,
    source: Path,
    listed: NameListOptions,
    output: Path,
    header: str,
    no_header: bool,
    per_file: int | None,
    force: bool,
) -> None:
    """Write names for the console of the platform, as CSV.

    The console creates devices from it. The names are those of the units that SOURCE, a profile or
    release file, makes: of IDs that are known before, of a file with names, of a batch, or of all
    units of the product in the manifest. --output OUT writes OUT-001.csv, OUT-002.csv and so on. A
    file with other content stays.
    """
    from burner.cli.cloud.name_files import write_name_files
    from burner.cli.cloud.name_list import listed_names, product_profile
    from burner.cloud.console_files import NAMES_PER_FILE, changed_by_spreadsheets
    from burner.core.spreadsheet import FORMULA
    from burner.core.words.phrases import Wording

    if header.startswith(FORMULA) or not header.isprintable():
        raise click.BadParameter("a spreadsheet would not take it for text", param_hint="--header")
    profile = product_profile(source)
    say = Wording(language())
    found = listed_names(profile, listed)
    if not found:
        screen.say(say("no name waits", profile.title))
        return
    for name in found:
        profile.name.rule.check(name)  # what the API takes, the console may refuse
    most = per_file or NAMES_PER_FILE[profile.product.cloud]
    files = write_name_files(
        output, found, header="" if no_header else header, per_file=most, force=force
    )
    screen.say(say.counted("names of product", len(found), profile.title, len(found)))
    first, last = files[0], files[-1]
    screen.say(say.counted("name files", len(files), len(files), first, last, most))
    changed = [name for name in found if changed_by_spreadsheets(name)]
    if changed:
        screen.warn(say.counted("names changed", len(changed), len(changed), changed[0]))
