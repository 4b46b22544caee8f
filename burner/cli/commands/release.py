"""`burner release`: builds one file from a profile, seals and checks it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.commands import release_diff, release_show, release_sign, release_withdraw
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.questions.secret_questions import product_secret_prompt
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.atomic_file import write_whole
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, exit_code
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.release.release_file import Contents


def recipients_option(*, required: bool = False) -> options.Decorator:
    """--to: who can open it."""
    return click.option(
        "--to",
        "recipients",
        metavar="FILE|KEY",
        multiple=True,
        required=required,
        help="Seal it for this station: the file that `burner key recipient` wrote, or age1…. "
        "Once for each station.",
    )


@click.group(cls=OrderedGroup)
def release() -> None:
    """Build, seal, sign, approve, withdraw and compare release files."""


@release.command()
@click.argument("profile", type=FILE)
@recipients_option()
@options.output_option()
@options.force_option
def build(profile: Path, recipients: tuple[str, ...], output: Path | None, force: bool) -> None:
    """Freeze PROFILE, its table and its images into one file.

    The file is NAME-VERSION.burn, or --output. The same inputs give the same bytes, wherever and
    whenever they are built. The secret is not in it, unless it is sealed --to stations: then it
    and the confidential images are encrypted, and no station needs the secret otherwise.
    """
    from burner.release.contents import inputs_to_seal, release_contents
    from burner.release.preflight import preflight_without_secret
    from burner.release.release_file import pack
    from burner.release.seal import add_seal, confidential_parts

    seen, sealed_for = preflight_without_secret(profile), _recipients(recipients)
    prompt = product_secret_prompt(profile.name)
    inputs = inputs_to_seal(seen, prompt) if sealed_for else None
    contents = release_contents(seen, inputs)
    if inputs is not None:
        contents = add_seal(contents, inputs, sealed_for)
    elif any(confidential_parts(contents.index)):
        raise BurnerError(Code.SEAL_NEEDED, profile.name)
    screen.findings(seen.findings, language(), screen.warn)
    product = contents.index["profile"]["product"]
    target = output or Path(f"{product['name']}-{product['version']}.burn")
    if target.suffix.lower() != ".burn":
        raise click.BadParameter("the file must be called ….burn", param_hint="-o")
    data = pack(contents)
    before = _release_at(target)
    if before and before.digest == contents.digest and not force and not _holds(target, data):
        beside = f"the same release with {_beside_core(before)}"
        raise BurnerError(Code.RELEASE_EXISTS, f"{target}: {beside}")
    _write(target, data, force)
    screen.say(f"{target}  {len(data)} bytes")
    screen.say(f"digest {contents.digest}")
    if before and (before.envelopes or before.sealed) and force:
        screen.warn(f"The file that was replaced had {_beside_core(before)}: they are gone.")
    if sealed_for:
        screen.say(_sealed_words(contents.index, sealed_for))


@release.command()
@click.argument("path", metavar="RELEASE", type=FILE)
@click.argument("profile", type=FILE)
@recipients_option(required=True)
@options.output_option()
def seal(path: Path, profile: Path, recipients: tuple[str, ...], output: Path | None) -> None:
    """Seal RELEASE for further stations.

    Secret and confidential images are taken from PROFILE, and must be those of RELEASE. Digest and
    signatures stay. RELEASE is replaced, unless there is --output.
    """
    from burner.release.contents import inputs_to_seal
    from burner.release.opening import open_release_file
    from burner.release.preflight import preflight_without_secret
    from burner.release.release_file import MOST_NUMBERED, pack
    from burner.release.seal import add_seal, other_inputs

    contents, sealed_for = open_release_file(path).contents, _recipients(recipients)
    if not 0 < len(contents.sealed) < MOST_NUMBERED:
        why = "it was sealed too often" if contents.sealed else "it is not sealed"
        raise click.BadParameter(f"{why}: build it with --to", param_hint="RELEASE")
    inputs = inputs_to_seal(preflight_without_secret(profile), product_secret_prompt(profile.name))
    product_id = contents.index["profile"]["product"]["id"]
    if other := other_inputs(contents.index, inputs, product_id):
        raise click.BadParameter(f"it has {other} than {path}", param_hint="PROFILE")
    target = output or path
    _write(target, pack(add_seal(contents, inputs, sealed_for)), force=output is None)
    screen.say(str(target))
    screen.say(_sealed_words(contents.index, sealed_for))
    times = counted(len(contents.sealed) + 1, "time")
    screen.say(f"It is sealed {times} now. The file does not say for whom.")


def _release_at(path: Path) -> "Contents | None":
    """The release in a file that is to be written; None: there is none."""
    from burner.release.opening import read_release_file

    try:
        return read_release_file(path) if path.exists() else None
    except BurnerError:
        return None


def _beside_core(contents: "Contents") -> str:
    """`2 signatures and approvals, 1 seal`."""
    seals = counted(len(contents.sealed), "seal")
    return f"{len(contents.envelopes)} signatures and approvals, {seals}"


def _recipients(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Each once: two equal ones would tell a reader of the file that they are."""
    from burner.release.age import read_recipient

    return tuple(dict.fromkeys(map(read_recipient, arguments)))


def _sealed_words(index: Mapping[str, Any], sealed_for: tuple[str, ...]) -> str:
    count = counted(len(sealed_for), "recipient")
    return f"sealed for {count}, with product key {index['sealed']['key']}"


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
        contents, seen, _ = open_release_file(path)
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
    """Write the whole file or nothing. A different release of that name stays, unless forced."""
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
