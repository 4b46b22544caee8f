"""`burner release`: freeze a profile into one file, check it, look into it, compare two."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from burner.cli import options, screen
from burner.cli.commands import release_sign
from burner.cli.groups import OrderedGroup
from burner.cli.json_output import print_json
from burner.cli.language import language
from burner.core.atomic_file import write_whole
from burner.core.code import Code
from burner.core.errors import BurnerError

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=OrderedGroup)
def release() -> None:
    """Build, sign, approve, check and compare release files."""


@release.command()
@click.argument("profile", type=FILE)
@options.output_option()
@options.force_option
def build(profile: Path, output: Path | None, force: bool) -> None:
    """Freeze PROFILE, its table and its images into one file.

    The file is NAME-VERSION.burn, or --output. The secret is not in it. The same inputs give the
    same bytes, wherever and whenever they are built.
    """
    from burner.release.opening import release_contents
    from burner.release.preflight import preflight_without_secret
    from burner.release.release_file import pack

    seen = preflight_without_secret(profile)
    contents = release_contents(seen)
    screen.findings(seen.findings, language(), screen.warn)
    product = contents.index["profile"]["product"]
    target = output or Path(f"{product['name']}-{product['version']}.burn")
    if target.suffix.lower() != ".burn":
        raise click.BadParameter("the file must be called ….burn", param_hint="-o")
    data = pack(contents)
    _write(target, data, force)
    screen.say(f"{target}  {len(data)} bytes")
    screen.say(f"digest {contents.digest}")


release.add_command(release_sign.sign)
release.add_command(release_sign.approve)


@release.command()
@click.argument("path", metavar="RELEASE", type=FILE)
@options.json_option
def show(path: Path, as_json: bool) -> None:
    """Check RELEASE and show what it puts where in flash."""
    from burner.cli.commands.profile import show_preflight
    from burner.release.opening import open_release_file

    show_preflight(path, open_release_file(path)[1], as_json)


@release.command()
@click.argument("paths", metavar="RELEASE...", nargs=-1, required=True, type=FILE)
@options.json_option
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check that every RELEASE is whole and can be burned.

    Prints the digest of each. The first one that is not ends the command with its error.
    """
    from burner.release.opening import open_release_file

    opened = ((path, *open_release_file(path)) for path in paths)
    if as_json:
        print_json(
            [
                {
                    "release": str(path),
                    "digest": contents.digest,
                    "findings": [asdict(finding) for finding in seen.findings],
                }
                for path, contents, seen in opened
            ]
        )
        return
    for path, contents, seen in opened:
        screen.findings(seen.findings, language(), screen.warn)
        screen.say(f"{path}: OK  {contents.digest}")


@release.command()
@click.argument("before", metavar="A", type=FILE)
@click.argument("after", metavar="B", type=FILE)
@options.json_option
def diff(before: Path, after: Path, as_json: bool) -> int:
    """Show what changed from A to B, release files or profiles.

    Ends with 1 if anything did.
    """
    from burner.release.diff import differences

    changes = differences(_index(before), _index(after))
    if as_json:
        print_json([asdict(change) for change in changes])
    elif changes:
        screen.table(
            "", ("what", str(before), str(after)), [(d.what, d.before, d.after) for d in changes]
        )
    else:
        screen.say("They make the same units.")
    return 1 if changes else 0


def _index(path: Path) -> Mapping[str, Any]:
    from burner.release.opening import is_release_file, open_release_file, release_contents
    from burner.release.preflight import preflight_without_secret

    if is_release_file(path):
        return open_release_file(path)[0].index
    return release_contents(preflight_without_secret(path)).index


def _write(target: Path, data: bytes, force: bool) -> None:
    """Put the whole file there or nothing; another release of that name stays unless forced."""
    try:
        if target.exists() and not force and not _holds(target, data):
            raise BurnerError(Code.RELEASE_EXISTS, str(target))
        write_whole(target, data)
    except OSError as error:
        raise BurnerError(Code.RELEASE_FILE_INACCESSIBLE, f"{target}: {error.strerror}") from None


def _holds(target: Path, data: bytes) -> bool:
    """Whether a file is there with just these bytes."""
    from burner.core.plain_file import read_plain

    return target.stat().st_size == len(data) and read_plain(target, len(data)) == data
