"""`burner release`: freeze a profile into one file, check it, look into it, compare two."""

from dataclasses import asdict
from pathlib import Path

import click

from burner.cli import options, screen
from burner.cli.commands import release_diff, release_show, release_sign, release_withdraw
from burner.cli.groups import OrderedGroup
from burner.cli.json_output import print_json
from burner.cli.language import language
from burner.core.atomic_file import write_whole
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, exit_code

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=OrderedGroup)
def release() -> None:
    """Build, sign, approve, withdraw, check and compare release files."""


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
release.add_command(release_withdraw.withdraw)
release.add_command(release_show.show)


@release.command()
@click.argument("paths", metavar="RELEASE...", nargs=-1, required=True, type=FILE)
@options.json_option
def check(paths: tuple[Path, ...], as_json: bool) -> int:
    """Check that every RELEASE is whole and can be burned.

    Prints the digest or the error of each. Ends with the status of the first error.
    """
    results = [(path, *_checked(path)) for path in paths]
    if as_json:
        print_json([_result(*result) for result in results])
    for path, digest, findings, error in results if not as_json else ():
        if error:
            screen.error(error, language())
        else:
            screen.findings(findings, language(), screen.warn)
            screen.say(f"{path}: OK  {digest}")
    return next((exit_code(error.code) for *_, error in results if error), 0)


def _checked(path: Path) -> tuple[str, tuple[Finding, ...], BurnerError | None]:
    """Digest, warnings, and the error of a release that cannot be opened."""
    from burner.release.opening import open_release_file

    try:
        contents, seen = open_release_file(path)
    except BurnerError as error:
        return "", error.findings, error
    return contents.digest, seen.findings, None


def _result(
    path: Path, digest: str, findings: tuple[Finding, ...], error: BurnerError | None
) -> dict[str, object]:
    return {
        "release": str(path),
        "ok": error is None,
        "digest": digest,
        "code": error.code if error else "",
        "detail": error.detail if error else "",
        "findings": [asdict(finding) for finding in findings],
    }


release.add_command(release_diff.diff)


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
