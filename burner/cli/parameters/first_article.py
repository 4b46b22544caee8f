"""Options of a first article: how many units, and whose approval they need."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.options import Command

if TYPE_CHECKING:
    from burner.manifest.entries.release_kinds import FirstArticle
    from burner.release.acceptance import StationPolicy


def first_article_options(command: Command) -> Command:
    """--first-article, --approver."""
    from burner.manifest.entries.release_kinds import MAX_FIRST_ARTICLE

    approver = click.option(
        "--approver",
        "approvers",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="Public key of who may approve the first article; once each.",
    )
    units = click.option(
        "--first-article",
        "first_article",
        metavar="N",
        type=click.IntRange(1, MAX_FIRST_ARTICLE),
        help="Burn N units, then none before they are approved (`burner batch approve`).",
    )
    return units(approver(command))


def first_article_of(
    units: int | None, files: Sequence[Path], policy: "StationPolicy | None"
) -> "FirstArticle | None":
    """The first article that the options ask for; None: none.

    Args:
        units: of `--first-article`.
        files: of `--approver`.
        policy: of the station; None: it has none.

    Raises:
        BurnerError: E245 a file holds no public key.
    """
    from burner.manifest.entries.release_kinds import FirstArticle
    from burner.manifest.fold.first_article import approvers_under
    from burner.release.envelope.dsse import check_name
    from burner.release.envelope.public_key import PublicKey

    if units is None:
        if files:
            raise click.UsageError("--approver is of a first article: add --first-article N")
        return None
    if files and policy:
        names = ", ".join(approvers_under(policy))
        raise click.UsageError(
            f"the station's policy names who may approve ({names}); leave --approver out"
        )
    if not files and not policy:
        raise click.UsageError("who may approve the first article? Add --approver FILE")
    keys = dict(approvers_under(policy)) if policy else {}
    for path in files:
        try:
            check_name(path.stem)
        except ValueError as error:
            raise click.UsageError(f"--approver {path}: {error}") from None
        if path.stem in keys:
            raise click.UsageError(f"--approver: two files are named {path.stem}")
        keys[path.stem] = PublicKey.from_file(path)
    return FirstArticle(units=units, approvers={name: key.base64 for name, key in keys.items()})
