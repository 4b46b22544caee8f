"""`burner release withdraw`: no more units are made of a release."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.parameters.signing import SignerArguments, optional_signer_options
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.questions.secret_questions import Use
from burner.cli.terminal import screen

if TYPE_CHECKING:
    from burner.manifest.reading.reader import ManifestReader


@click.command()
@click.argument("release", metavar="RELEASE|DIGEST")
@options.operator_option()
@options.reason_option
@optional_signer_options
@station_file_names
@options.station_option
@options.manifest_option
def withdraw(
    *,
    release: str,
    operator: str,
    reason: str,
    signing: SignerArguments | None,
    station: str,
    manifest: str,
) -> None:
    """Withdraw RELEASE: this manifest takes no more units made with it.

    It is a release file, or the digest of one that has a batch; its first 8 digits do. Open batches
    of it stop. In a manifest with a station policy one of its signers or approvers signs this, with
    --signer; elsewhere it is not signed. It cannot be undone: build a new version.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.manifest.writing.policies import withdraw_release

    named = None if _is_digest(release) else _release_in_file(Path(release))
    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        if signing and ledger.reader.policy() is None:
            raise click.UsageError(
                "this manifest has no station policy, so a signature does not go on record; "
                "leave out --signer"
            )
        digest, name = named or _release_on_record(ledger.reader, release)
        number = withdraw_release(
            ledger,
            digest,
            name,
            signing.sign if signing else None,
            operator=operator,
            reason=reason,
        )
    screen.say(f"{name} ({digest[:16]}) is withdrawn, by record {number}")


def _is_digest(text: str) -> bool:
    """Whether it is a digest, or the beginning of one, and no file."""
    return bool(re.fullmatch(r"[0-9a-f]{8,64}", text)) and not Path(text).exists()


def _release_on_record(reader: "ManifestReader", digest: str) -> tuple[str, str]:
    """Digest of the release of a batch, from its first digits; and its name and version."""
    from burner.manifest.reading.batch_status import all_batches

    rows = (status.row for status in all_batches(reader))
    releases = {r.release_digest: r.profile for r in rows if r.release_digest.startswith(digest)}
    if len(releases) != 1:
        batches = "several releases have batches" if releases else "no release has a batch"
        why = f"{batches} in this manifest with a digest that begins so; name the release file"
        raise click.BadParameter(why, param_hint="RELEASE|DIGEST")
    ((found, name),) = releases.items()
    return found, name


def _release_in_file(path: Path) -> tuple[str, str]:
    """Digest of a release, and its name and version."""
    from burner.release.opening import open_release_file

    contents = open_release_file(path).contents
    product = contents.index["profile"]["product"]
    return contents.digest, f"{product['name']} {product['version']}"
