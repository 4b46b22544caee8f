"""`burner profile label`: the label that a profile prints, as a picture or as ZPL."""

from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.terminal import screen
from burner.core.code import Code
from burner.core.errors import BurnerError, refuse


@click.command()
@click.argument("path", metavar="PROFILE", type=FILE)
@options.output_option(required=True)
def label(path: Path, output: Path) -> None:
    """Write the printed label of PROFILE as a PNG picture.

    One pixel is a dot of the printer. It shows an example unit with the longest IDs. A file named
    .zpl gets what is sent to the printer instead. Letters are about as wide as the printer's own.
    """
    from burner.core.atomic_file import write_output
    from burner.profile.reading import load_profile
    from burner.profile.unit_label.boxes import place
    from burner.release.lint.unit_label import check_unit_label, example_values
    from burner.unit_labels.preview import to_png
    from burner.unit_labels.zpl import to_zpl

    profile = load_profile(path)
    findings = [*check_unit_label(profile)]
    if profile.label is None:
        raise BurnerError(Code.LABEL_NOT_PRINTABLE, f"{path}: no section label")
    try:
        placed = place(profile.label, example_values(profile, profile.label))
    except (BurnerError, ValueError):
        refuse(findings)
        raise
    data = to_zpl(placed) if output.suffix.lower() == ".zpl" else to_png(placed)
    write_output(output, data)
    screen.say(f"{output}: {profile.label.described()}")
    for element in placed.elements:
        screen.say(f"  {element.element.field:<10} {element.text}")
    refuse(findings)  # what is wrong is on the picture
