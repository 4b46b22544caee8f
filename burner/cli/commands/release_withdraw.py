"""`burner release withdraw`: no more units are made of a release."""

import re
from pathlib import Path

import click

from burner.cli import options, screen
from burner.cli.questions import Use
from burner.cli.signing import SignerArguments, optional_signer_options


@click.command()
@click.argument("release", metavar="RELEASE|DIGEST")
@options.operator_option()
@options.reason_option
@optional_signer_options
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

    It is a release file, or the digest of one. Open batches of it stop. In a manifest with a
    station policy one of its signers or approvers signs this, with --signer. It cannot be undone:
    build a new version.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.manifest.writing.policies import withdraw_release

    digest, name = _release(release)
    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        number = withdraw_release(
            ledger,
            digest,
            name,
            signing.sign if signing else None,
            operator=operator,
            reason=reason,
        )
    screen.say(f"{name or digest[:16]} is withdrawn, by record {number}")


def _release(text: str) -> tuple[str, str]:
    """Digest of a release, and its name and version where they are known."""
    from burner.release.opening import open_release_file

    if re.fullmatch(r"[0-9a-f]{64}", text):
        return text, ""
    contents, _ = open_release_file(Path(text))
    product = contents.index["profile"]["product"]
    return contents.digest, f"{product['name']} {product['version']}"
