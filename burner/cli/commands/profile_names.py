"""`burner profile names`: the names of units with certain IDs, for people and firmware tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen

if TYPE_CHECKING:
    from burner.profile.name_vectors import NameVector
    from burner.profile.profile import Profile

JSON_FILE = "name_vectors.json"
HEADER_FILE = "name_vectors.h"
PRODUCT_HEADER_FILE = "product_identity.h"


@click.command()
@click.argument("path", metavar="PROFILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--id",
    "ids",
    metavar="SOURCE=VALUE",
    multiple=True,
    help="An ID instead of the samples: mac=…, imei=…, serial=…, label=….",
)
@options.output_option(options.NEW_FOLDER)
@options.json_option
def names(path: Path, ids: Sequence[str], output: Path | None, as_json: bool) -> None:
    """Show the names that PROFILE gives to sample IDs.

    --output names a folder: the table is written there as JSON and as a C header, for the tests of
    the firmware team; and the rule of the name and the place of the key as a C header, for the
    firmware itself.
    """
    from burner.profile.name_vectors import NoSampleError, name_vectors, vectors_json
    from burner.profile.reading import load_profile
    from burner.profile.unit_names import ID_SOURCES

    profile = load_profile(path)
    try:
        vectors = list(name_vectors(profile, _parsed(ids)))
    except NoSampleError as error:
        form, source = error.args
        raise click.UsageError(
            f"no sample has the form {form}: give one, --id {source}=…"
        ) from None
    if output:
        _write(output, profile, vectors)
    if as_json:
        screen.say(vectors_json(profile, vectors).rstrip())
        return
    shown = [source for source in ID_SOURCES if any(getattr(vector, source) for vector in vectors)]
    rows = [(*(getattr(vector, source) for source in shown), vector.name) for vector in vectors]
    screen.table(f"{profile.title}: {profile.name.template}", (*shown, "name"), rows)
    if output:
        files = (output / name for name in (JSON_FILE, HEADER_FILE, PRODUCT_HEADER_FILE))
        screen.say(f"written: {', '.join(map(str, files))}")


def _parsed(texts: Sequence[str]) -> Mapping[str, str]:
    from burner.core.silicon import Mac
    from burner.profile.unit_names import ID_SOURCES

    ids = dict(text.partition("=")[::2] for text in texts)
    if unknown := set(ids) - set(ID_SOURCES):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: not mac, imei, serial or label")
    if "mac" in ids:
        try:
            ids["mac"] = str(Mac.parse(ids["mac"]))
        except ValueError:
            raise click.BadParameter(f"{ids['mac']!r} is not a MAC") from None
    return ids


def _write(folder: Path, profile: "Profile", vectors: "Sequence[NameVector]") -> None:
    from burner.profile.name_vectors import vectors_header, vectors_json
    from burner.profile.product_header import product_header

    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON_FILE).write_text(vectors_json(profile, vectors), encoding="utf-8")
    (folder / HEADER_FILE).write_text(vectors_header(profile, vectors), encoding="utf-8")
    (folder / PRODUCT_HEADER_FILE).write_text(product_header(profile), encoding="ascii")
