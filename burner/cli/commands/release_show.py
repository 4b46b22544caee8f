"""`burner release show`: a release as its approver reads it."""

from dataclasses import asdict
from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language


@click.command()
@click.argument("path", metavar="RELEASE", type=FILE)
@options.json_option
def show(path: Path, as_json: bool) -> None:
    """Show RELEASE as its approver reads it.

    What it is, its limits, who signed and approved it, what its units must pass, and what lies
    where in flash. The names of people are as they wrote them: compare the fingerprints of their
    keys.
    """
    from burner.cli.commands.profile import facts, print_flash
    from burner.cli.pages import release_page
    from burner.cli.pages.tests_page import test_rows, tests_as_data
    from burner.profile.profile import Profile
    from burner.release.opening import open_release_file
    from burner.release.placement.flash_map import flash_map

    contents, seen, statements = open_release_file(path)
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    assert seen.layout is not None  # noqa: S101
    about = release_page.as_data(contents, seen, statements)
    head = {"release": str(path), **facts(seen.plan, seen.layout, contents.digest)}
    flash = list(flash_map(seen.layout, seen.segments))
    if as_json:
        tests = tests_as_data(seen.plan)
        print_json({**head, **about, **tests, "flash": [asdict(row) for row in flash]})
        return
    tested = test_rows(seen.plan, seen.route)
    for name, value in (*release_page.head_rows(head), *release_page.rows(about), *tested):
        screen.say(f"{name:<11} {value}")
    print_flash(flash)
    if about["notes"]:
        screen.say("Release notes:")
        for line in about["notes"].splitlines():
            screen.say(f"  {line}")
    screen.findings(seen.findings, language(), screen.warn)
