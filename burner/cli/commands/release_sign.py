"""`burner release sign`, `release approve`: statements on a release file, by people with keys."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.signing import SignerArguments, note_option, signer_options
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.atomic_file import write_whole
from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.release.envelope.dsse import EnvelopeSigner
    from burner.release.envelope.statement import Statement
    from burner.release.release_file import Contents


@click.command()
@click.argument("path", metavar="RELEASE", type=FILE)
@signer_options
def sign(path: Path, signing: SignerArguments) -> None:
    """Sign RELEASE: what it holds and its limits are what was built.

    The signature goes into the file. The digest stays the same.
    """
    from burner.release.statements import release_statement

    contents = _opened(path, {"--name": signing.name})
    _add(path, contents, release_statement(contents), signing, "signed")


@click.command()
@click.argument("path", metavar="RELEASE", type=FILE)
@click.option(
    "--evidence",
    metavar="FILE",
    multiple=True,
    required=True,
    type=FILE,
    help="What was looked at, such as a test report; its name and digest go into the statement. "
    "Once for each file.",
)
@note_option
@signer_options
def approve(path: Path, evidence: tuple[Path, ...], note: str, signing: SignerArguments) -> None:
    """Approve RELEASE: it was tested, and may be burned.

    The approval goes into the file; the evidence stays where it is. The digest stays the same.
    """
    from burner.release.documents.evidence import read_evidence
    from burner.release.statements import approval_statement

    files = read_evidence(evidence)
    texts = {"--name": signing.name, "--note": note}
    contents = _opened(path, texts | {f"--evidence {file.name}": file.name for file in files})
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    statement = approval_statement(contents, files, note, at)
    signer = _add(path, contents, statement, signing, "approved")
    screen.say(f"note: {note}")
    for file in files:
        screen.say(f"evidence: {file.name}, {file.size} bytes, sha256 {file.sha256}")
    _warn_of_what_lacks(contents, signer)


def _opened(path: Path, texts: Mapping[str, str]) -> "Contents":
    """A release file, checked whole; none of the texts holds its secret."""
    from burner.profile.profile import Profile
    from burner.release.entered_text import refuse_secret
    from burner.release.opening import open_release_file

    contents, seen, _ = open_release_file(path)
    expired = [finding for finding in seen.findings if finding.code == Code.RELEASE_EXPIRED]
    screen.findings(expired, language(), screen.warn)
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    refuse_secret(seen.plan, contents.index, path.parent, texts)
    return contents


def _add(
    path: Path, contents: "Contents", statement: "Statement", signing: SignerArguments, done: str
) -> "EnvelopeSigner":
    """Put one more statement into the file: the whole file or nothing is written."""
    from burner.release.release_file import pack
    from burner.release.statements import add_statement

    signer = signing.signer()
    data = pack(add_statement(contents, statement, signer))
    try:
        write_whole(path, data)
    except OSError as error:
        raise BurnerError(Code.RELEASE_FILE_INACCESSIBLE, f"{path}: {error.strerror}") from None
    screen.say(f"{path}: {done} by {signer.name}  {signer.key.fingerprint}")
    screen.say(f"digest {contents.digest}")
    return signer


def _warn_of_what_lacks(contents: "Contents", signer: "EnvelopeSigner") -> None:
    """Warnings of an approval that counts at no station as it is."""
    from burner.release.envelope.statement import PredicateType
    from burner.release.statements import signed_statements

    statements = signed_statements(contents, "")
    kinds = [s.statement.type for s in statements if s.key == signer.key]
    if not any(s.statement.type is PredicateType.RELEASE for s in statements):
        screen.warn(
            "Nobody has signed this release yet: a station with a policy refuses it (E224) until "
            "one of its signers does, with burner release sign."
        )
    if PredicateType.RELEASE in kinds:
        counts = "a station counts this approval only if another of its signers signed it as well"
        screen.warn(f"{signer.name} signed this release too: {counts}")
