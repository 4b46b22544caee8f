"""`burner profile new`: a commented profile, from a firmware build or without one."""

import re
from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.atomic_file import write_whole
from burner.core.code import Code
from burner.core.errors import BurnerError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
PRESETS = (
    *("esp-qcloud", "esp-aliyun", "volcengine"),
    *("nvs", "c-sdk", "device-info", "raw", "at"),
)
"""As in `burner.profile.scaffold.carrier_draft`, which is too heavy to import for help."""


def _product_name(_: click.Context, __: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise click.BadParameter("a product's name has a-z, 0-9 and -, at most 40 of them")
    return name


@click.command()
@click.argument("name", callback=_product_name)
@click.option("--from-idf", type=FOLDER, metavar="DIR", help="Build folder of ESP-IDF.")
@click.option(
    "--from",
    "source",
    type=FOLDER,
    metavar="DIR",
    help="Build folder of anything known: ESP-IDF, ESP8266_RTOS_SDK, PlatformIO, Arduino, "
    "ESP8266 images.",
)
@click.option("--preset", type=click.Choice(PRESETS), help="Where the firmware keeps its key.")
@options.output_option()
@options.force_option
def new(
    name: str,
    *,
    from_idf: Path | None,
    source: Path | None,
    preset: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write a commented profile for product NAME.

    What is left to fill in is marked. From a build it takes chip, flash, partition table, images
    and version. Without --output it is profiles/NAME.yaml.
    """
    from burner.profile.builds import esp_idf, esp_idf_make
    from burner.profile.builds.build_reader import read_build
    from burner.profile.scaffold.carrier_draft import needs_table
    from burner.profile.scaffold.new_profile import draft_profile
    from burner.release.preflight import preflight

    if from_idf and source:
        raise click.UsageError("--from-idf or --from, one of both")
    target = output or Path("profiles") / f"{name}.yaml"
    if target.exists() and not force:
        raise BurnerError(Code.PROFILE_EXISTS, str(target))
    build = None
    if from_idf:
        build = read_build(from_idf, (esp_idf.listing, esp_idf_make.listing))
    elif source:
        build = read_build(source)
    if build and not build.table_file and needs_table(preset or ""):
        raise BurnerError(
            Code.BUILD_WITHOUT_PARTITION_TABLE, f"--preset {preset}, {build.kind} in {build.folder}"
        )
    _write(target, draft_profile(name, target.parent, build, preset or ""))
    screen.say(f"{target} is written. Next: fill in what is missing, then run")
    screen.say(f"  burner profile check {target}")
    screen.findings(preflight(target).findings, language())


def _write(target: Path, text: str) -> None:
    try:
        data = text.encode()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, data)
    except UnicodeEncodeError:
        raise BurnerError(
            Code.PROFILE_NOT_WRITABLE, f"{target}: a path of the build is no text"
        ) from None
    except OSError as error:
        raise BurnerError(Code.PROFILE_NOT_WRITABLE, f"{target}: {error.strerror}") from None
